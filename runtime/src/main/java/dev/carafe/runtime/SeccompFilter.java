package dev.carafe.runtime;

/**
 * A compiled system-call filter.
 *
 * @param program {@code struct sock_filter} after {@code struct sock_filter}
 * @param flags {@code SECCOMP_FILTER_FLAG_*}
 */
@SuppressWarnings("ArrayRecordComponent")
public record SeccompFilter(byte[] program, long flags) {}
