package dev.carafe.image.recipe;

import java.io.IOException;

/** A blob cannot be made from its recipe, because something on the disk is not any more what it was. */
public final class DamageException extends IOException {

    private static final long serialVersionUID = 1L;

    /** What has changed. */
    public enum Of {
        RECIPE,
        FOLDER
    }

    private final Of of;

    DamageException(Of of, String message) {
        super(message);
        this.of = of;
    }

    DamageException(Of of, String message, Throwable cause) {
        super(message, cause);
        this.of = of;
    }

    public Of of() {
        return of;
    }
}
