package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.MALFORMED;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/**
 * Undoes gzip, as GNU gzip does: members follow each other as if they were one, and what follows the last and is none,
 * such as zeros, is left alone.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1952">RFC 1952</a>
 */
final class GzipDecoder implements Decoder {

    private static final int PART = 256 * 1024;
    private static final int FIRST = 0x1f;
    private static final int SECOND = 0x8b;
    private static final int DEFLATE = 8;
    private static final int HEADER_CHECK = 2;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int RESERVED = 0xe0;
    /** A name or comment that is longer is not gzip's. */
    private static final int TEXT_MOST = 1 << 16;

    private final InputStream input;
    private final Inflation inflation;
    private final byte[] part = new byte[PART];
    private final ByteBuffer ahead = ByteBuffer.allocateDirect(PART).flip();
    private byte[] again = new byte[0];
    private int againAt;
    private boolean inMember;
    private boolean anyMember;
    private boolean ended;
    private final CRC32 sum = new CRC32();
    private long length;

    GzipDecoder(InputStream input, Inflation inflation) {
        this.input = input;
        this.inflation = inflation;
    }

    @Override
    public boolean decode(ByteBuffer output) throws IOException {
        if (ended || (!inMember && !beginMember())) {
            return false;
        }
        while (output.hasRemaining()) {
            if (!ahead.hasRemaining()) {
                fill();
            }
            boolean inputEnded = !ahead.hasRemaining();
            int before = output.position();
            boolean finished = inflation.inflate(ahead, output);
            ByteBuffer made = output.duplicate().position(before).limit(output.position());
            length += made.remaining();
            sum.update(made);
            if (finished) {
                again = inflation.unused();
                againAt = 0;
                endMember();
                return true;
            }
            if (inputEnded && output.position() == before) {
                throw cutShort();
            }
        }
        return true;
    }

    /** Reads a member's header; false if there is none any more. */
    private boolean beginMember() throws IOException {
        int first = read();
        int second = first == FIRST ? read() : -1;
        if (first != FIRST || second != SECOND) {
            if (!anyMember) {
                throw new LayerException(MALFORMED, "", "no gzip data");
            }
            return drain();
        }
        int method = need();
        int flags = need();
        if (method != DEFLATE || (flags & RESERVED) != 0) {
            if (anyMember) {
                return drain();
            }
            throw new LayerException(MALFORMED, "", "gzip data by a method that is not known here: " + method);
        }
        // Time, how hard it tried, and on which system.
        skip(6);
        if ((flags & EXTRA) != 0) {
            skip(need() | need() << 8);
        }
        if ((flags & NAME) != 0) {
            skipText();
        }
        if ((flags & COMMENT) != 0) {
            skipText();
        }
        if ((flags & HEADER_CHECK) != 0) {
            skip(2);
        }
        inflation.reset();
        sum.reset();
        length = 0;
        inMember = true;
        anyMember = true;
        return true;
    }

    private void endMember() throws IOException {
        inMember = false;
        long wantedSum = little();
        long wantedLength = little();
        if (wantedSum != sum.getValue() || wantedLength != (length & 0xffffffffL)) {
            throw new LayerException(MALFORMED, "", "damaged gzip data: the check sum or length at its end is another");
        }
    }

    private boolean drain() throws IOException {
        while (input.read(part) >= 0) {
            // What follows is nobody's, but whoever hashes the input has to see it.
        }
        ended = true;
        return false;
    }

    private void fill() throws IOException {
        int got = input.read(part);
        ahead.clear();
        if (got > 0) {
            ahead.put(part, 0, got);
        }
        ahead.flip();
    }

    private int read() throws IOException {
        if (againAt < again.length) {
            return again[againAt++] & 0xff;
        }
        if (!ahead.hasRemaining()) {
            fill();
        }
        return ahead.hasRemaining() ? ahead.get() & 0xff : -1;
    }

    private int need() throws IOException {
        int value = read();
        if (value < 0) {
            throw cutShort();
        }
        return value;
    }

    private long little() throws IOException {
        return need() | (long) need() << 8 | (long) need() << 16 | (long) need() << 24;
    }

    private void skip(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            need();
        }
    }

    private void skipText() throws IOException {
        int count = 0;
        while (need() != 0) {
            if (++count > TEXT_MOST) {
                throw new LayerException(MALFORMED, "", "a gzip header without an end");
            }
        }
    }

    private static LayerException cutShort() {
        return new LayerException(MALFORMED, "", "the gzip data are cut short");
    }

    @Override
    public void close() {
        inflation.close();
    }
}
