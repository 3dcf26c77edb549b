package dev.carafe.engine.options;

import dev.carafe.oci.JsonPath;

/**
 * Ports in a row, as people write them: {@code 80} or {@code 8000-8010}.
 *
 * @param first 0 to 65535
 * @param last not below the first
 */
public record PortRange(int first, int last) {

    private static final int MOST_DIGITS = 5;

    public PortRange {
        Rules.range("port", first, 0, 65_535);
        Rules.range("port", last, first, 65_535);
    }

    /**
     * Reads one or several.
     *
     * @param key what messages call it
     */
    public static PortRange parse(String key, String text) {
        int dash = text.indexOf('-');
        int first = number(key, text, dash < 0 ? text : text.substring(0, dash));
        int last = dash < 0 ? first : number(key, text, text.substring(dash + 1));
        return Rules.part(key, () -> new PortRange(first, last));
    }

    private static int number(String key, String text, String digits) {
        boolean good = !digits.isEmpty()
                && digits.length() <= MOST_DIGITS
                && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!good) {
            throw Rules.broken(
                    key, JsonPath.quoted(text) + " is no port, such as 80, nor ports in a row, as 8000-8010");
        }
        return Integer.parseInt(digits);
    }

    public int size() {
        return last - first + 1;
    }
}
