package dev.carafe.runtime.plan;

/** A plan that asks for more than the process that executes it can hold. */
public final class OversizedPlanException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    OversizedPlanException(String what, long size, long most) {
        super("what is asked for takes a plan of " + size + " " + what + "; at most " + most + " fit");
    }
}
