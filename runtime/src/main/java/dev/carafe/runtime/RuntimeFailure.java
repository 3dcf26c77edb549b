package dev.carafe.runtime;

/** Something that the runtime was asked to do and could not: what was asked, what is wrong, what to do. */
public class RuntimeFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public RuntimeFailure(String message) {
        super(message);
    }

    public RuntimeFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
