package dev.carafe.network;

/** Something that was asked of a network and cannot be had: what was asked, what is wrong, what to do. */
public final class NetworkException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What kind of trouble it is, for those who map it to an exit status or an HTTP status. */
    public enum Kind {
        /** The request makes no sense, and will not make any later. */
        INVALID,
        /** The caller lacks a right. */
        DENIED,
        /** There is no such network or endpoint. */
        NOT_FOUND,
        /** An address or a port is taken. */
        CONFLICT,
        /** Something that is needed is missing on this machine. */
        UNAVAILABLE,
        /** It was tried and did not work. */
        FAILED
    }

    private final Kind kind;

    public NetworkException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public NetworkException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
