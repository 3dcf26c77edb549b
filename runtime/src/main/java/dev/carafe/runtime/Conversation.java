package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.runtime.plan.Plan;

/** What is said with a process that executes a plan, until its program runs or waits to be started. */
final class Conversation {

    private Conversation() {}

    /** Hears of the points that a plan reaches, such as {@code ControlOperation.READY}; the process waits meanwhile. */
    @FunctionalInterface
    interface Points {
        void reached(Init.Event.Reached point);
    }

    /**
     * Holds it. Closing {@code init} afterwards lets go of the process.
     *
     * @param points the last of them is {@code READY}, when everything is prepared, before the program begins
     * @throws PlanFailure if it did not come so far
     * @throws HookFailure if a hook has kept it from that
     */
    static void hold(Init init, Plan plan, Containers.TerminalOwner owner, Points points) {
        converse(init, plan, owner, point -> {
            points.reached(point);
            init.goOn();
        });
    }

    /**
     * As {@link #hold}, but {@code points} say themselves how it goes on.
     *
     * @return the process' parent
     */
    static int converse(Init init, Plan plan, Containers.TerminalOwner owner, Points points) {
        while (true) {
            switch (init.await()) {
                case Init.Event.TerminalMade terminal -> {
                    try (Fd master = terminal.master()) {
                        owner.take(master);
                    }
                }
                case Init.Event.Reached reached -> points.reached(reached);
                case Init.Event.Running running -> {
                    return running.parent();
                }
                case Init.Event.Failed failed -> throw PlanFailure.of(plan, failed.operation(), failed.errno());
                case Init.Event.HookFailed failed -> throw failed.failure();
                case Init.Event.Died died -> throw PlanFailure.died(died.waitStatus());
                case Init.Event.Lost ignored ->
                    throw new RuntimeFailure("the caller went away before its process was ready");
            }
        }
    }

    /** At {@code GIVING_WAY}, a parent that relays the terminal. */
    static Containers.TerminalOwner parentAsOwner(Init init) {
        return master -> {
            init.takeTerminal(master);
            awaitDone(init);
        };
    }

    /** Waits until the parent has done what it was asked for at a point, and tells of the point again. */
    static void awaitDone(Init init) {
        switch (init.await()) {
            case Init.Event.Reached ignored -> {}
            case Init.Event.HookFailed failed -> throw failed.failure();
            default -> throw new RuntimeFailure("the caller went away before its process was ready");
        }
    }
}
