package dev.carafe.oci.runtime;

import java.util.Optional;

/**
 * Which CPUs a process that joins a running container may use ({@code process.execCPUAffinity}), as lists such as
 * {@code 0-3,7}.
 *
 * @param initial before it enters the container's cgroup
 * @param last the specification's {@code final}: after it has
 */
public record CpuAffinity(Optional<String> initial, Optional<String> last) {

    public CpuAffinity {
        Rules.numberList("initial", initial);
        Rules.numberList("final", last);
    }
}
