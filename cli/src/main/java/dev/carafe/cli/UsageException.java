package dev.carafe.cli;

/** A command that was called in a way that makes no sense. */
public final class UsageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public UsageException(String message) {
        super(message);
    }
}
