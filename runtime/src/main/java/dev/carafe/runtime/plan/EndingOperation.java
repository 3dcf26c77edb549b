package dev.carafe.runtime.plan;

import static dev.carafe.runtime.plan.Flags.quoted;

/** What a monitor does when its instance has ended. */
public sealed interface EndingOperation extends Operation {

    /** Kills every process of a cgroup and removes it with what is below it. */
    record RemoveCgroup(String path) implements EndingOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(70).text(path);
        }

        @Override
        public String toString() {
            return "kill what is in the cgroup " + quoted(path) + " and remove it";
        }
    }

    /** Kills every process of a cgroup, which somebody else then removes. */
    record KillCgroup(String path) implements EndingOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(73).text(path);
        }

        @Override
        public String toString() {
            return "kill what is in the cgroup " + quoted(path);
        }
    }

    /** Removes a file or directory with all below it; nothing there is fine. */
    record RemoveTree(String path) implements EndingOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(71).text(path);
        }

        @Override
        public String toString() {
            return "remove " + quoted(path) + " and all below it";
        }
    }

    /** Removes a directory with all below it, when it has got its {@code flock(2)}; nothing there is fine. */
    record RemoveLocked(String path) implements EndingOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(75).text(path);
        }

        @Override
        public String toString() {
            return "remove " + quoted(path) + " and all below it, when nobody else is at work on it";
        }
    }

    /**
     * Looks how many of its processes the kernel has killed for want of memory, as long as its cgroup is there. A file
     * that cannot be read counts none.
     *
     * @param path {@code memory.events} of cgroup v2, or {@code memory.oom_control} of v1
     */
    record CountKills(String path) implements EndingOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(74).text(path);
        }

        @Override
        public String toString() {
            return "count how often " + quoted(path) + " says that memory was wanting";
        }
    }

    /** Writes wait status, time, and what {@link CountKills} has counted, atomically. */
    record RecordExit(String path) implements EndingOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(72).text(path);
        }

        @Override
        public String toString() {
            return "write how the process ended to " + quoted(path);
        }
    }
}
