package dev.carafe.image.recipe;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** Bytes taken apart into bits, the lowest of each byte first, as DEFLATE has them. */
final class BitInput {

    private static final int PART = 64 * 1024;

    private final InputStream input;
    private final byte[] part = new byte[PART];
    private int at;
    private int end;
    private long bits;
    private int count;
    private boolean ended;

    BitInput(InputStream input) {
        this.input = input;
    }

    /** Has as many bits at hand as may be wanted at once, or all that there are. */
    void fill() throws IOException {
        while (count <= 48) {
            if (at == end && !more()) {
                return;
            }
            bits |= (part[at++] & 0xffL) << count;
            count += 8;
        }
    }

    private boolean more() throws IOException {
        if (!ended) {
            at = 0;
            end = Math.max(0, input.read(part));
            ended = end == 0;
        }
        return !ended;
    }

    /** What comes next, and zeros after the end; only after {@link #fill}. */
    long peek() {
        return bits;
    }

    void skip(int length) throws IOException {
        if (length > count) {
            throw new EOFException("compressed data are cut short");
        }
        bits >>>= length;
        count -= length;
    }

    /** Some bits, at most 32. */
    int take(int length) throws IOException {
        fill();
        int taken = (int) (bits & (1L << length) - 1);
        skip(length);
        return taken;
    }

    /** The bits up to the next whole byte, and how many they are times 256. */
    int align() throws IOException {
        int left = count & 7;
        return take(left) | left << 8;
    }

    /** The next byte, from where a byte begins; -1 at the end. */
    int read() throws IOException {
        fill();
        return count == 0 ? -1 : take(8);
    }
}
