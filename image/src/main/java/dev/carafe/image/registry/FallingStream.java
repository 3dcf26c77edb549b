package dev.carafe.image.registry;

import dev.carafe.image.error.ImageException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** A blob from one place, and where that fails, the rest of it from the next. */
final class FallingStream extends InputStream {

    private InputStream content;
    private long position;
    private @Nullable LongFunction<InputStream> next;

    /** @param next opens it elsewhere, from where it failed on */
    FallingStream(InputStream content, long offset, LongFunction<InputStream> next) {
        this.content = content;
        this.position = offset;
        this.next = next;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        int count;
        try {
            count = content.read(buffer, offset, length);
        } catch (ImageException failed) {
            LongFunction<InputStream> elsewhere = next;
            if (elsewhere == null || Thread.currentThread().isInterrupted()) {
                throw failed;
            }
            next = null;
            content.close();
            content = elsewhere.apply(position);
            count = content.read(buffer, offset, length);
        }
        position += Math.max(0, count);
        return count;
    }

    @Override
    public void close() throws IOException {
        content.close();
    }
}
