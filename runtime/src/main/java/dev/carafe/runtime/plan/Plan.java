package dev.carafe.runtime.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a new process does, step by step, to become the program of an instance.
 *
 * <p>A slot's descriptor is closed after the last step that names it: none lives longer than it is needed.
 *
 * <p>A value: equal inputs give equal plans, and nothing happens until a monitor or a client executes one.
 *
 * @param steps in the order of execution
 * @param slots how many slots the steps name
 * @param inputs how many of these, the first ones, are descriptors that go along with the plan
 * @param cgroup the input that holds the cgroup v2 directory to be born in, or {@link Slot#CWD}
 * @param cloneFlags {@code CLONE_NEW*} of the first process
 */
public record Plan(List<Step> steps, int slots, int inputs, Slot cgroup, long cloneFlags) {

    public Plan {
        steps = List.copyOf(steps);
        if (inputs > slots) {
            throw new IllegalArgumentException("a plan with " + slots + " slots, " + inputs + " of them inputs");
        }
    }

    /**
     * The form in which it goes to the process that executes it.
     *
     * @throws OversizedPlanException if it is too large for that
     */
    public byte[] toBytes() {
        return PlanWriter.write(this);
    }

    /** Every step on a line of its own: number, operation, why. Nothing in it controls a terminal. */
    public List<String> describe() {
        List<String> lines = new ArrayList<>(steps.size() + 1);
        lines.add("     clone(" + Flags.namespaces(cloneFlags) + (cgroup.isNone() ? "" : ", into cgroup " + cgroup)
                + ")  # namespaces of the first process");
        for (int number = 0; number < steps.size(); number++) {
            Step step = steps.get(number);
            String index = Integer.toString(number);
            lines.add(OneLine.of(" ".repeat(Math.max(0, 3 - index.length())) + index + "  " + step.operation() + "  # "
                    + step.why()));
        }
        return lines;
    }

    /** Collects steps and hands out slots. */
    public static final class Builder {

        private final List<Step> steps = new ArrayList<>();
        private final Map<String, Integer> names = new HashMap<>();
        private int slots;
        private int inputs;
        private Slot cgroup = Slot.CWD;
        private long cloneFlags;

        /**
         * A slot for a descriptor that goes along with the plan.
         *
         * @throws IllegalStateException after the first {@link #slot}: inputs come first
         */
        public Slot input(String name) {
            if (slots != inputs) {
                throw new IllegalStateException("inputs come before other slots");
            }
            inputs++;
            return slot(name);
        }

        /** An empty slot. One of several with the same name gets a number to tell them apart. */
        public Slot slot(String name) {
            int same = names.merge(name, 1, Integer::sum);
            return new Slot(slots++, same == 1 ? name : name + "#" + same);
        }

        public void add(Operation operation, String why) {
            steps.add(new Step(operation, why));
        }

        public void cloneFlags(long flags) {
            cloneFlags = flags;
        }

        public void cgroup(Slot input) {
            cgroup = input;
        }

        public Plan build() {
            return new Plan(steps, slots, inputs, cgroup, cloneFlags);
        }
    }
}
