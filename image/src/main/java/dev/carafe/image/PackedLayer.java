package dev.carafe.image;

import dev.carafe.image.hash.Hashes;
import dev.carafe.image.layer.Compression;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * A layer that has been made here and is not in the store yet. Its file has no name, so that nothing is left of it
 * whatever happens.
 *
 * @param diff what it hashes to, not compressed
 */
record PackedLayer(FileChannel file, Descriptor descriptor, Digest diff) implements AutoCloseable {

    private static final int BUFFER = 1 << 20;

    /** Writes the uncompressed archive; the stream stays open. */
    @FunctionalInterface
    interface Content {
        void write(OutputStream tar) throws IOException;
    }

    /**
     * Makes one, with gzip. Equal content becomes equal bytes.
     *
     * @param scratch a folder on a file system that has room for it
     */
    static PackedLayer of(Path scratch, String mediaType, Content content) throws IOException {
        FileChannel file = FileChannel.open(
                scratch.resolve("layer-" + UUID.randomUUID()),
                Set.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.DELETE_ON_CLOSE));
        try {
            MessageDigest diff = Hashes.begin(Digest.Algorithm.SHA256);
            MessageDigest packed = Hashes.begin(Digest.Algorithm.SHA256);
            OutputStream hashed = new DigestOutputStream(Channels.newOutputStream(file), packed);
            // Its end is written by closing it, which would close the file as well.
            try (OutputStream compressed =
                    Compression.GZIP.compress(new BufferedOutputStream(new Kept(hashed), BUFFER))) {
                OutputStream tar = new BufferedOutputStream(new DigestOutputStream(compressed, diff), BUFFER);
                content.write(tar);
                tar.flush();
            }
            return new PackedLayer(
                    file,
                    Descriptor.of(mediaType, Digest.Algorithm.SHA256.end(packed), file.size()),
                    Digest.Algorithm.SHA256.end(diff));
        } catch (IOException | RuntimeException exception) {
            file.close();
            throw exception;
        }
    }

    /** Passes all on but its end. */
    private static final class Kept extends OutputStream {

        private final OutputStream out;

        private Kept(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int one) throws IOException {
            out.write(one);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }
    }

    /** The compressed bytes from an offset on. */
    InputStream open(long offset) {
        return new InputStream() {
            private long at = offset;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
            }

            @Override
            public int read(byte[] buffer, int start, int length) throws IOException {
                Objects.checkFromIndexSize(start, length, buffer.length);
                int count = file.read(ByteBuffer.wrap(buffer, start, length), at);
                at += Math.max(count, 0);
                return count;
            }
        };
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
