package dev.carafe.linux.cgroup;

import java.util.Optional;

/**
 * Tags packets with a class. v2 has none: it matches packets by the cgroup itself.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/net_cls.html">Network classifier cgroup</a>
 */
final class NetworkClassController implements Controller {

    @Override
    public String v1() {
        return "net_cls";
    }

    @Override
    public Optional<String> v2() {
        return Optional.empty();
    }

    @Override
    public Optional<String> asked(Resources resources) {
        return resources.network().classId().isPresent() ? Optional.of("network.classID") : Optional.empty();
    }

    @Override
    public void applyV1(Directory directory, Resources resources) {
        directory.write("net_cls.classid", resources.network().classId().orElse(0));
    }

    @Override
    public void applyV2(Directory directory, Resources resources) {
        throw Controller.lacking("network.classID", "v2");
    }
}
