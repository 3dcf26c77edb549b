package dev.carafe.runtime.plan;

/**
 * One primitive step of a plan: one system call, or a few that belong together.
 *
 * <p>The table of the same operations in {@code native/plan.h} says which arguments each has in the binary form; a test
 * holds the two together. An operation that uses an empty slot does nothing.
 *
 * <p>An operation's {@code toString} is its text form, as {@code carafe explain} prints it.
 */
public sealed interface Operation
        permits FileOperation, MountOperation, ProcessOperation, ControlOperation, HookOperation, EndingOperation {

    /** Writes its number and its arguments in the order of the table. */
    void encode(PlanWriter writer);
}
