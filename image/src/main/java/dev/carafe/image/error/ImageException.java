package dev.carafe.image.error;

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
     * There is no room left for something in the store.
     *
     * @param what the file or folder that was to be written
     */
    public static ImageException diskFull(Path what, Throwable cause) {
        return new ImageException(
                Kind.FAILED,
                what + ": the disk is full. Make room there (\"carafe image prune\" frees what no image needs) or name"
                        + " another data folder",
                cause);
    }

    public Kind kind() {
        return kind;
    }
}
