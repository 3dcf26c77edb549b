package dev.carafe.linux.accounts;

/** A user or group was named that the tree does not have; the message says which, and what to do. */
public final class UnknownAccountException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    UnknownAccountException(String message) {
        super(message);
    }
}
