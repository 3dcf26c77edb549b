package dev.carafe.image.hash;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.carafe.oci.Digest;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The functions of OpenSSL 3 that hash.
 *
 * @see <a href="https://docs.openssl.org/3.0/man3/EVP_DigestInit/">EVP_DigestInit(3)</a>
 */
final class Libcrypto {

    static final String LIBRARY = "libcrypto.so.3";

    private static final FunctionDescriptor BEGIN = FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS);

    /** Found out once, when it is first needed. */
    private static final class Loaded {
        static final Optional<Libcrypto> LIBCRYPTO = load(LIBRARY);
    }

    private final MethodHandle newContext;
    private final MethodHandle freeContext;
    private final MethodHandle begin;
    private final MethodHandle update;
    private final MethodHandle end;
    private final MemorySegment sha256;
    private final MemorySegment sha512;

    private Libcrypto(SymbolLookup symbols) throws Throwable {
        newContext = handle(symbols, "EVP_MD_CTX_new", FunctionDescriptor.of(ADDRESS));
        freeContext = handle(symbols, "EVP_MD_CTX_free", FunctionDescriptor.ofVoid(ADDRESS));
        begin = handle(symbols, "EVP_DigestInit_ex", BEGIN);
        // The garbage collector waits while it hashes content on the heap: a fraction of a millisecond.
        update = handle(
                symbols,
                "EVP_DigestUpdate",
                FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG),
                Linker.Option.critical(true));
        end = handle(symbols, "EVP_DigestFinal_ex", BEGIN);
        sha256 = (MemorySegment)
                handle(symbols, "EVP_sha256", FunctionDescriptor.of(ADDRESS)).invokeExact();
        sha512 = (MemorySegment)
                handle(symbols, "EVP_sha512", FunctionDescriptor.of(ADDRESS)).invokeExact();
    }

    /** The library; nothing if it is not installed. */
    static Optional<Libcrypto> loaded() {
        return Loaded.LIBCRYPTO;
    }

    static Optional<Libcrypto> load(String library) {
        SymbolLookup symbols;
        try {
            symbols = SymbolLookup.libraryLookup(library, Arena.global());
        } catch (IllegalArgumentException missing) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Libcrypto(symbols));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    private static MethodHandle handle(
            SymbolLookup symbols, String name, FunctionDescriptor descriptor, Linker.Option... options) {
        return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), descriptor, options);
    }

    /** A hash in progress, which goes when nothing refers to it any more. */
    MemorySegment context(Digest.Algorithm algorithm) {
        try {
            MemorySegment made = (MemorySegment) newContext.invokeExact();
            if (made.equals(MemorySegment.NULL)) {
                throw new OutOfMemoryError("no memory for a hash");
            }
            MemorySegment context = made.reinterpret(Arena.ofAuto(), this::free);
            begin(context, algorithm);
            return context;
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    private void free(MemorySegment context) {
        try {
            freeContext.invokeExact(context);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    void begin(MemorySegment context, Digest.Algorithm algorithm) {
        MemorySegment type = switch (algorithm) {
            case SHA256 -> sha256;
            case SHA512 -> sha512;
        };
        try {
            check((int) begin.invokeExact(context, type, MemorySegment.NULL));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    void update(MemorySegment context, MemorySegment content) {
        try {
            check((int) update.invokeExact(context, content, content.byteSize()));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    byte[] end(MemorySegment context, int length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(length);
            check((int) end.invokeExact(context, result, MemorySegment.NULL));
            return result.toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    private static void check(int result) {
        if (result != 1) {
            throw new IllegalStateException("libcrypto refuses to hash");
        }
    }

    private static IllegalStateException unexpected(Throwable failure) {
        return failure instanceof IllegalStateException known
                ? known
                : new IllegalStateException("libcrypto could not be called", failure);
    }
}
