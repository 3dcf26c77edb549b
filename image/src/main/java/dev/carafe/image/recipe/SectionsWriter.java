package dev.carafe.image.recipe;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Writes several streams into one file as they come: parts, each with its section's number and its length before it, and
 * at the end a check sum of it all.
 */
final class SectionsWriter {

    static final long MAGIC = 0x4361_7261_6665_5201L;
    static final int PART = 64 * 1024;
    static final int END = 255;
    static final int PART_HEADER = 5;

    private final DataOutputStream output;
    private final CRC32C sum = new CRC32C();
    private final long most;
    private long written;

    /** @param most bytes that the file may have */
    SectionsWriter(OutputStream output, long most) throws IOException {
        this.output = new DataOutputStream(output);
        this.most = most;
        write(ByteBuffer.allocate(Long.BYTES).putLong(MAGIC).array(), Long.BYTES);
    }

    private void write(byte[] bytes, int length) throws IOException {
        written += length;
        if (written > most) {
            throw new TooLargeException();
        }
        sum.update(bytes, 0, length);
        output.write(bytes, 0, length);
    }

    /** There is more to be written than is worth it. */
    static final class TooLargeException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /** One of the streams. Closing it writes what is left. */
    OutputStream section(int number) {
        return new Section(number);
    }

    void finish() throws IOException {
        write(new byte[] {(byte) END}, 1);
        output.writeInt((int) sum.getValue());
        output.flush();
    }

    private final class Section extends OutputStream {
        private final int number;
        private final byte[] part = new byte[PART];
        private int length;

        Section(int number) {
            this.number = number;
        }

        @Override
        public void write(int value) throws IOException {
            if (length == PART) {
                writePart();
            }
            part[length++] = (byte) value;
        }

        @Override
        public void write(byte[] bytes, int offset, int count) throws IOException {
            for (int done = 0; done < count; ) {
                if (length == PART) {
                    writePart();
                }
                int some = Math.min(count - done, PART - length);
                System.arraycopy(bytes, offset + done, part, length, some);
                length += some;
                done += some;
            }
        }

        private void writePart() throws IOException {
            SectionsWriter.this.write(
                    ByteBuffer.allocate(PART_HEADER)
                            .put((byte) number)
                            .putInt(length)
                            .array(),
                    PART_HEADER);
            SectionsWriter.this.write(part, length);
            length = 0;
        }

        @Override
        public void close() throws IOException {
            if (length > 0) {
                writePart();
            }
        }
    }
}
