package dev.carafe.image.recipe;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * One of the members that gzip data are made of.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1952">RFC 1952</a>
 */
final class GzipFrame {

    static final int TRAILER = 8;

    private static final int FIRST = 0x1f;
    private static final int SECOND = 0x8b;
    private static final int DEFLATE = 8;
    private static final int HEADER_CHECK = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int RESERVED = 0xe0;
    private static final int FIXED = 10;
    private static final int METHOD = 2;
    private static final int FLAGS = 3;
    /** A header that is longer has something hidden in it. */
    private static final int MOST = 1 << 16;

    private final byte[] header;
    private final long length;
    private final byte[] trailer;

    /**
     * One.
     *
     * @param header before its compressed stream
     * @param length of its content
     * @param trailer after it; empty if it is as it has to be
     */
    GzipFrame(byte[] header, long length, byte[] trailer) {
        this.header = header;
        this.length = length;
        this.trailer = trailer;
    }

    byte[] header() {
        return header;
    }

    long length() {
        return length;
    }

    byte[] trailer() {
        return trailer;
    }

    void write(DataOutputStream output) throws IOException {
        output.writeInt(header.length);
        output.write(header);
        output.writeLong(length);
        output.writeByte(trailer.length);
        output.write(trailer);
    }

    static GzipFrame read(DataInputStream input, int headerLength) throws IOException {
        byte[] header = input.readNBytes(headerLength);
        long length = input.readLong();
        return new GzipFrame(header, length, input.readNBytes(input.readUnsignedByte()));
    }

    /** The trailer as it has to be. */
    static byte[] trailer(long sum, long length) {
        byte[] trailer = new byte[TRAILER];
        for (int i = 0; i < 4; i++) {
            trailer[i] = (byte) (sum >>> (8 * i));
            trailer[4 + i] = (byte) (length >>> (8 * i));
        }
        return trailer;
    }

    /**
     * Copies a header.
     *
     * @return whether it was one; if not, what was copied is something else
     */
    static boolean copyHeader(BitInput input, OutputStream output) throws IOException {
        int[] fixed = new int[FIXED];
        for (int i = 0; i < FIXED; i++) {
            fixed[i] = input.read();
            if (fixed[i] < 0) {
                return false;
            }
            output.write(fixed[i]);
            boolean isRight = switch (i) {
                case 0 -> fixed[i] == FIRST;
                case 1 -> fixed[i] == SECOND;
                case METHOD -> fixed[i] == DEFLATE;
                case FLAGS -> (fixed[i] & RESERVED) == 0;
                default -> true;
            };
            if (!isRight) {
                return false;
            }
        }
        int flags = fixed[FLAGS];
        if ((flags & EXTRA) != 0) {
            int low = copy(input, output);
            int length = low | copy(input, output) << 8;
            for (int i = 0; i < length; i++) {
                copy(input, output);
            }
        }
        for (int text : new int[] {NAME, COMMENT}) {
            int length = 0;
            while ((flags & text) != 0 && copy(input, output) != 0) {
                if (++length > MOST) {
                    throw new UnknownFormException("a gzip header without an end");
                }
            }
        }
        if ((flags & HEADER_CHECK) != 0) {
            copy(input, output);
            copy(input, output);
        }
        return true;
    }

    private static int copy(BitInput input, OutputStream output) throws IOException {
        int value = input.read();
        if (value < 0) {
            throw new UnknownFormException("gzip data that are cut short");
        }
        output.write(value);
        return value;
    }
}
