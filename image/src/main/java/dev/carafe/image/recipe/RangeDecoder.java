package dev.carafe.image.recipe;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** Reads what {@link RangeEncoder} wrote, with the same odds. */
final class RangeDecoder implements Coder {

    private static final int TOP = 1 << 24;

    private final InputStream input;
    private int range = -1;
    private int code;

    RangeDecoder(InputStream input) throws IOException {
        this.input = input;
        for (int i = 0; i < 4; i++) {
            code = code << 8 | next();
        }
    }

    @Override
    public int bit(Odds odds, int context, int any) throws IOException {
        int bound = (range >>> 16) * odds.zero(context);
        int bit;
        if (Integer.compareUnsigned(code, bound) < 0) {
            range = bound;
            bit = 0;
        } else {
            code -= bound;
            range -= bound;
            bit = 1;
        }
        odds.learn(context, bit);
        narrow();
        return bit;
    }

    @Override
    public int bits(int count, int any) throws IOException {
        range >>>= count;
        int bits = Integer.divideUnsigned(code, range) & (1 << count) - 1;
        code -= bits * range;
        narrow();
        return bits;
    }

    private void narrow() throws IOException {
        while (Integer.compareUnsigned(range, TOP) < 0) {
            range <<= 8;
            code = code << 8 | next();
        }
    }

    private int next() throws IOException {
        int value = input.read();
        if (value < 0) {
            throw new EOFException("the recipe is cut short");
        }
        return value;
    }
}
