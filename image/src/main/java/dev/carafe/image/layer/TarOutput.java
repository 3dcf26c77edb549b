package dev.carafe.image.layer;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;

/** Writes files, as they come, as a tar archive. Equal files become equal bytes. */
public final class TarOutput implements AutoCloseable {

    private static final int READABLE = 0644;

    private final TarWriter writer;

    /** @param output stays open */
    public TarOutput(OutputStream output) {
        writer = new TarWriter(output);
    }

    /** Adds a file of root's that everybody may read. */
    public void file(String name, long size, InputStream content) throws IOException {
        writer.entry(new TarEntry(
                name,
                TarEntry.Type.FILE,
                "",
                READABLE,
                0,
                0,
                size,
                0,
                0,
                0,
                0,
                Map.of(),
                List.of(new TarEntry.Range(0, size))));
        byte[] buffer = new byte[Chunks.SIZE];
        for (long left = size; left > 0; ) {
            int count = content.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (count < 0) {
                throw new EOFException(name + ": ends " + left + " bytes before its end");
            }
            writer.content(buffer, count);
            left -= count;
        }
    }

    /** Ends the archive. */
    @Override
    public void close() throws IOException {
        writer.end();
    }
}
