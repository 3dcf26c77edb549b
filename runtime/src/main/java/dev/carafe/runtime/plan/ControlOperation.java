package dev.carafe.runtime.plan;

import static dev.carafe.runtime.plan.Flags.quoted;

import java.util.List;

/** The terminal, the conversation with the parent, and the program at the end. */
public sealed interface ControlOperation extends Operation {

    /** The point of {@link Synchronise} at which the instance is complete but has not become its program. */
    int READY = 0;

    /** The point of {@link Synchronise} at which the process is in its network namespace. */
    int IN_NETWORK = 3;

    /** The point at which a system-call filter has a listener, which the parent is to hand on. */
    int LISTENING = 4;

    /** The point of {@link Synchronise} at which the process is to be moved to its cgroup. */
    int TO_PLACE = 5;

    /** The point at which the program runs that makes another process and gives way to it, which the parent tells of. */
    int GIVING_WAY = 6;

    /** Opens {@code ptmx} in a devpts directory, and its peer by {@code TIOCGPTPEER}. */
    record MakeTerminal(Slot slot, Slot directory, int columns, int rows) implements ControlOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(50).slot(slot).slot(directory).number(columns).number(rows);
        }

        @Override
        public String toString() {
            return slot + " = new terminal of " + directory
                    + (columns == 0 || rows == 0 ? "" : ", " + columns + "x" + rows) + ", its master to the parent";
        }
    }

    /** {@code TIOCSCTTY}. */
    record SetControllingTerminal(Slot terminal) implements ControlOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(51).slot(terminal);
        }

        @Override
        public String toString() {
            return "ioctl(" + terminal + ", TIOCSCTTY)";
        }
    }

    /** {@code dup2(2)}. */
    record Dup(Slot file, int number) implements ControlOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(52).slot(file).number(number);
        }

        @Override
        public String toString() {
            return "dup2(" + file + ", " + number + ")";
        }
    }

    /** {@code fchownat(2)} of the descriptor itself; -1 leaves an id. */
    record Own(Slot file, int uid, int gid) implements ControlOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(53).slot(file).number(Integer.toUnsignedLong(uid)).number(Integer.toUnsignedLong(gid));
        }

        @Override
        public String toString() {
            return "fchown(" + file + ", " + Integer.toUnsignedLong(uid) + ", " + Flags.id(gid) + ")";
        }
    }

    /** Gives standard input, output and error to a user, as far as that can be done. */
    record OwnStdio(int uid) implements ControlOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(54).number(Integer.toUnsignedLong(uid));
        }

        @Override
        public String toString() {
            return "give standard input, output and error to " + Integer.toUnsignedLong(uid);
        }
    }

    /** Reports a point and waits to be told to go on. */
    record Synchronise(int point) implements ControlOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(60).number(point);
        }

        @Override
        public String toString() {
            String reached = switch (point) {
                case READY -> "all is ready";
                case IN_NETWORK -> "it is in its network namespace";
                case TO_PLACE -> "it can be placed";
                case HookOperation.MOUNTED -> "all is mounted";
                default -> "point " + point + " is reached";
            };
            return "tell the parent that " + reached + ", wait for its word";
        }
    }

    /** Waits to be started; the parent may end meanwhile. */
    record AwaitStart(Slot fifo) implements ControlOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(61).slot(fifo);
        }

        @Override
        public String toString() {
            return "wait for a byte from " + fifo + ", where a later failure goes";
        }
    }

    /** Refuses a working directory outside of the root. */
    record CheckCwd() implements ControlOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(62);
        }

        @Override
        public String toString() {
            return "check that getcwd() is inside of the root";
        }
    }

    /**
     * Forgets the caller's environment, and closes every descriptor from a number on but for those in slots and the one
     * to the parent.
     */
    record LeaveCaller(int first) implements ControlOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(67).number(first);
        }

        @Override
        public String toString() {
            return "close all from " + first + " on that is in no slot, forget the caller's arguments and environment";
        }
    }

    /** Looks a program up as {@code execvp(3)} does. */
    record FindProgram(String name, String searchPath) implements ControlOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(64).text(name).text(searchPath);
        }

        @Override
        public String toString() {
            return "find the program " + quoted(name) + (name.indexOf('/') >= 0 ? "" : " in " + quoted(searchPath));
        }
    }

    /** {@code execve(2)} of the program that was found. */
    record Execve(List<String> arguments, List<String> environment) implements ControlOperation {
        @Override
        public void encode(PlanWriter writer) {
            writer.operation(65).texts(arguments).texts(environment);
        }

        @Override
        public String toString() {
            return "execve(the program, " + Flags.texts(arguments) + ", " + environment.size() + " variables)";
        }
    }
}
