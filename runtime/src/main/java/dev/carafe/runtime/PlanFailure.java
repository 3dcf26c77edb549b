package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Signal;
import dev.carafe.runtime.plan.ControlOperation;
import dev.carafe.runtime.plan.FileOperation;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.Operation;
import dev.carafe.runtime.plan.Plan;
import dev.carafe.runtime.plan.ProcessOperation;
import dev.carafe.runtime.plan.Step;

/**
 * A plan that could not be executed to its end.
 *
 * <p>Where the program itself is at fault the message has runC's words, which its callers look for.
 */
public final class PlanFailure extends RuntimeFailure {

    private static final long serialVersionUID = 1L;

    private final boolean programMissing;
    private final boolean programRefused;

    private PlanFailure(String message, boolean programMissing, boolean programRefused) {
        super(message);
        this.programMissing = programMissing;
        this.programRefused = programRefused;
    }

    /** Whether the program to run is not there: shells say 127. */
    public boolean programMissing() {
        return programMissing;
    }

    /** Whether the program to run is there and cannot be run: shells say 126. */
    public boolean programRefused() {
        return programRefused;
    }

    /**
     * The failure of one operation.
     *
     * @param number its place in the plan; -1 if there was not even a process
     */
    static PlanFailure of(Plan plan, int number, Errno errno) {
        if (number < 0 || number >= plan.steps().size()) {
            String where = plan.cgroup().isNone() ? "" : " in its cgroup";
            return new PlanFailure("cannot start a process" + where + ": " + words(errno), false, false);
        }
        Step step = plan.steps().get(number);
        return switch (step.operation()) {
            case MountOperation.MapMount ignored when errno == Errno.EINVAL -> notMapped(step, number, errno);
            case MountOperation.HaveMapped ignored when errno == Errno.EINVAL -> notMapped(step, number, errno);
            case ControlOperation.FindProgram find -> ofProgram(find.name(), errno);
            case ControlOperation.Execve execve ->
                ofBeginning(execve.arguments().getFirst(), errno);
            case FileOperation.Open ignored
            when errno == Errno.ENOENT && ProcessCompiler.cgroupJoined(step).isPresent() ->
                new PlanFailure(
                        step.why() + ": error adding pid to the cgroup "
                                + ProcessCompiler.cgroupJoined(step).get()
                                + ", which is not there: " + words(errno),
                        false,
                        false);
            case ProcessOperation.SetScheduler ignored
            when errno == Errno.EPERM ->
                new PlanFailure(
                        step.why() + ": " + step.operation() + ": " + words(errno) + "; process scheduler can't be used"
                                + " together with AllowedCPUs (linux.resources.cpu.cpus), as SCHED_DEADLINE takes all",
                        false,
                        false);
            case Operation operation ->
                new PlanFailure(
                        step.why() + ": " + operation + ": " + words(errno) + " (step " + number + ")", false, false);
        };
    }

    private static PlanFailure notMapped(Step step, int number, Errno errno) {
        return new PlanFailure(
                step.why() + ": the file system of its source cannot be id-mapped by this kernel: " + words(errno)
                        + " (step " + number + ")",
                false,
                false);
    }

    static PlanFailure died(int waitStatus) {
        int signal = waitStatus & 0x7f;
        return new PlanFailure(
                "the container's first process ended before it was ready: "
                        + (signal != 0 ? Signal.words(signal) : "status " + (waitStatus >> 8 & 0xff)),
                false,
                false);
    }

    private static PlanFailure ofProgram(String name, Errno errno) {
        boolean missing = errno == Errno.ENOENT || errno == Errno.ENOTDIR;
        String problem = missing && name.indexOf('/') < 0 ? "executable file not found in $PATH" : words(errno);
        if (errno == Errno.EISDIR) {
            problem += ": permission denied"; // as execve(2) has it, and what Docker looks for before it says 126
        }
        return new PlanFailure("exec: \"" + name + "\": " + problem, missing, !missing);
    }

    /** The program was there: if now something is not, it is what its first line or its format names. */
    private static PlanFailure ofBeginning(String name, Errno errno) {
        boolean missing = errno == Errno.ENOENT || errno == Errno.ENOTDIR;
        return new PlanFailure(
                "exec " + name + ": " + words(errno) + (missing ? "; its interpreter is missing" : ""),
                missing,
                !missing);
    }

    private static String words(Errno errno) {
        return errno == Errno.EUCLEAN ? "it is not what it must be" : errno.description() + " (" + errno + ")";
    }
}
