package dev.carafe.runtime;

import dev.carafe.oci.runtime.IoPriority;
import dev.carafe.oci.runtime.Scheduler;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Scheduling attributes in the kernel's form. */
final class Scheduling {

    private static final int SCHED_ATTR_SIZE = 48;
    private static final int CLASS_SHIFT = 13;

    /** More processors than any kernel of today has; it takes no offence at the rest. */
    private static final int MOST_PROCESSORS = 8192;

    private Scheduling() {}

    /** Every processor that the cgroup allows, for {@code sched_setaffinity(2)}. */
    static byte[] everyProcessor() {
        byte[] mask = new byte[MOST_PROCESSORS / Byte.SIZE];
        Arrays.fill(mask, (byte) -1);
        return mask;
    }

    /** A list such as {@code 0-3,7}, for {@code sched_setaffinity(2)}; what no kernel has is left out. */
    static byte[] processors(String list) {
        byte[] mask = new byte[MOST_PROCESSORS / Byte.SIZE];
        for (String range : list.split(",", -1)) {
            int dash = range.indexOf('-');
            long first = Long.parseLong(dash < 0 ? range : range.substring(0, dash));
            long last = dash < 0 ? first : Long.parseLong(range.substring(dash + 1));
            for (long number = first; number <= Math.min(last, MOST_PROCESSORS - 1); number++) {
                mask[(int) (number / Byte.SIZE)] |= (byte) (1 << number % Byte.SIZE);
            }
        }
        return mask;
    }

    /** {@code struct sched_attr}, {@code sched_setattr(2)}. */
    static byte[] attributes(Scheduler scheduler) {
        long flags = 0;
        for (Scheduler.Flag flag : scheduler.flags()) {
            flags |= bit(flag);
        }
        return ByteBuffer.allocate(SCHED_ATTR_SIZE)
                .order(ByteOrder.nativeOrder())
                .putInt(SCHED_ATTR_SIZE)
                .putInt(policy(scheduler.policy()))
                .putLong(flags)
                .putInt(scheduler.nice())
                .putInt(scheduler.priority())
                .putLong(scheduler.runtime())
                .putLong(scheduler.deadline())
                .putLong(scheduler.period())
                .array();
    }

    /** As {@code ioprio_set(2)} takes it. */
    static int priority(IoPriority priority) {
        int schedulingClass = switch (priority.schedulingClass()) {
            case IOPRIO_CLASS_RT -> 1;
            case IOPRIO_CLASS_BE -> 2;
            case IOPRIO_CLASS_IDLE -> 3;
        };
        return schedulingClass << CLASS_SHIFT | priority.priority();
    }

    private static long bit(Scheduler.Flag flag) {
        return switch (flag) {
            case SCHED_FLAG_RESET_ON_FORK -> 0x01;
            case SCHED_FLAG_RECLAIM -> 0x02;
            case SCHED_FLAG_DL_OVERRUN -> 0x04;
            case SCHED_FLAG_KEEP_POLICY -> 0x08;
            case SCHED_FLAG_KEEP_PARAMS -> 0x10;
            case SCHED_FLAG_UTIL_CLAMP_MIN -> 0x20;
            case SCHED_FLAG_UTIL_CLAMP_MAX -> 0x40;
        };
    }

    private static int policy(Scheduler.Policy policy) {
        return switch (policy) {
            case SCHED_OTHER -> 0;
            case SCHED_FIFO -> 1;
            case SCHED_RR -> 2;
            case SCHED_BATCH -> 3;
            case SCHED_ISO -> 4;
            case SCHED_IDLE -> 5;
            case SCHED_DEADLINE -> 6;
        };
    }
}
