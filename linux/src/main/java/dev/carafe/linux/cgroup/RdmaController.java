package dev.carafe.linux.cgroup;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Handles and objects of RDMA devices.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/rdma.html">RDMA Controller</a>
 */
final class RdmaController implements Controller {

    @Override
    public String v1() {
        return "rdma";
    }

    @Override
    public Optional<String> v2() {
        return Optional.of("rdma");
    }

    @Override
    public Optional<String> asked(Resources resources) {
        return resources.rdma().isEmpty() ? Optional.empty() : Optional.of("rdma");
    }

    @Override
    public void applyV1(Directory directory, Resources resources) {
        apply(directory, resources);
    }

    @Override
    public void applyV2(Directory directory, Resources resources) {
        apply(directory, resources);
    }

    private static void apply(Directory directory, Resources resources) {
        for (Map.Entry<String, Resources.Rdma> device : resources.rdma().entrySet()) {
            String limits = part(" hca_handle=", device.getValue().hcaHandles())
                    + part(" hca_object=", device.getValue().hcaObjects());
            if (!limits.isEmpty()) {
                directory.write("rdma.max", device.getKey() + limits);
            }
        }
    }

    private static String part(String key, OptionalLong limit) {
        return limit.isPresent() ? key + limit.getAsLong() : "";
    }
}
