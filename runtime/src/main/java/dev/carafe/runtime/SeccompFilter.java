package dev.carafe.runtime;

/**
 * A compiled system-call filter.
 *
 * @param program {@code struct sock_filter} after {@code struct sock_filter}
 * @param flags {@code SECCOMP_FILTER_FLAG_*}
 */
@SuppressWarnings("ArrayRecordComponent")
public record SeccompFilter(byte[] program, long flags) {

    private static final long NEW_LISTENER = 8;

    /** Whether loading it gives a descriptor on which somebody has to answer. */
    boolean notifies() {
        return (flags & NEW_LISTENER) != 0;
    }
}
