package dev.carafe.image.layer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Hands on what a stream has. */
final class StreamDecoder implements Decoder {

    private static final int PART = 128 * 1024;

    private final InputStream input;
    private final byte[] part = new byte[PART];

    StreamDecoder(InputStream input) {
        this.input = input;
    }

    @Override
    public boolean decode(ByteBuffer output) throws IOException {
        int length = input.read(part, 0, Math.min(part.length, output.remaining()));
        if (length > 0) {
            output.put(part, 0, length);
        }
        return length >= 0;
    }

    @Override
    public void close() throws IOException {
        input.close();
    }
}
