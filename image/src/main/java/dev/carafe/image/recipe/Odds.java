package dev.carafe.image.recipe;

import java.util.Arrays;

/** How often bits were set, each in its own context: what {@link Coder} reckons with. It learns fast at first. */
final class Odds {

    /** Of so many is the chance for a bit to be 0. */
    static final int ONE = 1 << 16;

    private static final int FASTEST = 2;
    private static final int SLOWEST = 7;
    /** No bit is taken for certain. */
    private static final int LEAST = 48;

    private final int[] zero;
    private final byte[] pace;

    Odds(int contexts) {
        zero = new int[contexts];
        pace = new byte[contexts];
        Arrays.fill(zero, ONE / 2);
        Arrays.fill(pace, (byte) (FASTEST << 2));
    }

    /** The chance for a bit to be 0. */
    int zero(int context) {
        return zero[context];
    }

    void learn(int context, int bit) {
        int shift = pace[context] >> 2;
        if (shift < SLOWEST) {
            pace[context]++;
        }
        int odds = zero[context];
        odds += bit == 0 ? (ONE - odds) >> shift : -(odds >> shift);
        zero[context] = Math.clamp(odds, LEAST, ONE - LEAST);
    }
}
