package dev.carafe.image.layer;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Gives uncompressed bytes into direct buffers. For one thread at a time. */
interface Decoder extends AutoCloseable {

    /**
     * Fills some of a buffer.
     *
     * @return whether there may be more; if not, the input has been read to its end
     * @throws LayerException if the bytes are damaged
     */
    boolean decode(ByteBuffer output) throws IOException;

    /** Frees what it holds; the input stays open. */
    @Override
    void close() throws IOException;
}
