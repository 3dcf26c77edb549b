package dev.carafe.runtime.plan;

import static dev.carafe.runtime.plan.Flags.quoted;

import java.util.List;

/**
 * Runs a program that is told of an instance's state on its standard input, and waits for its end.
 *
 * @param point {@link #HERE}, or in a plan for the parent of a process the point of that process' way to do it at
 * @param flags {@link #MAY_FAIL} and {@link #CALLERS_ENVIRONMENT}
 * @param label what to call it where its failure is told
 * @param path absolute
 * @param environment all that it has
 * @param directory its working directory, the root where that is gone; empty for the current one
 * @param state the text that it is told, cut in two where the pid of the instance's first process goes
 * @param timeout seconds until it is killed; 0 for ever
 */
public record HookOperation(
        int point,
        int flags,
        String label,
        String path,
        List<String> arguments,
        List<String> environment,
        String directory,
        List<String> state,
        long timeout)
        implements Operation {

    /** Where it stands in the plan. */
    public static final int HERE = 0;
    /** When all is mounted and the root not yet changed: the process tells by {@link ControlOperation.Synchronise}. */
    public static final int MOUNTED = 1;
    /** When the process has become its program. */
    public static final int EXECUTED = 2;

    /** Its failure is told, and the plan goes on. */
    public static final int MAY_FAIL = 1;
    /** Where it has no environment of its own, it has that of whoever executes the plan. */
    public static final int CALLERS_ENVIRONMENT = 2;

    @Override
    public void encode(PlanWriter writer) {
        writer.operation(66)
                .number(point)
                .number(flags)
                .text(label)
                .text(path)
                .texts(arguments)
                .texts(environment)
                .text(directory)
                .texts(state)
                .number(timeout);
    }

    @Override
    public String toString() {
        return when() + "run " + quoted(path) + " " + Flags.texts(arguments) + ", "
                + (environment.isEmpty() && (flags & CALLERS_ENVIRONMENT) != 0
                        ? "the caller's variables"
                        : environment.size() == 1 ? "1 variable" : environment.size() + " variables")
                + (directory.isEmpty() ? "" : ", in " + quoted(directory))
                + (timeout == 0 ? "" : ", for " + timeout + " s at most")
                + ", telling it " + quoted(String.join("PID", state))
                + ((flags & MAY_FAIL) == 0 ? "" : "; it may fail");
    }

    private String when() {
        return switch (point) {
            case MOUNTED -> "when all is mounted, ";
            case EXECUTED -> "when the program runs, ";
            default -> "";
        };
    }
}
