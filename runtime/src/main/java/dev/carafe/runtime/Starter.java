package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.runtime.plan.Plan;
import java.util.List;
import java.util.Optional;

/**
 * Makes the process that executes a plan. No JVM can be its parent, as none can run code between fork and exec: it is
 * the client that called, or a monitor.
 */
public interface Starter {

    /** Who the parent of the new process is. Numbers as in {@code native/carafe.h}. */
    enum Parent {
        /** The client, which then ends: whoever is its subreaper inherits the process, as OCI callers expect. */
        CALLER(0),
        /** The client, which stays on its caller's terminal until the process ends, and ends with its status. */
        ATTACHED_MONITOR(1),
        /** A monitor of its own in the background. */
        MONITOR(2),
        /** Nobody, as there is no process: the client itself executes the plan, which is of hooks only. */
        NONE(3);

        private final int number;

        Parent(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }
    }

    /**
     * Starts to execute a plan. The descriptors stay the caller's; copies go along.
     *
     * @param inputs what the plan's first slots are filled with
     * @param ending what a monitor does when the process has ended; not for {@link Parent#CALLER}
     * @return the conversation with it; closing that before the process was told to go on ends the process
     * @throws RuntimeFailure if the client or the monitor is gone
     */
    default Init start(Parent parent, Plan plan, List<Fd> inputs, Optional<Plan> ending) {
        return start(parent, plan, inputs, ending, Optional.empty());
    }

    /**
     * Starts to execute a plan, and with it another one in the parent.
     *
     * @param hooks what the parent does at points of the process' way, of {@code HookOperation}s only
     */
    default Init start(Parent parent, Plan plan, List<Fd> inputs, Optional<Plan> ending, Optional<Plan> hooks) {
        return start(parent, plan, inputs, ending, hooks, Optional.empty());
    }

    /**
     * Likewise, with the process' standard streams in a monitor's keeping.
     *
     * @param keeping for {@link Parent#MONITOR} only; without it the streams are those of whoever starts
     */
    Init start(
            Parent parent,
            Plan plan,
            List<Fd> inputs,
            Optional<Plan> ending,
            Optional<Plan> hooks,
            Optional<Keeping> keeping);

    /** Tells the caller, in a line, of something that went wrong and keeps nothing from going on. */
    void warn(String message);
}
