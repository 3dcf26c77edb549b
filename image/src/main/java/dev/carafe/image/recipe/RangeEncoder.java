package dev.carafe.image.recipe;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes bits so that each takes as much room as it was unlikely: a range coder.
 *
 * @see <a href="https://en.wikipedia.org/wiki/Range_coding">range coding</a>
 */
final class RangeEncoder implements Coder {

    private static final int TOP = 1 << 24;

    private final OutputStream output;
    private long low;
    private int range = -1;
    /** A byte that may still grow by one, and how many of 255 after it would then turn over. */
    private int held;

    private long full;
    private boolean anyHeld;

    /** @param output stays open */
    RangeEncoder(OutputStream output) {
        this.output = output;
    }

    @Override
    public int bit(Odds odds, int context, int bit) throws IOException {
        int bound = (range >>> 16) * odds.zero(context);
        if (bit == 0) {
            range = bound;
        } else {
            low += bound & 0xffffffffL;
            range -= bound;
        }
        odds.learn(context, bit);
        narrow();
        return bit;
    }

    @Override
    public int bits(int count, int bits) throws IOException {
        range >>>= count;
        low += (range & 0xffffffffL) * (bits & (1 << count) - 1);
        narrow();
        return bits;
    }

    private void narrow() throws IOException {
        while (Integer.compareUnsigned(range, TOP) < 0) {
            range <<= 8;
            shift();
        }
    }

    private void shift() throws IOException {
        int high = (int) (low >>> 24 & 0xff);
        boolean carries = low >>> 32 != 0;
        if (carries || high != 0xff) {
            if (anyHeld) {
                output.write(held + (carries ? 1 : 0));
            }
            for (; full > 0; full--) {
                output.write(carries ? 0 : 0xff);
            }
            held = high;
            anyHeld = true;
        } else {
            full++;
        }
        low = low << 8 & 0xffffffffL;
    }

    /** Writes what is still held back. */
    void finish() throws IOException {
        for (int i = 0; i < 5; i++) {
            shift();
        }
    }
}
