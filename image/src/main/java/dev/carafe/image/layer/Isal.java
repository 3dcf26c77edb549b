package dev.carafe.image.layer;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The functions of Intel's ISA-L 2 that undo DEFLATE.
 *
 * <p>Its {@code struct inflate_state} belongs to the caller, so that its layout is part of what the library's number
 * promises. That promise is put to the test before the library is used.
 *
 * @see <a href="https://github.com/intel/isa-l/blob/v2.30.0/include/igzip_lib.h">igzip_lib.h</a>
 */
record Isal(MethodHandle init, MethodHandle inflate) {

    static final String LIBRARY = "libisal.so.2";

    /** {@code sizeof(struct inflate_state)} is 87,368; the rest is to be on the safe side. */
    static final long STATE = 128 * 1024;

    static final int NEXT_OUT = 0;
    static final int AVAIL_OUT = 8;
    static final int NEXT_IN = 16;
    static final int READ_IN = 24;
    static final int AVAIL_IN = 32;
    static final int READ_IN_LENGTH = 36;
    /** After the tables for literals (16,384 + 2,528 bytes) and distances (2,048 + 160 bytes). */
    static final int BLOCK_STATE = 21160;

    static final int BLOCK_FINISH = 5;
    static final int NEED_DICTIONARY = 6;

    /** "carafe carafe carafe!" and five bytes that are not of it. */
    private static final byte[] PROBE = {
        0x4b, 0x4e, 0x2c, 0x4a, 0x4c, 0x4b, 0x55, 0x48, 0x46, (byte) 0xa6, 0x14, 0x01, 1, 2, 3, 4, 5
    };

    private static final String PROBED = "carafe carafe carafe!";

    /** Which of the two this machine has: found out once, when it is first needed. */
    private static final class Loaded {
        static final Optional<Isal> ISAL = load(LIBRARY);
    }

    /** The library; nothing if it is not installed, or not the one that is known here. */
    static Optional<Isal> loaded() {
        return Loaded.ISAL;
    }

    static Optional<Isal> load(String library) {
        SymbolLookup symbols;
        try {
            symbols = SymbolLookup.libraryLookup(library, Arena.global());
        } catch (IllegalArgumentException missing) {
            return Optional.empty();
        }
        Linker linker = Linker.nativeLinker();
        return symbols.find("isal_inflate_init")
                .flatMap(init -> symbols.find("isal_inflate")
                        .map(inflate -> new Isal(
                                linker.downcallHandle(init, FunctionDescriptor.ofVoid(ADDRESS)),
                                linker.downcallHandle(inflate, FunctionDescriptor.of(JAVA_INT, ADDRESS))))
                        .filter(Isal::isAsExpected));
    }

    private boolean isAsExpected() {
        ByteBuffer input = ByteBuffer.allocateDirect(PROBE.length).put(PROBE).flip();
        ByteBuffer output = ByteBuffer.allocateDirect(64);
        try (IsalInflation inflation = new IsalInflation(this)) {
            boolean finished = inflation.inflate(input, output);
            byte[] text = new byte[output.flip().remaining()];
            output.get(text);
            return finished
                    && PROBED.equals(new String(text, StandardCharsets.US_ASCII))
                    && inflation.unused().length + input.remaining() == 5;
        } catch (LayerException different) {
            return false;
        }
    }

    void init(MemorySegment state) {
        try {
            init.invokeExact(state);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    int inflate(MemorySegment state) {
        try {
            return (int) inflate.invokeExact(state);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    private static IllegalStateException unexpected(Throwable failure) {
        return new IllegalStateException("ISA-L could not be called", failure);
    }
}
