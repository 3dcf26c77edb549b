package dev.carafe.runtime;

import dev.carafe.runtime.plan.OneLine;

/** Something that the runtime was asked to do and could not: what was asked, what is wrong, what to do, in one line. */
public class RuntimeFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public RuntimeFailure(String message) {
        super(OneLine.of(message));
    }

    public RuntimeFailure(String message, Throwable cause) {
        super(OneLine.of(message), cause);
    }
}
