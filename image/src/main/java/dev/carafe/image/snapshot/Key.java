package dev.carafe.image.snapshot;

import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;

/**
 * What a snapshot is called. Those that are committed have names of their own, apart from those of the others.
 *
 * @param text 1 to 128 letters, digits and {@code _ . -}, the first a letter or a digit
 */
public record Key(String text) {

    private static final int LONGEST = 128;

    public Key {
        boolean good = !text.isEmpty() && text.length() <= LONGEST;
        for (int i = 0; good && i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            good = letter || (i > 0 && (c == '_' || c == '.' || c == '-'));
        }
        if (!good) {
            throw new ImageException(
                    INVALID,
                    "the snapshot \"" + text.replaceAll("\\p{Cntrl}", "?") + "\": a name starts with a letter or digit,"
                            + " has letters, digits and _ . - after that, and is at most " + LONGEST + " long");
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
