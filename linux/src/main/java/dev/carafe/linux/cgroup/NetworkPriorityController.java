package dev.carafe.linux.cgroup;

import java.util.Map;
import java.util.Optional;

/**
 * The priority of packets, by interface. v2 has none.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/net_prio.html">Network priority cgroup</a>
 */
final class NetworkPriorityController implements Controller {

    @Override
    public String v1() {
        return "net_prio";
    }

    @Override
    public Optional<String> v2() {
        return Optional.empty();
    }

    @Override
    public Optional<String> asked(Resources resources) {
        return resources.network().priorities().isEmpty() ? Optional.empty() : Optional.of("network.priorities");
    }

    @Override
    public void applyV1(Directory directory, Resources resources) {
        for (Map.Entry<String, Long> priority : resources.network().priorities().entrySet()) {
            directory.write("net_prio.ifpriomap", priority.getKey() + " " + priority.getValue());
        }
    }

    @Override
    public void applyV2(Directory directory, Resources resources) {
        throw Controller.lacking("network.priorities", "v2");
    }
}
