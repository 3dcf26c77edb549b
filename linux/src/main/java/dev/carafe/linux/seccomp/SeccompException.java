package dev.carafe.linux.seccomp;

/** A profile that cannot be turned into a filter: a word that means nothing, or a library that is not there. */
public final class SeccompException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    SeccompException(String message) {
        super(message);
    }

    SeccompException(String message, Throwable cause) {
        super(message, cause);
    }
}
