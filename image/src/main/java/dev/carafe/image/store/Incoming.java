package dev.carafe.image.store;

import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.image.hash.Hashes;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A blob while it comes in: first what is on disk of it already, then what its source gives, which is written to disk
 * on the way. Whoever reads it to its end has seen all of it once, and so has the hash.
 */
final class Incoming extends InputStream {

    private final Descriptor blob;
    private final FileChannel file;
    private final BlobSource source;
    private final LongConsumer arrived;
    private final MessageDigest hash;
    /** How much was on disk at first. */
    private final long kept;

    private long position;
    private @Nullable InputStream rest;

    /**
     * @param file open for reading and writing; what is in it is taken for the blob's beginning
     * @param arrived hears of the bytes that have come, those that were on disk as well
     */
    Incoming(Descriptor blob, FileChannel file, BlobSource source, LongConsumer arrived) throws IOException {
        this.blob = blob;
        this.file = file;
        this.source = source;
        this.arrived = arrived;
        this.hash = Hashes.begin(blob.digest().algorithm());
        this.kept = Math.min(file.size(), blob.size());
        file.truncate(kept);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (length == 0) {
            return 0;
        }
        if (position == blob.size()) {
            return -1;
        }
        int most = (int) Math.min(length, blob.size() - position);
        int count = position < kept
                ? file.read(ByteBuffer.wrap(buffer, offset, (int) Math.min(most, kept - position)), position)
                : receive(buffer, offset, most);
        if (count < 0) {
            throw new EOFException("its source ended after " + position + " of " + blob.size() + " bytes");
        }
        hash.update(buffer, offset, count);
        position += count;
        arrived.accept(count);
        return count;
    }

    private int receive(byte[] buffer, int offset, int most) throws IOException {
        if (rest == null) {
            rest = source.open(blob, position);
        }
        int count = rest.read(buffer, offset, most);
        if (count > 0) {
            ByteBuffer content = ByteBuffer.wrap(buffer, offset, count);
            while (content.hasRemaining()) {
                file.write(content, position + (content.position() - offset));
            }
            Failpoint.BLOB_PART_WRITTEN.reach();
        }
        return count;
    }

    /** Whether something came from the disk, which may be wrong where the source is right. */
    boolean hasKept() {
        return kept > 0;
    }

    /** Reads what nobody has read, and compares the hash. */
    boolean isWhole() throws IOException {
        transferTo(OutputStream.nullOutputStream());
        Digest digest = blob.digest().algorithm().end(hash);
        return digest.equals(blob.digest());
    }

    @Override
    public void close() throws IOException {
        if (rest != null) {
            rest.close();
        }
    }
}
