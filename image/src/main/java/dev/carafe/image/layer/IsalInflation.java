package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.MALFORMED;

import dev.carafe.linux.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** By Intel's ISA-L, in this process. */
final class IsalInflation implements Inflation {

    private final Isal isal;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment state = arena.allocate(Isal.STATE, Long.BYTES);

    IsalInflation(Isal isal) {
        this.isal = isal;
        reset();
    }

    @Override
    public void reset() {
        isal.init(state);
    }

    @Override
    public boolean inflate(ByteBuffer input, ByteBuffer output) {
        MemorySegment in = MemorySegment.ofBuffer(input);
        MemorySegment out = MemorySegment.ofBuffer(output);
        Memory.setLong(state, Isal.NEXT_IN, in.address());
        Memory.setInt(state, Isal.AVAIL_IN, input.remaining());
        Memory.setLong(state, Isal.NEXT_OUT, out.address());
        Memory.setInt(state, Isal.AVAIL_OUT, output.remaining());
        int result = isal.inflate(state);
        if (result < 0 || result == Isal.NEED_DICTIONARY) {
            throw new LayerException(MALFORMED, "", "damaged gzip data (" + result + " of ISA-L)");
        }
        input.position(input.limit() - Memory.getInt(state, Isal.AVAIL_IN));
        output.position(output.limit() - Memory.getInt(state, Isal.AVAIL_OUT));
        return Memory.getInt(state, Isal.BLOCK_STATE) == Isal.BLOCK_FINISH;
    }

    /** It reads eight bytes ahead; of those, whole ones are left over and the bits before them were the end's. */
    @Override
    public byte[] unused() {
        int bits = Memory.getInt(state, Isal.READ_IN_LENGTH);
        long ahead = Memory.getLong(state, Isal.READ_IN) >>> (bits % 8);
        byte[] unused = new byte[bits / 8];
        for (int i = 0; i < unused.length; i++) {
            unused[i] = (byte) (ahead >>> (8 * i));
        }
        return unused;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
