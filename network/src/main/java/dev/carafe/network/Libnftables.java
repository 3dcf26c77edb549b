package dev.carafe.network;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.carafe.linux.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

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

    static final String LIBRARY = "libnftables.so.1";
    /** {@code NFT_CTX_OUTPUT_HANDLE}: what is listed has the number by which it can be deleted. */
    private static final int OUTPUT_HANDLES = 1 << 3;

    private static final int LONGEST_OUTPUT = 64 * 1024 * 1024;

    /** Two numbers or addresses to one: one handle serves all functions, as making one takes a millisecond. */
    private static final FunctionDescriptor SHAPE = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private final SymbolLookup symbols;
    private final MethodHandle function;

    private Libnftables(SymbolLookup symbols) {
        this.symbols = symbols;
        this.function = Linker.nativeLinker().downcallHandle(SHAPE);
    }

    /**
     * Loads the library, for as long as the JVM lives.
     *
     * @throws NetworkException if it is not installed
     */
    static Libnftables load(String library) {
        try {
            return new Libnftables(SymbolLookup.libraryLookup(library, Arena.global()));
        } catch (IllegalArgumentException missing) {
            throw new NetworkException(
                    NetworkException.Kind.UNAVAILABLE,
                    "a network needs " + library + ", which cannot be loaded: install libnftables1 (Debian, Ubuntu), "
                            + "nftables-libs (Alpine) or nftables (Fedora), or run with --network none or host",
                    missing);
        }
    }

    /** Opens a context for the network namespace of the calling thread. */
    Context open() {
        synchronized (Libnftables.class) {
            long context = call("nft_ctx_new", 0, 0);
            if (context == 0) {
                throw new NetworkException(NetworkException.Kind.FAILED, "libnftables cannot open a context");
            }
            call("nft_ctx_output_set_flags", context, OUTPUT_HANDLES);
            call("nft_ctx_buffer_output", context, 0);
            call("nft_ctx_buffer_error", context, 0);
            return new Context(context);
        }
    }

    private void run(long context, String commands) {
        synchronized (Libnftables.class) {
            try (Arena arena = Arena.ofConfined()) {
                byte[] text = commands.getBytes(StandardCharsets.UTF_8);
                long address =
                        Memory.of(arena, Arrays.copyOf(text, text.length + 1)).address();
                if ((int) call("nft_run_cmd_from_buffer", context, address) != 0) {
                    throw new NetworkException(
                            NetworkException.Kind.FAILED, explain(text(call("nft_ctx_get_error_buffer", context, 0))));
                }
            }
        }
    }

    private String output(long context, String commands) {
        synchronized (Libnftables.class) {
            run(context, commands);
            return text(call("nft_ctx_get_output_buffer", context, 0));
        }
    }

    private void close(long context) {
        synchronized (Libnftables.class) {
            call("nft_ctx_free", context, 0);
        }
    }

    /** {@code struct nft_ctx}. Not to be used any more when it is closed. */
    final class Context implements AutoCloseable {

        private final long context;

        private Context(long context) {
            this.context = context;
        }

        /**
         * Does all the commands as one.
         *
         * @throws NetworkException if one is refused; then none was done
         */
        void run(String commands) {
            Libnftables.this.run(context, commands);
        }

        /** The same, and returns what they print. */
        String output(String commands) {
            return Libnftables.this.output(context, commands);
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

    /** The text at an address that a function has returned. */
    private static String text(long address) {
        if (address == 0) {
            return "";
        }
        MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(LONGEST_OUTPUT);
        long length = 0;
        while (Memory.getByte(memory, length) != 0) {
            length++;
        }
        return new String(Memory.getBytes(memory, length), StandardCharsets.UTF_8);
    }

    private long call(String name, long first, long second) {
        try {
            return (long) function.invokeExact(symbols.findOrThrow(name), first, second);
        } catch (RuntimeException | Error exception) {
            throw exception;
        } catch (Throwable impossible) {
            throw new AssertionError("a C function throws nothing", impossible);
        }
    }
}
