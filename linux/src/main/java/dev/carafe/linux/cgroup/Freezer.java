package dev.carafe.linux.cgroup;

import dev.carafe.linux.Fd;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * Stops every process of a cgroup where it stands.
 *
 * @param directory of v1's {@code freezer} hierarchy, or v2's
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/freezer-subsystem.html">Cgroup Freezer</a>
 */
record Freezer(Directory directory, boolean unified) {

    private static final int TRIES = 1000;
    private static final long MILLISECOND = 1_000_000;

    /** Whether this cgroup was told to freeze, be it done already or not; an ancestor's freeze does not count. */
    boolean frozen() {
        if (unified) {
            return directory.readIfPresent("cgroup.freeze").orElse("0").equals("1");
        }
        return !directory.readIfPresent("freezer.state").orElse("THAWED").equals("THAWED")
                && directory.readIfPresent("freezer.self_freezing").orElse("1").equals("1");
    }

    /** The file that tells; empty where there is none. */
    Optional<Fd> openState() {
        return directory.openIfPresent(unified ? "cgroup.freeze" : "freezer.state");
    }

    /**
     * Freezes, and waits until it is done.
     *
     * @throws CgroupException if it does not come to pass in about ten seconds; the cgroup is thawed then
     */
    void freeze() {
        boolean done = false;
        try {
            done = unified ? freezeV2() : freezeV1();
        } finally {
            if (!done) {
                // Neither running nor frozen is no state to leave anything in.
                directory.attempt(unified ? "cgroup.freeze" : "freezer.state", unified ? "0" : "THAWED");
            }
        }
        if (!done) {
            throw CgroupException.failed("the cgroup " + directory + " does not freeze");
        }
    }

    void thaw() {
        if (unified) {
            directory.write("cgroup.freeze", "0");
        } else {
            directory.write("freezer.state", "THAWED");
        }
    }

    private boolean freezeV2() {
        directory.write("cgroup.freeze", "1");
        for (int i = 0; i < TRIES; i++) {
            if (directory.number("cgroup.events", "frozen").orElse(0) == 1) {
                return true;
            }
            LockSupport.parkNanos(Math.min(i + 1, 10) * MILLISECOND);
        }
        return false;
    }

    /**
     * v1 gets stuck in FREEZING while processes fork: writing FROZEN again picks up the new ones, a thaw now and then
     * lets those run on that hold up the rest, and a pause helps a slow machine.
     */
    private boolean freezeV1() {
        for (int i = 0; i < TRIES; i++) {
            if (i % 50 == 49) {
                directory.attempt("freezer.state", "THAWED");
                LockSupport.parkNanos(10 * MILLISECOND);
            }
            directory.write("freezer.state", "FROZEN");
            if (i % 25 == 24) {
                LockSupport.parkNanos(MILLISECOND);
            }
            Optional<String> state = directory.readIfPresent("freezer.state");
            if (state.orElse("").equals("FROZEN")) {
                return true;
            }
            if (!state.orElse("").equals("FREEZING")) {
                throw CgroupException.failed(
                        "the cgroup " + directory + " is " + state.orElse("gone") + " while freezing");
            }
        }
        return false;
    }
}
