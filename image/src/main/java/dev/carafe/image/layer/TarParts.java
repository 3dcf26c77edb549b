package dev.carafe.image.layer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Takes an archive apart into the contents of its files and all else, in its order and without losing a byte. */
public final class TarParts {

    /** Takes the parts. No buffer is good any longer than the call. */
    public interface Receiver {

        /** Some bytes that are no file's content. */
        void other(ByteBuffer bytes) throws IOException;

        /** A file, whose content comes next. */
        void file(String name) throws IOException;

        /** Some of that, and where in the file it belongs. */
        void content(ByteBuffer bytes, long offset) throws IOException;
    }

    private final Receiver receiver;
    private final TarReader reader;
    private ByteBuffer chunk = ByteBuffer.allocate(0);
    /** Where in the archive the chunk ends. */
    private long end;

    private TarParts(InputStream tar, LayerLimits limits, Receiver receiver) {
        this.receiver = receiver;
        Chunks chunks = Chunks.of(tar);
        reader = new TarReader(
                () -> {
                    pass(end);
                    ByteBuffer next = chunks.next();
                    chunk = next.duplicate();
                    end += next.remaining();
                    return next;
                },
                limits);
    }

    /**
     * Reads an archive to its very end.
     *
     * @param tar not compressed
     * @throws LayerException if it is malformed, or beyond the limits
     */
    public static void read(InputStream tar, LayerLimits limits, Receiver receiver) throws IOException {
        new TarParts(tar, limits, receiver).run();
    }

    private void run() throws IOException {
        for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
            pass(reader.position());
            if (entry.get().type() == TarEntry.Type.FILE && entry.get().size() > 0) {
                receiver.file(entry.get().name());
                content();
            }
        }
        reader.drain();
        pass(end);
    }

    private void content() throws IOException {
        for (ByteBuffer part = reader.content(); part.hasRemaining(); part = reader.content()) {
            int length = part.remaining();
            receiver.content(part, reader.offset());
            chunk.position(chunk.position() + length);
        }
    }

    /** Gives on what is no content, up to a place in the archive. */
    private void pass(long until) throws IOException {
        int length = (int) (until - (end - chunk.remaining()));
        if (length > 0) {
            receiver.other(chunk.slice(chunk.position(), length));
            chunk.position(chunk.position() + length);
        }
    }
}
