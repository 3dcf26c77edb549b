package dev.carafe.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** Java values in the kernel's form. */
final class Marshal {

    private Marshal() {}

    /**
     * A NUL-terminated string; what {@link FileNames} has escaped becomes the byte that it was.
     *
     * @throws IllegalArgumentException if the text has a NUL of its own, which the kernel would take for its end
     */
    static MemorySegment string(Arena arena, String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a NUL character in \"" + text.replace("\0", "\\0") + "\"");
        }
        byte[] bytes = FileNames.bytes(text);
        MemorySegment memory = arena.allocate(bytes.length + 1L);
        Memory.setBytes(memory, 0, bytes);
        return memory;
    }

    /** A NUL-terminated string where {@code null} in C has a meaning of its own: the empty text becomes it. */
    static long stringOrNull(Arena arena, String text) {
        return text.isEmpty() ? 0 : string(arena, text).address();
    }

    /** A path that leads to what a descriptor has open, for calls that know no descriptors. */
    static String path(Fd file) {
        return "/proc/self/fd/" + file.number();
    }

    /** The bytes, with no end mark. */
    static MemorySegment bytes(Arena arena, byte[] bytes) {
        return Memory.of(arena, bytes);
    }

    /** The text up to the first NUL of a buffer that the kernel has filled. */
    static String text(MemorySegment buffer, long offset) {
        return FileNames.text(Memory.getBytesBeforeZero(buffer, offset));
    }

    /**
     * Where a named member of a structure starts, in bytes. By hand: a {@code PathElement} is made to be turned into a
     * handle once, and costs several times as much when it is only asked for a number.
     */
    static long offset(StructLayout structure, String member) {
        long offset = 0;
        for (MemoryLayout candidate : structure.memberLayouts()) {
            if (member.equals(candidate.name().orElse(null))) {
                return offset;
            }
            offset += candidate.byteSize();
        }
        throw missing(structure, member);
    }

    /** How many bytes a named member of a structure has. */
    static int size(StructLayout structure, String member) {
        for (MemoryLayout candidate : structure.memberLayouts()) {
            if (member.equals(candidate.name().orElse(null))) {
                return (int) candidate.byteSize();
            }
        }
        throw missing(structure, member);
    }

    private static IllegalArgumentException missing(StructLayout structure, String member) {
        return new IllegalArgumentException(structure + " has no member " + member);
    }
}
