package dev.carafe.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

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
}
