package dev.carafe.linux;

/**
 * A process told apart from every other of the same boot, also from one that is given the same number later.
 *
 * @param pid its number in the procfs at {@code /proc}
 * @param startTime when it started, in clock ticks since boot, as field 22 of {@code proc_pid_stat(5)} tells
 */
public record ProcessIdentity(int pid, long startTime) {

    // By hand, as in other records that most calls of the command line compare: the first use of what Java makes takes
    // several milliseconds.

    @Override
    public boolean equals(Object other) {
        return other instanceof ProcessIdentity(int itsPid, long itsStart) && pid == itsPid && startTime == itsStart;
    }

    @Override
    public int hashCode() {
        return 31 * pid + Long.hashCode(startTime);
    }
}
