package dev.carafe.linux;

/**
 * A process told apart from every other of the same boot, also from one that is given the same number later.
 *
 * @param pid its number in the procfs at {@code /proc}
 * @param startTime when it started, in clock ticks since boot, as field 22 of {@code proc_pid_stat(5)} tells
 */
public record ProcessIdentity(int pid, long startTime) {}
