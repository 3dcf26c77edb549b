package dev.carafe.image.layer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** Bytes that come in direct buffers, one after the other. */
@FunctionalInterface
interface Chunks {

    int SIZE = 1 << 20;

    /** What comes next; it is good until the next call. Empty at the end, and only there. */
    ByteBuffer next() throws IOException;

    /** Those of a stream, in one buffer that is filled again and again. */
    static Chunks of(InputStream input) {
        ByteBuffer chunk = ByteBuffer.allocateDirect(SIZE);
        byte[] part = new byte[SIZE / 8];
        return () -> {
            chunk.clear();
            int got = Math.max(0, input.read(part));
            return chunk.put(part, 0, got).flip();
        };
    }
}
