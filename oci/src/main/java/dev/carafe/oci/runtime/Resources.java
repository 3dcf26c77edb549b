package dev.carafe.oci.runtime;

import java.util.List;
import java.util.Map;

/**
 * What the container may use ({@code linux.resources}), and all of what {@code update --resources} reads.
 *
 * @param rdma by device
 * @param unified cgroup v2 files by name, to be written as they are
 */
public record Resources(
        List<DeviceRule> devices,
        Memory memory,
        Cpu cpu,
        Pids pids,
        BlockIo blockIo,
        List<HugepageLimit> hugepageLimits,
        Network network,
        Map<String, Rdma> rdma,
        Map<String, String> unified) {

    public Resources {
        devices = List.copyOf(devices);
        hugepageLimits = List.copyOf(hugepageLimits);
        Rules.fileNames("rdma", rdma.keySet());
        rdma = Rules.copy(rdma);
        Rules.fileNames("unified", unified.keySet());
        unified = Rules.members("unified", unified);
    }
}
