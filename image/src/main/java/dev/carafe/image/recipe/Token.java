package dev.carafe.image.recipe;

/**
 * What DEFLATE has between a block's header and its end, as numbers: bytes as they are, and matches by length and
 * distance.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1951">RFC 1951</a>
 */
final class Token {

    /** Any byte, where it is known which. */
    static final int LITERAL = 0;

    /** The end of a block that is not stored. */
    static final int END = -1;

    static final int SHORTEST = 3;
    static final int LONGEST = 258;
    static final int FARTHEST = 1 << 15;

    static final int LITERALS = 286;
    static final int DISTANCES = 30;
    /** The symbol that ends a block. */
    static final int END_SYMBOL = 256;

    private static final int[] LENGTH_BASES = new int[29];
    private static final int[] LENGTH_EXTRAS = new int[29];
    private static final int[] DISTANCE_BASES = new int[DISTANCES];
    private static final int[] DISTANCE_EXTRAS = new int[DISTANCES];
    private static final byte[] LENGTH_SYMBOLS = new byte[LONGEST + 1];
    private static final byte[] NEAR_SYMBOLS = new byte[257];
    private static final byte[] FAR_SYMBOLS = new byte[257];

    static {
        int base = SHORTEST;
        for (int i = 0; i < 28; i++) {
            LENGTH_BASES[i] = base;
            LENGTH_EXTRAS[i] = i < 8 ? 0 : i / 4 - 1;
            for (int length = base; length < base + (1 << LENGTH_EXTRAS[i]); length++) {
                LENGTH_SYMBOLS[length] = (byte) i;
            }
            base += 1 << LENGTH_EXTRAS[i];
        }
        LENGTH_BASES[28] = LONGEST;
        LENGTH_SYMBOLS[LONGEST] = 28;
        base = 1;
        for (int i = 0; i < DISTANCES; i++) {
            DISTANCE_BASES[i] = base;
            DISTANCE_EXTRAS[i] = i < 4 ? 0 : i / 2 - 1;
            for (int at = base; at < base + (1 << DISTANCE_EXTRAS[i]); at++) {
                if (at <= 256) {
                    NEAR_SYMBOLS[at] = (byte) i;
                } else {
                    FAR_SYMBOLS[(at - 1) >>> 7] = (byte) i;
                }
            }
            base += 1 << DISTANCE_EXTRAS[i];
        }
    }

    private Token() {}

    static int match(int length, int distance) {
        return length << 16 | distance;
    }

    static boolean isMatch(int token) {
        return token >= 1 << 16;
    }

    static int length(int match) {
        return match >>> 16;
    }

    static int distance(int match) {
        return match & 0xffff;
    }

    /** Which of the symbols for lengths it is, from 0. */
    static int lengthSymbol(int length) {
        return LENGTH_SYMBOLS[length];
    }

    static int lengthBase(int symbol) {
        return LENGTH_BASES[symbol];
    }

    static int lengthExtra(int symbol) {
        return LENGTH_EXTRAS[symbol];
    }

    static int distanceSymbol(int distance) {
        return distance <= 256 ? NEAR_SYMBOLS[distance] : FAR_SYMBOLS[(distance - 1) >>> 7];
    }

    static int distanceBase(int symbol) {
        return DISTANCE_BASES[symbol];
    }

    static int distanceExtra(int symbol) {
        return DISTANCE_EXTRAS[symbol];
    }
}
