package dev.carafe.image.recipe;

import static dev.carafe.image.recipe.DamageException.Of.RECIPE;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;

/** Reads what {@link SectionsWriter} wrote: each stream by itself. */
final class SectionsReader {

    private final FileChannel file;

    /**
     * Opens a file, and reads it once to see whether it is whole.
     *
     * @param file stays open
     */
    SectionsReader(FileChannel file) throws IOException {
        this.file = file;
        long length = file.size() - Integer.BYTES;
        ByteBuffer buffer = ByteBuffer.allocate(SectionsWriter.PART);
        CRC32C sum = new CRC32C();
        for (long at = 0; at < length; ) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), length - at));
            fill(buffer, at);
            if (at == 0 && (buffer.remaining() < Long.BYTES || buffer.getLong(0) != SectionsWriter.MAGIC)) {
                throw damage();
            }
            at += buffer.remaining();
            sum.update(buffer);
        }
        ByteBuffer wanted = ByteBuffer.allocate(Integer.BYTES);
        fill(wanted, Math.max(0, length));
        if (length <= 0 || wanted.getInt(0) != (int) sum.getValue()) {
            throw damage();
        }
    }

    private static DamageException damage() {
        return new DamageException(RECIPE, "its recipe is damaged");
    }

    private void fill(ByteBuffer buffer, long from) throws IOException {
        long at = from;
        while (buffer.hasRemaining()) {
            int count = file.read(buffer, at);
            if (count < 0) {
                throw damage();
            }
            at += count;
        }
        buffer.flip();
    }

    InputStream section(int number) {
        return new Section(number);
    }

    private final class Section extends InputStream {
        private final int number;
        private final ByteBuffer part = ByteBuffer.allocate(SectionsWriter.PART).flip();
        private long at = Long.BYTES;

        Section(int number) {
            this.number = number;
        }

        @Override
        public int read() throws IOException {
            return part.hasRemaining() || more() ? part.get() & 0xff : -1;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (!part.hasRemaining() && !more()) {
                return -1;
            }
            int count = Math.min(length, part.remaining());
            part.get(bytes, offset, count);
            return count;
        }

        private boolean more() throws IOException {
            ByteBuffer header = ByteBuffer.allocate(SectionsWriter.PART_HEADER);
            while (true) {
                fill(header.clear(), at);
                int found = header.get() & 0xff;
                if (found == SectionsWriter.END) {
                    return false;
                }
                int length = header.getInt();
                if (length <= 0 || length > SectionsWriter.PART) {
                    throw damage();
                }
                at += SectionsWriter.PART_HEADER;
                if (found == number) {
                    part.clear().limit(length);
                    fill(part, at);
                    at += length;
                    return true;
                }
                at += length;
            }
        }
    }
}
