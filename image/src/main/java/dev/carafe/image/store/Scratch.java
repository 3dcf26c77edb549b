package dev.carafe.image.store;

import dev.carafe.image.error.ImageException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A file for what has to lie somewhere for a moment, on the store's file system. It has no name, so that it is gone with
 * the process, however that ends.
 *
 * @param folder in which its name was for the blink of an eye
 * @param file open for reading and writing; at first empty
 */
public record Scratch(Path folder, FileChannel file) implements AutoCloseable {

    static Scratch in(Path folder) throws IOException {
        // Java on Unix removes the name as soon as the file is open.
        return new Scratch(
                folder,
                FileChannel.open(
                        folder.resolve("scratch-" + UUID.randomUUID()),
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.DELETE_ON_CLOSE));
    }

    /**
     * Writes it, from its beginning. Closing that leaves it open.
     *
     * <p>What is written has come from somewhere else, and that is not what is wrong if there is no room here: writing
     * throws an {@link ImageException} then.
     */
    public OutputStream output() {
        OutputStream out = Channels.newOutputStream(file);
        return new OutputStream() {
            @Override
            public void write(int value) {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
                try {
                    out.write(bytes, offset, length);
                } catch (IOException exception) {
                    throw ImageException.unwritten(folder, exception);
                }
            }
        };
    }

    /** Reads some of a file that others read as well. Closing it leaves the file open. */
    public static InputStream part(FileChannel file, long start, long end) {
        return new Part(file, start, end);
    }

    private static final class Part extends InputStream {

        private final FileChannel file;
        private final long end;
        private long position;

        private Part(FileChannel file, long start, long end) {
            this.file = file;
            this.position = start;
            this.end = end;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (position == end) {
                return -1;
            }
            int most = (int) Math.min(length, end - position);
            int count = file.read(ByteBuffer.wrap(buffer, offset, most), position);
            position += Math.max(0, count);
            return count;
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
