package dev.carafe.engine;

/** Something that the engine was asked to do and could not: what was asked, what is wrong, what to do. */
public final class EngineException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What kind of trouble it is, for doors that answer differently to each. */
    public enum Kind {
        NOT_FOUND,
        CONFLICT,
        INVALID,
        DENIED,
        UNAVAILABLE,
        FAILED,
        /** The program to run is not in the image. */
        PROGRAM_MISSING,
        /** The program to run is in the image and cannot be run. */
        PROGRAM_REFUSED
    }

    private final Kind kind;

    public EngineException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    /** The trouble of a floor below, in its words. */
    EngineException(Kind kind, RuntimeException cause) {
        super(cause.getMessage(), cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
