package dev.carafe.engine.options;

import dev.carafe.oci.JsonPath;

/**
 * Whether an instance that has ended is started again; {@code toString} is what people write.
 *
 * @param most how often after failures in a row; 0 for any number. Only with {@link Kind#ON_FAILURE}
 */
public record RestartPolicy(Kind kind, int most) {

    /** On what it depends. */
    public enum Kind {
        /** Not at all. */
        NO("no"),
        /** However it ended, and when the machine starts. */
        ALWAYS("always"),
        /** However it ended, and when the machine starts, unless somebody had stopped it. */
        UNLESS_STOPPED("unless-stopped"),
        /** When it ended with another status than 0. */
        ON_FAILURE("on-failure");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    public static final RestartPolicy NO = new RestartPolicy(Kind.NO, 0);

    public RestartPolicy {
        Rules.range("restart", most, 0, Integer.MAX_VALUE);
        if (most > 0 && kind != Kind.ON_FAILURE) {
            throw Rules.broken("restart", "only on-failure has a number of times, not " + kind);
        }
    }

    /** Reads {@code no}, {@code always}, {@code unless-stopped}, {@code on-failure} or {@code on-failure:TIMES}. */
    public static RestartPolicy parse(String text) {
        int colon = text.indexOf(':');
        String word = colon < 0 ? text : text.substring(0, colon);
        for (Kind kind : Kind.values()) {
            if (kind.toString().equals(word) && (colon < 0 || kind == Kind.ON_FAILURE)) {
                return new RestartPolicy(kind, colon < 0 ? 0 : times(text, text.substring(colon + 1)));
            }
        }
        throw unknown(text);
    }

    private static int times(String text, String digits) {
        try {
            return Integer.parseUnsignedInt(digits);
        } catch (NumberFormatException none) {
            throw unknown(text);
        }
    }

    private static dev.carafe.oci.InvalidDocumentException unknown(String text) {
        return Rules.broken(
                "restart", "expected no, always, unless-stopped or on-failure[:TIMES], found " + JsonPath.quoted(text));
    }

    @Override
    public String toString() {
        return most > 0 ? kind + ":" + most : kind.toString();
    }
}
