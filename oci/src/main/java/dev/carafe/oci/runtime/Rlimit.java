package dev.carafe.oci.runtime;

/**
 * A resource limit of the process ({@code process.rlimits[]}, {@code getrlimit(2)}).
 *
 * @param soft unsigned; all bits set is "unlimited"; not above {@code hard}
 * @param hard unsigned; all bits set is "unlimited"
 */
public record Rlimit(Resource type, long soft, long hard) {

    /** The resources of {@code getrlimit(2)}, in the order of the kernel's numbers on most architectures. */
    public enum Resource {
        RLIMIT_CPU(0),
        RLIMIT_FSIZE(1),
        RLIMIT_DATA(2),
        RLIMIT_STACK(3),
        RLIMIT_CORE(4),
        RLIMIT_RSS(5),
        RLIMIT_NPROC(6),
        RLIMIT_NOFILE(7),
        RLIMIT_MEMLOCK(8),
        RLIMIT_AS(9),
        RLIMIT_LOCKS(10),
        RLIMIT_SIGPENDING(11),
        RLIMIT_MSGQUEUE(12),
        RLIMIT_NICE(13),
        RLIMIT_RTPRIO(14),
        RLIMIT_RTTIME(15);

        private final int number;

        Resource(int number) {
            this.number = number;
        }

        /** Its number for {@code prlimit(2)} on x86, ARM and RISC-V: 0 to 15. */
        public int number() {
            return number;
        }
    }

    public Rlimit {
        if (Long.compareUnsigned(soft, hard) > 0) {
            throw Rules.broken("soft", Long.toUnsignedString(soft) + " is above hard, " + Long.toUnsignedString(hard));
        }
    }
}
