package dev.carafe.image.recipe;

import java.io.IOException;

/** Bytes that may well be right, but of a form that no recipe is known for. */
final class UnknownFormException extends IOException {

    private static final long serialVersionUID = 1L;

    UnknownFormException(String message) {
        super(message);
    }
}
