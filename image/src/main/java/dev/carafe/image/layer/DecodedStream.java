package dev.carafe.image.layer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** What a decoder gives, as a stream. */
final class DecodedStream extends InputStream {

    private static final int PART = 64 * 1024;

    private final InputStream source;
    private final Decoder decoder;
    private final ByteBuffer decoded = ByteBuffer.allocateDirect(PART).flip();

    DecodedStream(InputStream source, Decoder decoder) {
        this.source = source;
        this.decoder = decoder;
    }

    @Override
    public int read() throws IOException {
        return fill() ? decoded.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, decoded.remaining());
        decoded.get(bytes, offset, count);
        return count;
    }

    private boolean fill() throws IOException {
        boolean more = true;
        while (more && !decoded.hasRemaining()) {
            decoded.clear();
            try {
                more = decoder.decode(decoded);
            } finally {
                decoded.flip();
            }
        }
        return decoded.hasRemaining();
    }

    @Override
    public void close() throws IOException {
        try {
            decoder.close();
        } finally {
            source.close();
        }
    }
}
