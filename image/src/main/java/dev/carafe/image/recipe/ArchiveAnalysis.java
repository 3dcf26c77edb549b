package dev.carafe.image.recipe;

import dev.carafe.image.layer.LayerFiles;
import dev.carafe.image.layer.TarParts;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileNames;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what an archive has that the folder has not, and where in the folder all else is. What is the same, it
 * finds out by looking: content that the folder has not, or not any more, is written down like headers are.
 *
 * <pre>
 * 2 * length,      bytes                                   what the archive has
 * 2 * length + 1,  length of name, name, offset, sum       what the folder has
 * 0                                                        the end
 * </pre>
 *
 * All but bytes, name and sum are numbers of seven bits a byte, the lowest first, all but the last byte with the eighth
 * bit.
 */
final class ArchiveAnalysis implements TarParts.Receiver, AutoCloseable {

    static final int MOST = 64 * 1024;
    /** Less is not worth being looked for. */
    private static final int FEWEST = 16;

    private static final int PART = 1 << 20;

    private final LayerFiles files;
    private final DataOutputStream output;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment found = arena.allocate(PART);
    private final ByteArrayOutputStream other = new ByteArrayOutputStream();
    private final CRC32C sum = new CRC32C();
    private String name = "";
    private @Nullable Fd file;
    private long from;
    private long length;

    /** @param output stays open */
    ArchiveAnalysis(LayerFiles files, DataOutputStream output) {
        this.files = files;
        this.output = output;
    }

    @Override
    public void other(ByteBuffer bytes) throws IOException {
        endCopy();
        keep(bytes);
    }

    private void keep(ByteBuffer bytes) throws IOException {
        byte[] part = new byte[Math.min(MOST, bytes.remaining())];
        while (bytes.hasRemaining()) {
            int count = Math.min(part.length, bytes.remaining());
            bytes.get(part, 0, count);
            other.write(part, 0, count);
            if (other.size() >= MOST) {
                writeOther();
            }
        }
    }

    private void writeOther() throws IOException {
        if (other.size() > 0) {
            writeNumber(2L * other.size());
            other.writeTo(output);
            other.reset();
        }
    }

    @Override
    public void file(String next) throws IOException {
        endCopy();
        close(file);
        name = next;
        Optional<Fd> opened = files.open(next);
        file = opened.orElse(null);
    }

    @Override
    public void content(ByteBuffer bytes, long offset) throws IOException {
        if (offset != from + length) {
            endCopy();
        }
        int wanted = bytes.remaining();
        int same = file == null ? 0 : same(file, bytes, offset);
        if (length == 0 && same < FEWEST) {
            keep(bytes);
        } else {
            if (length == 0) {
                from = offset;
            }
            sum.update(bytes.slice(bytes.position(), same));
            length += same;
            bytes.position(bytes.position() + same);
        }
        if (same < wanted) {
            endCopy();
            close(file);
            file = null;
            keep(bytes);
        }
    }

    /** How many bytes the file has in common with what is in the archive. */
    private int same(Fd present, ByteBuffer bytes, long offset) {
        int same = 0;
        int wanted = bytes.remaining();
        while (same < wanted) {
            int most = Math.min(wanted - same, PART);
            int count = (int) files.kernel().files().readAt(present, offset + same, found.asSlice(0, most));
            if (count <= 0) {
                return same;
            }
            MemorySegment archived = MemorySegment.ofBuffer(bytes).asSlice(same, count);
            long mismatch = archived.mismatch(found.asSlice(0, count));
            if (mismatch >= 0) {
                return same + (int) mismatch;
            }
            same += count;
        }
        return same;
    }

    private void endCopy() throws IOException {
        if (length > 0) {
            writeOther();
            byte[] bytes = FileNames.bytes(name);
            writeNumber(2 * length + 1);
            writeNumber(bytes.length);
            output.write(bytes);
            writeNumber(from);
            output.writeInt((int) sum.getValue());
        }
        sum.reset();
        length = 0;
        from = 0;
    }

    private void writeNumber(long number) throws IOException {
        long left = number;
        while (left > 0x7f) {
            output.writeByte((int) ((left & 0x7f) | 0x80));
            left >>>= 7;
        }
        output.writeByte((int) left);
    }

    /** Writes what is left, and the end. */
    void finish() throws IOException {
        endCopy();
        writeOther();
        writeNumber(0);
    }

    private static void close(@Nullable Fd open) {
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void close() {
        close(file);
        arena.close();
    }
}
