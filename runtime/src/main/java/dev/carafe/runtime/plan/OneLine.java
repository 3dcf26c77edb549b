package dev.carafe.runtime.plan;

/** Text from outside, fit to be shown: on one line, and nothing in it controls a terminal. */
public final class OneLine {

    private OneLine() {}

    /** The text with its control characters escaped, as {@code \\n} and {@code \\x1b}. */
    public static String of(String text) {
        StringBuilder line = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            append(line, text.charAt(i));
        }
        return line.toString();
    }

    static void append(StringBuilder line, char character) {
        if (character == '\n') {
            line.append("\\n");
        } else if (Character.isISOControl(character)) {
            line.append("\\x")
                    .append(Character.forDigit(character >> 4, 16))
                    .append(Character.forDigit(character & 15, 16));
        } else {
            line.append(character);
        }
    }
}
