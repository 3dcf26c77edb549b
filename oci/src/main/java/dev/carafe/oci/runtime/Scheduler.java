package dev.carafe.oci.runtime;

import java.util.Set;

/**
 * How the kernel schedules the process ({@code process.scheduler}, {@code sched_setattr(2)}).
 *
 * @param nice -20 to 19 for {@code SCHED_OTHER} and {@code SCHED_BATCH}; means nothing to the others
 * @param priority 1 to 99 for {@code SCHED_FIFO} and {@code SCHED_RR}; 0 for the others
 * @param runtime unsigned nanoseconds; other than 0 only for {@code SCHED_DEADLINE}
 * @param deadline unsigned nanoseconds; other than 0 only for {@code SCHED_DEADLINE}
 * @param period unsigned nanoseconds; other than 0 only for {@code SCHED_DEADLINE}
 */
public record Scheduler(
        Policy policy, int nice, int priority, Set<Flag> flags, long runtime, long deadline, long period) {

    public enum Policy {
        SCHED_OTHER,
        SCHED_FIFO,
        SCHED_RR,
        SCHED_BATCH,
        SCHED_ISO,
        SCHED_IDLE,
        SCHED_DEADLINE
    }

    public enum Flag {
        SCHED_FLAG_RESET_ON_FORK,
        SCHED_FLAG_RECLAIM,
        SCHED_FLAG_DL_OVERRUN,
        SCHED_FLAG_KEEP_POLICY,
        SCHED_FLAG_KEEP_PARAMS,
        SCHED_FLAG_UTIL_CLAMP_MIN,
        SCHED_FLAG_UTIL_CLAMP_MAX
    }

    public Scheduler {
        flags = Rules.copy(flags);
        if (policy == Policy.SCHED_OTHER || policy == Policy.SCHED_BATCH) {
            Rules.range("nice", nice, -20, 19);
        }
        if (policy == Policy.SCHED_FIFO || policy == Policy.SCHED_RR) {
            Rules.range("priority", priority, 1, 99);
        } else if (priority != 0) {
            throw Rules.broken("priority", "is only for SCHED_FIFO and SCHED_RR, not " + policy);
        }
        if (policy != Policy.SCHED_DEADLINE) {
            String given = runtime != 0 ? "runtime" : deadline != 0 ? "deadline" : period != 0 ? "period" : "";
            if (!given.isEmpty()) {
                throw Rules.broken(given, "is only for SCHED_DEADLINE, not " + policy);
            }
        }
    }
}
