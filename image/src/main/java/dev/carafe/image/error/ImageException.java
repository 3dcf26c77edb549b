package dev.carafe.image.error;

import dev.carafe.linux.SystemCallException;
import java.nio.file.Path;

/** An image that cannot be had: what was asked, what is wrong and what to do. */
public final class ImageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What kind of trouble it is, for those who map it to an exit status or an HTTP status. */
    public enum Kind {
        /** The request makes no sense, and will not make any later. */
        INVALID,
        /** There is no such image, user or group. */
        NOT_FOUND,
        /** The caller lacks a right. */
        DENIED,
        /** Something that is needed is missing or out of reach: a program, the network, a source not yet built. */
        UNAVAILABLE,
        /** Something stands in the way: a name is taken, or others need what is to go. */
        CONFLICT,
        /** It was tried and did not work. */
        FAILED
    }

    private final Kind kind;

    public ImageException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public ImageException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /**
     * Something could not be written.
     *
     * @param what the file or folder
     */
    public static ImageException unwritten(Path what, Exception cause) {
        return new ImageException(
                Kind.FAILED,
                what + ": " + DiskTrouble.of(cause).map(DiskTrouble::remedy).orElse(cause.getMessage()),
                cause);
    }

    /**
     * An archive or a layout could not be written for somebody.
     *
     * @param title what he called it
     */
    public static ImageException notGiven(String title, Exception cause) {
        return new ImageException(
                Kind.FAILED,
                title + ": "
                        + DiskTrouble.of(cause)
                                .map(it -> it.problem() + ". Make room there or name another place")
                                .orElse(cause.getMessage()),
                cause);
    }

    /**
     * The kernel refused what was to be done with something.
     *
     * @param what the file or folder
     * @return what to throw: with words for people if it is the disk that takes no more, else what was given
     */
    public static RuntimeException refused(Path what, SystemCallException cause) {
        return DiskTrouble.of(cause).isPresent() ? unwritten(what, cause) : cause;
    }

    public Kind kind() {
        return kind;
    }
}
