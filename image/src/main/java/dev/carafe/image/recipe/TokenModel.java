package dev.carafe.image.recipe;

import java.io.IOException;

/** How tokens are written in a recipe: that they are as foreseen, or how they are not. */
final class TokenModel {

    private static final int KINDS = 6;

    private final Odds ends = new Odds(2);
    private final Odds misses = new Odds(KINDS * 64);
    private final Odds kinds = new Odds(KINDS * 4);
    private final Odds lengths = new Odds(KINDS * 256);
    private final Odds slots = new Odds(2 * 64);
    private final Odds slotBits = new Odds(64 * 16);

    /** Which of the last ones were not foreseen, a bit each. */
    private int history;
    /** How many tokens the last block had, and this one has so far. */
    private int usual;

    private int count;

    /** Whether the block ends here. */
    boolean ends(Coder coder, boolean any) throws IOException {
        boolean isEnd = coder.bit(ends, count == usual ? 1 : 0, any ? 1 : 0) == 1;
        if (isEnd) {
            usual = count;
            count = 0;
        } else {
            count++;
        }
        return isEnd;
    }

    /** How many tokens the present block has so far. */
    int count() {
        return count;
    }

    /**
     * Writes a token, or reads it.
     *
     * @param foreseen the token that was to be expected
     */
    int token(Coder coder, int foreseen, int any) throws IOException {
        int kind = kind(foreseen);
        int miss = coder.bit(misses, kind * 64 + (history & 63), any == foreseen ? 0 : 1);
        history = history << 1 | miss;
        return miss == 0 ? foreseen : other(coder, kind, foreseen, any);
    }

    private static int kind(int token) {
        if (!Token.isMatch(token)) {
            return 0;
        }
        int length = Token.length(token);
        return length <= 4 ? length - 2 : length < 8 ? 3 : length < 32 ? 4 : 5;
    }

    private int other(Coder coder, int kind, int foreseen, int any) throws IOException {
        boolean wasMatch = kind > 0;
        if (wasMatch && coder.bit(kinds, kind * 4, Token.isMatch(any) ? 1 : 0) == 0) {
            return Token.LITERAL;
        }
        boolean isFar = !wasMatch
                || coder.bit(kinds, kind * 4 + 1, Token.distance(any) == Token.distance(foreseen) ? 0 : 1) == 1;
        if (!isFar) {
            return Token.match(length(coder, kind, any), Token.distance(foreseen));
        }
        boolean isLong =
                !wasMatch || coder.bit(kinds, kind * 4 + 2, Token.length(any) == Token.length(foreseen) ? 0 : 1) == 1;
        int length = isLong ? length(coder, kind, any) : Token.length(foreseen);
        return Token.match(length, distance(coder, wasMatch ? 1 : 0, any));
    }

    private int length(Coder coder, int kind, int any) throws IOException {
        return Token.SHORTEST + coder.tree(lengths, kind * 256, 8, Token.length(any) - Token.SHORTEST & 0xff);
    }

    private int distance(Coder coder, int kind, int any) throws IOException {
        int known = Token.distance(any) - 1 & 0x7fff;
        int slot = coder.tree(slots, kind * 64, 4, 32 - Integer.numberOfLeadingZeros(known));
        if (slot < 2) {
            return slot + 1;
        }
        int left = slot - 1;
        int high = Math.min(left, 3);
        int value = 1 << high | coder.tree(slotBits, slot * 16, high, known >>> (left - high) & ((1 << high) - 1));
        left -= high;
        return (left == 0 ? value : value << left | coder.bits(left, known & ((1 << left) - 1))) + 1;
    }
}
