package dev.carafe.image.recipe;

/** A blob has to stay as it is, for a reason that is a part of a sentence. */
public final class NoRecipeException extends Exception {

    private static final long serialVersionUID = 1L;

    public NoRecipeException(String reason) {
        super(reason);
    }

    NoRecipeException(String reason, Throwable cause) {
        super(reason, cause);
    }

    public String reason() {
        return String.valueOf(getMessage());
    }
}
