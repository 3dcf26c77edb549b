package dev.carafe.linux.seccomp;

/**
 * What becomes of a system call.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/seccomp_init.3.html">seccomp_init(3)</a>
 */
public enum Action {
    KILL(0),
    KILL_THREAD(0),
    KILL_PROCESS(0x8000_0000),
    TRAP(0x0003_0000),
    ERRNO(0x0005_0000),
    NOTIFY(0x7fc0_0000),
    TRACE(0x7ff0_0000),
    LOG(0x7ffc_0000),
    ALLOW(0x7fff_0000);

    private static final String PREFIX = "SCMP_ACT_";
    private static final int DATA = 0xffff;

    private final int value;

    Action(int value) {
        this.value = value;
    }

    /**
     * The action with this name, such as {@code SCMP_ACT_ERRNO}.
     *
     * @throws SeccompException if there is none
     */
    public static Action of(String name) {
        for (Action action : values()) {
            if (name.length() == PREFIX.length() + action.name().length()
                    && name.startsWith(PREFIX)
                    && name.endsWith(action.name())) {
                return action;
            }
        }
        throw new SeccompException("\"" + name + "\" is no seccomp action");
    }

    /** What a filter returns for it: {@code errno} is the error to answer with, or what the tracer is told. */
    int code(int errno) {
        return this == ERRNO || this == TRACE ? value | (errno & DATA) : value;
    }

    /** Whether a call under it is made, be it by the grace of a tracer. */
    boolean permits() {
        return this == ALLOW || this == LOG || this == TRACE;
    }
}
