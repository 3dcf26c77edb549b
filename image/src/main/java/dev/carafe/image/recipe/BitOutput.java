package dev.carafe.image.recipe;

import java.util.Arrays;

/** Bits put together to bytes, the lowest of each byte first, in a buffer that grows. */
final class BitOutput {

    private static final int FIRST = 64 * 1024;

    private byte[] bytes = new byte[FIRST];
    private int start;
    private int end;
    private long bits;
    private int count;

    /** Adds some bits, at most 32. */
    void put(int value, int length) {
        bits |= (value & 0xffffffffL) << count;
        count += length;
        while (count >= 8) {
            add((byte) bits);
            bits >>>= 8;
            count -= 8;
        }
    }

    /** How many bits are missing to a whole byte. */
    int missing() {
        return -count & 7;
    }

    void put(byte[] content, int from, int length) {
        for (int i = 0; i < length; i++) {
            put(content[from + i] & 0xff, 8);
        }
    }

    private void add(byte value) {
        if (end == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * bytes.length);
        }
        bytes[end++] = value;
    }

    /** How many whole bytes there are to be taken. */
    int available() {
        return end - start;
    }

    int take(byte[] to, int offset, int length) {
        int taken = Math.min(length, end - start);
        System.arraycopy(bytes, start, to, offset, taken);
        start += taken;
        if (start == end) {
            start = 0;
            end = 0;
        }
        return taken;
    }
}
