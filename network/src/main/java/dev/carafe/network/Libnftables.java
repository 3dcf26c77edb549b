package dev.carafe.network;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * The functions of libnftables: commands as {@code nft(8)} takes them, each call a transaction of which all counts or
 * nothing.
 *
 * <p>A context speaks for the network namespace that its thread is in when it is opened. The library keeps some things once
 * for a process, so that one call is made at a time.
 *
 * @see <a href="https://manpages.debian.org/bookworm/libnftables1/libnftables.3.en.html">libnftables(3)</a>
 */
final class Libnftables {

    private static final String LIBRARY = "libnftables.so.1";
    private static final int LONGEST_OUTPUT = 64 * 1024 * 1024;

    private final MethodHandle open;
    private final MethodHandle close;
    private final MethodHandle bufferOutput;
    private final MethodHandle bufferError;
    private final MethodHandle output;
    private final MethodHandle error;
    private final MethodHandle run;

    private Libnftables(SymbolLookup symbols) {
        this.open = handle(symbols, "nft_ctx_new", FunctionDescriptor.of(ADDRESS, JAVA_INT));
        this.close = handle(symbols, "nft_ctx_free", FunctionDescriptor.ofVoid(ADDRESS));
        this.bufferOutput = handle(symbols, "nft_ctx_buffer_output", FunctionDescriptor.of(JAVA_INT, ADDRESS));
        this.bufferError = handle(symbols, "nft_ctx_buffer_error", FunctionDescriptor.of(JAVA_INT, ADDRESS));
        this.output = handle(symbols, "nft_ctx_get_output_buffer", FunctionDescriptor.of(ADDRESS, ADDRESS));
        this.error = handle(symbols, "nft_ctx_get_error_buffer", FunctionDescriptor.of(ADDRESS, ADDRESS));
        this.run = handle(symbols, "nft_run_cmd_from_buffer", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    }

    /**
     * Loads the library, for as long as the JVM lives.
     *
     * @throws NetworkException if it is not installed
     */
    static Libnftables load() {
        try {
            return new Libnftables(SymbolLookup.libraryLookup(LIBRARY, Arena.global()));
        } catch (IllegalArgumentException missing) {
            throw new NetworkException(
                    NetworkException.Kind.UNAVAILABLE,
                    "a network needs " + LIBRARY + ", which cannot be loaded: install libnftables1 (Debian, Ubuntu), "
                            + "nftables-libs (Alpine) or nftables (Fedora), or run with --network none or host",
                    missing);
        }
    }

    /** Opens a context for the network namespace of the calling thread. */
    Context open() {
        synchronized (Libnftables.class) {
            try {
                MemorySegment context = (MemorySegment) open.invokeExact(0);
                if (context.address() == 0) {
                    throw new NetworkException(NetworkException.Kind.FAILED, "libnftables cannot open a context");
                }
                int ignored = (int) bufferOutput.invokeExact(context) + (int) bufferError.invokeExact(context);
                return new Context(context);
            } catch (Throwable failure) {
                throw unexpected(failure);
            }
        }
    }

    private String run(MemorySegment context, String commands) {
        synchronized (Libnftables.class) {
            try (Arena arena = Arena.ofConfined()) {
                int result = (int) run.invokeExact(context, arena.allocateFrom(commands));
                if (result != 0) {
                    String problem = text((MemorySegment) error.invokeExact(context));
                    throw new NetworkException(NetworkException.Kind.FAILED, explain(problem));
                }
                return text((MemorySegment) output.invokeExact(context));
            } catch (Throwable failure) {
                throw unexpected(failure);
            }
        }
    }

    private void close(MemorySegment context) {
        synchronized (Libnftables.class) {
            try {
                close.invokeExact(context);
            } catch (Throwable failure) {
                throw unexpected(failure);
            }
        }
    }

    /** {@code struct nft_ctx}. Not to be used any more when it is closed. */
    final class Context implements AutoCloseable {

        private final MemorySegment context;

        private Context(MemorySegment context) {
            this.context = context;
        }

        /**
         * Does all the commands as one.
         *
         * @return what they print
         * @throws NetworkException if one is refused; then none was done
         */
        String run(String commands) {
            return Libnftables.this.run(context, commands);
        }

        /** Takes a while where something was deleted last, as the kernel waits until nobody can see it any more. */
        @Override
        public void close() {
            Libnftables.this.close(context);
        }
    }

    /** What the library says is wrong, without the lines that show where. */
    private static String explain(String problem) {
        String first = problem.lines()
                .filter(line -> line.startsWith("Error: "))
                .findFirst()
                .orElse(problem.strip());
        String hint = first.contains("Operation not permitted")
                ? ": only root, in the network namespace's own user namespace, may filter packets"
                : first.contains("not supported") || first.contains("No such file or directory")
                        ? ": the kernel may lack nf_tables, or a part of it (CONFIG_NF_TABLES, CONFIG_NFT_NAT, "
                                + "CONFIG_NFT_MASQ, CONFIG_NFT_FIB_INET, CONFIG_NF_TABLES_BRIDGE)"
                        : "";
        return "the kernel's packet filter refuses the rules of a network: " + first.replace("Error: ", "") + hint;
    }

    private static String text(MemorySegment memory) {
        if (memory.address() == 0) {
            return "";
        }
        MemorySegment bytes = memory.reinterpret(LONGEST_OUTPUT);
        long length = 0;
        while (bytes.get(JAVA_BYTE, length) != 0) {
            length++;
        }
        return new String(bytes.asSlice(0, length).toArray(JAVA_BYTE), StandardCharsets.UTF_8);
    }

    private static MethodHandle handle(SymbolLookup symbols, String function, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(function), descriptor);
    }

    private static RuntimeException unexpected(Throwable failure) {
        return switch (failure) {
            case RuntimeException exception -> exception;
            case Error error -> throw error;
            default -> new IllegalStateException("a C function throws nothing", failure);
        };
    }
}
