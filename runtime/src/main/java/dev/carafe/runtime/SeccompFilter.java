package dev.carafe.runtime;

/**
 * A compiled system-call filter.
 *
 * @param program {@code struct sock_filter} after {@code struct sock_filter}
 * @param flags {@code SECCOMP_FILTER_FLAG_*}
 * @param passesNewcomers whether it lets pass what a process does that enters a pid namespace last: {@link ExecCompiler}
 */
@SuppressWarnings("ArrayRecordComponent")
public record SeccompFilter(byte[] program, long flags, boolean passesNewcomers) {

    private static final long NEW_LISTENER = 8;

    /** Whether loading it gives a descriptor on which somebody has to answer. */
    boolean notifies() {
        return (flags & NEW_LISTENER) != 0;
    }
}
