package dev.carafe.runtime.plan;

/**
 * A place for a descriptor in the process that executes a plan.
 *
 * @param number its index
 * @param name what a reader of the plan calls it
 */
public record Slot(int number, String name) {

    /** Stands for the current directory where an operation wants a directory, and for no descriptor at all. */
    public static final Slot CWD = new Slot(0xffff, "cwd");

    /** Whether it stands for no slot. */
    public boolean isNone() {
        return number == CWD.number;
    }

    // By hand: the first use of what Java makes takes several milliseconds of each call that compiles a plan.

    @Override
    public boolean equals(Object other) {
        return other instanceof Slot slot && number == slot.number && name.equals(slot.name);
    }

    @Override
    public int hashCode() {
        return number;
    }

    @Override
    public String toString() {
        return isNone() ? "cwd" : "%" + name;
    }
}
