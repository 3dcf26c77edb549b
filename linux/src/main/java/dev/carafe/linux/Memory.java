package dev.carafe.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Values in native memory, in this machine's byte order.
 *
 * <p>{@link MemorySegment#get} and {@link MemorySegment#set} do the same by way of method handles. The first use of those
 * takes several milliseconds, a tenth of what a call of the command line lasts that no daemon answers.
 */
public final class Memory {

    private Memory() {}

    public static byte getByte(MemorySegment memory, long offset) {
        return view(memory).get((int) offset);
    }

    public static void setByte(MemorySegment memory, long offset, byte value) {
        view(memory).put((int) offset, value);
    }

    public static short getShort(MemorySegment memory, long offset) {
        return view(memory).getShort((int) offset);
    }

    public static void setShort(MemorySegment memory, long offset, short value) {
        view(memory).putShort((int) offset, value);
    }

    public static int getInt(MemorySegment memory, long offset) {
        return view(memory).getInt((int) offset);
    }

    public static void setInt(MemorySegment memory, long offset, int value) {
        view(memory).putInt((int) offset, value);
    }

    public static long getLong(MemorySegment memory, long offset) {
        return view(memory).getLong((int) offset);
    }

    public static void setLong(MemorySegment memory, long offset, long value) {
        view(memory).putLong((int) offset, value);
    }

    /** A copy of its first bytes. */
    public static byte[] getBytes(MemorySegment memory, long length) {
        byte[] bytes = new byte[Math.toIntExact(length)];
        view(memory).get(0, bytes);
        return bytes;
    }

    /** A copy of those from an offset to the first that is 0, without that. */
    static byte[] getBytesBeforeZero(MemorySegment memory, long offset) {
        ByteBuffer view = view(memory);
        int end = (int) offset;
        while (view.get(end) != 0) {
            end++;
        }
        byte[] bytes = new byte[end - (int) offset];
        view.get((int) offset, bytes);
        return bytes;
    }

    public static void setBytes(MemorySegment memory, long offset, byte[] bytes) {
        view(memory).put((int) offset, bytes);
    }

    /** Memory that holds these bytes. */
    public static MemorySegment of(Arena arena, byte... bytes) {
        MemorySegment memory = arena.allocate(bytes.length);
        setBytes(memory, 0, bytes);
        return memory;
    }

    /** Memory that holds a number of four bytes. */
    public static MemorySegment ofInt(Arena arena, int value) {
        MemorySegment memory = arena.allocate(Integer.BYTES, Integer.BYTES);
        setInt(memory, 0, value);
        return memory;
    }

    private static ByteBuffer view(MemorySegment memory) {
        return memory.asByteBuffer().order(ByteOrder.nativeOrder());
    }
}
