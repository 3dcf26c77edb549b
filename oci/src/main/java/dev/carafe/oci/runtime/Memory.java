package dev.carafe.oci.runtime;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * Limits on memory ({@code linux.resources.memory}). Limits are bytes, -1 for none.
 *
 * @param reservation the soft limit
 * @param swap the limit on memory and swap together; if both are positive, not below {@code limit}
 * @param kernel deprecated, and ignored by kernels from 5.4 on
 * @param kernelTcp deprecated, and without a counterpart in cgroup v2
 * @param swappiness 0 to 100
 */
public record Memory(
        OptionalLong limit,
        OptionalLong reservation,
        OptionalLong swap,
        OptionalLong kernel,
        OptionalLong kernelTcp,
        OptionalLong swappiness,
        Optional<Boolean> disableOomKiller,
        Optional<Boolean> useHierarchy,
        Optional<Boolean> checkBeforeUpdate) {

    /** Nothing is set; as good as none given. */
    public static final Memory UNSET = new Memory(
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    public Memory {
        Rules.range("limit", limit, -1, Long.MAX_VALUE);
        Rules.range("reservation", reservation, -1, Long.MAX_VALUE);
        Rules.range("swap", swap, -1, Long.MAX_VALUE);
        Rules.range("kernel", kernel, -1, Long.MAX_VALUE);
        Rules.range("kernelTCP", kernelTcp, -1, Long.MAX_VALUE);
        Rules.range("swappiness", swappiness, 0, 100);
        if (swap.orElse(0) > 0 && swap.getAsLong() < limit.orElse(0)) {
            throw Rules.broken(
                    "swap",
                    swap.getAsLong() + " is below limit, " + limit.getAsLong()
                            + "; it counts memory and swap together");
        }
    }
}
