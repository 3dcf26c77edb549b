package dev.carafe.image.recipe;

import java.io.IOException;

/**
 * Writes numbers in as few bits as they were to be expected, or reads them.
 *
 * <p>One and the same code describes what is written and how it is read: whoever writes passes what there is, whoever
 * reads passes anything, and both get what there is.
 */
sealed interface Coder permits RangeEncoder, RangeDecoder {

    /** A bit for which there are odds. */
    int bit(Odds odds, int context, int bit) throws IOException;

    /** Some bits that may be anything, at most 16. */
    int bits(int count, int bits) throws IOException;

    /**
     * A number of few bits, the highest first; each has odds of its own for all that were before it.
     *
     * @param context the first of 2 to the power of {@code count}
     */
    default int tree(Odds odds, int context, int count, int number) throws IOException {
        int node = 1;
        for (int i = count - 1; i >= 0; i--) {
            node = node << 1 | bit(odds, context + node, number >>> i & 1);
        }
        return node - (1 << count);
    }

    /** So many contexts are what {@link #number} needs. */
    int NUMBER = 64;

    /** A number that is rather small, not negative. */
    default int number(Odds odds, int context, int number) throws IOException {
        int length = 32 - Integer.numberOfLeadingZeros(number + 1);
        int size = 1;
        while (size < 31 && bit(odds, context + size, size < length ? 1 : 0) == 1) {
            size++;
        }
        int value = 1;
        for (int i = size - 2; i >= 0; i--) {
            int bit = ((number + 1) >>> i) & 1;
            boolean isHigh = i == size - 2;
            value = value << 1 | (isHigh ? bit(odds, context + 32 + size, bit) : bits(1, bit));
        }
        return value - 1;
    }
}
