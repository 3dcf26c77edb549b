package dev.carafe.linux;

import java.util.Locale;

/**
 * The resource limits of a process, with their numbers as amd64 and arm64 share them.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/getrlimit.2.html">getrlimit(2)</a>
 */
public enum ResourceLimit {
    /** Seconds of processor time. */
    RLIMIT_CPU(0),
    /** Bytes that a file may grow to. */
    RLIMIT_FSIZE(1),
    /** Bytes of data segment. */
    RLIMIT_DATA(2),
    /** Bytes of the main thread's stack. */
    RLIMIT_STACK(3),
    /** Bytes of a core dump. */
    RLIMIT_CORE(4),
    /** Without effect since Linux 2.4.30. */
    RLIMIT_RSS(5),
    /** Threads of the real user. */
    RLIMIT_NPROC(6),
    /** One more than the highest descriptor number. */
    RLIMIT_NOFILE(7),
    /** Bytes locked into memory. */
    RLIMIT_MEMLOCK(8),
    /** Bytes of address space. */
    RLIMIT_AS(9),
    /** Without effect since Linux 2.4.25. */
    RLIMIT_LOCKS(10),
    /** Signals queued for the real user. */
    RLIMIT_SIGPENDING(11),
    /** Bytes of POSIX message queues of the real user. */
    RLIMIT_MSGQUEUE(12),
    /** The lowest nice value, as 20 less it. */
    RLIMIT_NICE(13),
    /** The highest real-time priority. */
    RLIMIT_RTPRIO(14),
    /** Microseconds of processor time under a real-time policy without a blocking call. */
    RLIMIT_RTTIME(15);

    private final int number;

    ResourceLimit(int number) {
        this.number = number;
    }

    /**
     * The limit with this name; case and the prefix {@code RLIMIT_} may be left out.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static ResourceLimit parse(String text) {
        String upper = text.toUpperCase(Locale.ROOT);
        String name = upper.startsWith("RLIMIT_") ? upper : "RLIMIT_" + upper;
        for (ResourceLimit limit : values()) {
            if (limit.name().equals(name)) {
                return limit;
            }
        }
        throw new IllegalArgumentException(
                "no such resource limit: \"" + text + "\"; give a name such as RLIMIT_NOFILE, as in getrlimit(2)");
    }

    /** Its number. */
    public int number() {
        return number;
    }
}
