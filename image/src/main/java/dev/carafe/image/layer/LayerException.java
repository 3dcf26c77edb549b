package dev.carafe.image.layer;

/** A layer that cannot be unpacked or made, on one line that names the entry. */
public final class LayerException extends RuntimeException {

    private static final long serialVersionUID = 1L;
    private static final int SHOWN = 200;
    private static final int PROBLEM_SHOWN = 500;

    /** What kind of trouble it is. */
    public enum Kind {
        /** The bytes are not what they say they are: damaged, cut short, or never well-formed. */
        MALFORMED,
        /** It is well-formed, and asks for what no layer may do. */
        FORBIDDEN,
        /** It is more than {@link LayerLimits} allow. */
        TOO_LARGE,
        /** It needs what is not supported here. */
        UNSUPPORTED,
        /** The machine refused. */
        FAILED
    }

    private final Kind kind;
    private final String entry;

    LayerException(Kind kind, String entry, String problem) {
        super(message(entry, problem));
        this.kind = kind;
        this.entry = entry;
    }

    LayerException(Kind kind, String entry, String problem, Throwable cause) {
        super(message(entry, problem), cause);
        this.kind = kind;
        this.entry = entry;
    }

    public Kind kind() {
        return kind;
    }

    /** The entry that it is about, as the archive names it; empty if it is about the whole. */
    public String entry() {
        return entry;
    }

    /** What is wrong may be in the words of the kernel or a library, with names in them. */
    private static String message(String entry, String problem) {
        String line = onOneLine(problem, PROBLEM_SHOWN, "");
        return entry.isEmpty() ? "layer: " + line : "layer entry " + quoted(entry) + ": " + line;
    }

    /** A name as part of a line, however long it is and whatever is in it. */
    static String quoted(String name) {
        return "\"" + onOneLine(name, SHOWN, "\"\\") + "\"";
    }

    private static String onOneLine(String any, int most, String escaped) {
        var text = new StringBuilder();
        any.codePoints().limit(most).forEach(c -> {
            if (escaped.indexOf(c) >= 0) {
                text.append('\\').appendCodePoint(c);
            } else if (c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029) {
                text.append(String.format("\\u%04x", c));
            } else if (c >= 0xdc80 && c <= 0xdcff) {
                text.append(String.format("\\x%02x", c - 0xdc00));
            } else {
                text.appendCodePoint(c);
            }
        });
        return text.append(any.codePointCount(0, any.length()) > most ? "…" : "")
                .toString();
    }
}
