package dev.carafe.oci.runtime;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * Shares of CPU time and the CPUs themselves ({@code linux.resources.cpu}). Times are microseconds.
 *
 * @param shares unsigned
 * @param quota -1 for no limit
 * @param burst unsigned; not above a positive {@code quota}
 * @param period unsigned
 * @param realtimePeriod unsigned
 * @param cpus a list such as {@code 0-3,7}
 * @param mems memory nodes, a list such as {@code 0-3,7}
 * @param idle 0, or 1 for {@code SCHED_IDLE}
 */
public record Cpu(
        OptionalLong shares,
        OptionalLong quota,
        OptionalLong burst,
        OptionalLong period,
        OptionalLong realtimeRuntime,
        OptionalLong realtimePeriod,
        Optional<String> cpus,
        Optional<String> mems,
        OptionalLong idle) {

    /** Nothing is set; as good as none given. */
    public static final Cpu UNSET = new Cpu(
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            Optional.empty(),
            Optional.empty(),
            OptionalLong.empty());

    public Cpu {
        Rules.range("quota", quota, -1, Long.MAX_VALUE);
        if (burst.isPresent()
                && quota.orElse(0) > 0
                && Long.compareUnsigned(burst.getAsLong(), quota.getAsLong()) > 0) {
            throw Rules.broken(
                    "burst", Long.toUnsignedString(burst.getAsLong()) + " is above quota, " + quota.getAsLong());
        }
        Rules.range("realtimeRuntime", realtimeRuntime, -1, Long.MAX_VALUE);
        Rules.numberList("cpus", cpus);
        Rules.numberList("mems", mems);
        Rules.range("idle", idle, 0, 1);
    }
}
