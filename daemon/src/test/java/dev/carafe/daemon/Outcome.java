package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How a command ended.
 *
 * @param what it was
 * @param status its exit status; 128 and the signal's number if one ended it
 */
record Outcome(String what, int status, String output, String error) {

    /** Its output; it must have succeeded and have complained of nothing. */
    String succeeded() {
        assertThat(status).as(this::toString).isZero();
        assertThat(error).as(this::toString).isEmpty();
        return output;
    }

    /** Must have ended with this status and one line on standard error with these words in it. */
    void failed(int expected, String... words) {
        assertThat(status).as(this::toString).isEqualTo(expected);
        assertThat(error.lines()).as(this::toString).hasSize(1);
        assertThat(error).startsWith("carafe: ").contains(words);
        assertThat(output).as(this::toString).isEmpty();
    }

    /** Must have ended with this status, whatever it said. */
    Outcome ended(int expected) {
        assertThat(status).as(this::toString).isEqualTo(expected);
        return this;
    }

    @Override
    public String toString() {
        return what + "\nended with " + status + " and wrote\n" + shorten(output) + "\nand complained\n"
                + shorten(error);
    }

    private static String shorten(String text) {
        return text.length() > 4000 ? text.substring(0, 4000) + "…" : text;
    }
}
