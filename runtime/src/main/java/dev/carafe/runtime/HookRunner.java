package dev.carafe.runtime;

import dev.carafe.linux.SystemCallException;
import dev.carafe.runtime.plan.OversizedPlanException;
import dev.carafe.runtime.plan.Plan;
import java.util.List;
import java.util.Optional;

/** Has a container's hooks run by the caller's own process, where no plan of the container's is under way. */
final class HookRunner {

    private HookRunner() {}

    /**
     * When the program runs.
     *
     * @throws HookFailure of the first that fails; those after it are not run
     */
    static void poststart(HookCompiler hooks, int pid, Starter starter) {
        Optional<Plan> plan = hooks.poststart(pid);
        if (plan.isPresent()) {
            run(plan.get(), starter, failure -> {
                throw failure;
            });
        }
    }

    /** When nothing is left of the container. A hook that fails is told of, and keeps nothing from going on. */
    static void poststop(HookCompiler hooks, Starter starter) {
        Optional<Plan> plan = hooks.poststop();
        if (plan.isEmpty()) {
            return;
        }
        try {
            run(plan.get(), starter, failure -> starter.warn(String.valueOf(failure.getMessage())));
        } catch (RuntimeFailure | SystemCallException | OversizedPlanException failure) {
            starter.warn("hooks.poststop: " + failure.getMessage());
        }
    }

    private interface OnFailure {
        void accept(HookFailure failure);
    }

    private static void run(Plan plan, Starter starter, OnFailure onFailure) {
        try (Init executor = starter.start(Starter.Parent.NONE, plan, List.of(), Optional.empty())) {
            while (true) {
                switch (executor.await()) {
                    case Init.Event.HookFailed failed -> onFailure.accept(failed.failure());
                    case Init.Event.Running ignored -> {
                        return;
                    }
                    case Init.Event.Failed failed -> throw PlanFailure.of(plan, failed.operation(), failed.errno());
                    default -> throw new RuntimeFailure("the caller went away while hooks were run");
                }
            }
        }
    }
}
