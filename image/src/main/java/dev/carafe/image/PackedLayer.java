package dev.carafe.image;

import dev.carafe.image.hash.Hashes;
import dev.carafe.image.layer.Compression;
import dev.carafe.image.store.Scratch;
import dev.carafe.image.store.Store;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.security.DigestOutputStream;
import java.security.MessageDigest;

/**
 * A layer that has been made here and is not in the store yet.
 *
 * @param diff what it hashes to, not compressed
 */
record PackedLayer(Scratch scratch, Descriptor descriptor, Digest diff) implements AutoCloseable {

    private static final int BUFFER = 1 << 20;

    /** Writes the uncompressed archive; the stream stays open. */
    @FunctionalInterface
    interface Content {
        void write(OutputStream tar) throws IOException;
    }

    /** Makes one, with gzip. Equal content becomes equal bytes. */
    static PackedLayer of(Store store, String mediaType, Content content) throws IOException {
        Scratch scratch = store.scratch();
        try {
            MessageDigest diff = Hashes.begin(Digest.Algorithm.SHA256);
            MessageDigest packed = Hashes.begin(Digest.Algorithm.SHA256);
            OutputStream hashed = new DigestOutputStream(Channels.newOutputStream(scratch.file()), packed);
            // Its end is written by closing it, which would close the file as well.
            try (OutputStream compressed =
                    Compression.GZIP.compress(new BufferedOutputStream(new Kept(hashed), BUFFER))) {
                OutputStream tar = new BufferedOutputStream(new DigestOutputStream(compressed, diff), BUFFER);
                content.write(tar);
                tar.flush();
            }
            return new PackedLayer(
                    scratch,
                    Descriptor.of(
                            mediaType,
                            Digest.Algorithm.SHA256.end(packed),
                            scratch.file().size()),
                    Digest.Algorithm.SHA256.end(diff));
        } catch (IOException | RuntimeException exception) {
            scratch.close();
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
        return Scratch.part(scratch.file(), offset, descriptor.size());
    }

    @Override
    public void close() throws IOException {
        scratch.close();
    }
}
