package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.runtime.plan.Plan;
import java.util.function.IntConsumer;

/** What is said with a process that executes a plan, until its program runs or waits to be started. */
final class Conversation {

    private Conversation() {}

    /**
     * Holds it. Closing {@code init} afterwards lets go of the process.
     *
     * @param onReady hears the process' number when everything is prepared, before the program begins
     * @throws PlanFailure if it did not come so far
     */
    static void hold(Init init, Plan plan, Containers.TerminalOwner owner, IntConsumer onReady) {
        while (true) {
            switch (init.await()) {
                case Init.Event.TerminalMade terminal -> {
                    try (Fd master = terminal.master()) {
                        owner.take(master);
                    }
                }
                case Init.Event.Reached reached -> {
                    onReady.accept(reached.pid());
                    init.goOn();
                }
                case Init.Event.Running ignored -> {
                    return;
                }
                case Init.Event.Failed failed -> throw PlanFailure.of(plan, failed.operation(), failed.errno());
                case Init.Event.Died died -> throw PlanFailure.died(died.waitStatus());
                case Init.Event.Lost ignored ->
                    throw new RuntimeFailure("the caller went away before its process was ready");
            }
        }
    }
}
