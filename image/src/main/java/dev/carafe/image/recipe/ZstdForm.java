package dev.carafe.image.recipe;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/**
 * How the library compresses a frame.
 *
 * @param workers 0, or 1 for any number: the frame is cut into jobs then
 * @param hasSum whether a check sum ends it
 * @param size of the content, as the frame tells it; -1 if it does not
 */
record ZstdForm(int level, int workers, boolean hasSum, long size) {

    private static final int MAGIC = 0xfd2fb528;
    private static final int HEADER = 18;
    /** From the content's beginning, this is compressed to see whether a level is the right one: some blocks. */
    static final int SAMPLE = 300 * 1024;

    private static final List<Integer> LEVELS =
            List.of(3, 19, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, -1, -2, -3, -4, -5);

    void write(DataOutputStream output) throws IOException {
        output.writeByte(level);
        output.writeByte(workers);
        output.writeBoolean(hasSum);
        output.writeLong(size);
    }

    static ZstdForm read(DataInputStream input) throws IOException {
        return new ZstdForm(input.readByte(), input.readByte(), input.readBoolean(), input.readLong());
    }

    /** A context that compresses so. */
    ZstdCompressCtx open() {
        ZstdCompressCtx context = new ZstdCompressCtx();
        context.setLevel(level);
        context.setWorkers(workers);
        context.setChecksum(hasSum);
        context.setContentSize(size >= 0);
        if (size >= 0) {
            context.setPledgedSrcSize(size);
        }
        return context;
    }

    /**
     * The forms that data may have been compressed by, the likeliest first.
     *
     * @param packed how they begin
     * @param sample how their content begins
     * @throws UnknownFormException if it was none that is known
     */
    static List<ZstdForm> of(byte[] packed, byte[] sample) throws UnknownFormException {
        ByteBuffer header = ByteBuffer.wrap(Arrays.copyOf(packed, HEADER)).order(ByteOrder.LITTLE_ENDIAN);
        int descriptor = header.get(4) & 0xff;
        if (header.getInt(0) != MAGIC || (descriptor & 3) != 0) {
            throw new UnknownFormException("zstd data with a dictionary or a note");
        }
        boolean isOneSegment = (descriptor & 0x20) != 0;
        int at = isOneSegment ? 5 : 6;
        long size = switch (descriptor >>> 6) {
            case 0 -> isOneSegment ? header.get(at) & 0xff : -1;
            case 1 -> (header.getShort(at) & 0xffff) + 256;
            case 2 -> header.getInt(at) & 0xffffffffL;
            default -> header.getLong(at);
        };
        boolean hasSum = (descriptor & 4) != 0;
        for (int level : LEVELS) {
            ZstdForm form = new ZstdForm(level, 0, hasSum, size);
            if (form.begins(packed, sample)) {
                return List.of(form, new ZstdForm(level, 1, hasSum, size));
            }
        }
        throw new UnknownFormException("zstd data by another program or version than the library here");
    }

    private boolean begins(byte[] packed, byte[] sample) {
        ByteBuffer input = ByteBuffer.allocateDirect(sample.length).put(sample).flip();
        ByteBuffer output = ByteBuffer.allocateDirect(2 * SAMPLE);
        // All of a small content ends its frame; of others, what comes of the first blocks is compared.
        EndDirective directive = sample.length < SAMPLE ? EndDirective.END : EndDirective.CONTINUE;
        try (ZstdCompressCtx context = open()) {
            boolean more = true;
            while (more) {
                boolean isDone = context.compressDirectByteBufferStream(output, input, directive);
                more = directive == EndDirective.END ? !isDone : input.hasRemaining();
            }
        }
        output.flip();
        byte[] made = new byte[output.remaining()];
        output.get(made);
        int length = Math.min(made.length, packed.length);
        return Arrays.equals(made, 0, length, packed, 0, length);
    }
}
