package dev.carafe.linux.seccomp;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Memory;
import dev.carafe.linux.SystemCall;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;

/**
 * The functions of libseccomp 2.4 and later that a filter needs.
 *
 * <p>A handle is made when its function is first called: who only asks for the version pays for one.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/seccomp_init.3.html">seccomp_init(3)</a>
 */
final class Libseccomp {

    static final String LIBRARY = "libseccomp.so.2";

    /** {@code SCMP_FLTATR_CTL_OPTIMIZE}. */
    private static final int OPTIMIZE = 8;

    private static final int BINARY_TREE = 2;
    private static final long PROGRAM_MOST = (long) Filter.INSTRUCTION * Filter.INSTRUCTIONS_MOST;

    private static final FunctionDescriptor ADD_ARCHITECTURE = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT);
    private static final FunctionDescriptor SET_ATTRIBUTE =
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final FunctionDescriptor RESOLVE = FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS);
    private static final FunctionDescriptor ADD_RULE =
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
    private static final FunctionDescriptor EXPORT_MEMORY = FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS);

    /** {@code struct scmp_arg_cmp}: argument, operator, and two numbers. */
    private static final long CONDITION = 24;

    private final Kernel kernel;
    private final SymbolLookup symbols;
    private final MethodHandle resolve;
    private final MethodHandle addRule;

    private Libseccomp(Kernel kernel, SymbolLookup symbols) {
        this.kernel = kernel;
        this.symbols = symbols;
        this.resolve = handle("seccomp_syscall_resolve_name_arch", RESOLVE);
        this.addRule = handle("seccomp_rule_add_array", ADD_RULE);
    }

    /**
     * Loads the library, for as long as the JVM lives.
     *
     * @throws SeccompException if it is not installed
     */
    static SymbolLookup load(String library) {
        try {
            return SymbolLookup.libraryLookup(library, Arena.global());
        } catch (IllegalArgumentException missing) {
            throw new SeccompException(
                    "seccomp filters need " + library
                            + ", which cannot be loaded: install libseccomp2 (Debian, Ubuntu) or "
                            + "libseccomp (Fedora, Alpine)",
                    missing);
        }
    }

    /** The version of a loaded library, such as {@code 2.5.4}. */
    static String version(SymbolLookup symbols) {
        try {
            MethodHandle version = handle(symbols, "seccomp_version", FunctionDescriptor.of(ADDRESS));
            MemorySegment numbers = ((MemorySegment) version.invokeExact()).reinterpret(3L * Integer.BYTES);
            return numbers.getAtIndex(JAVA_INT, 0) + "." + numbers.getAtIndex(JAVA_INT, 1) + "."
                    + numbers.getAtIndex(JAVA_INT, 2);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    static Libseccomp over(Kernel kernel, SymbolLookup symbols) {
        return new Libseccomp(kernel, symbols);
    }

    private MethodHandle handle(String function, FunctionDescriptor descriptor) {
        return handle(symbols, function, descriptor);
    }

    private static MethodHandle handle(SymbolLookup symbols, String function, FunctionDescriptor descriptor) {
        Optional<MemorySegment> address = symbols.find(function);
        if (address.isEmpty()) {
            throw new SeccompException("this libseccomp has no " + function + ": it needs version 2.4 or later");
        }
        return Linker.nativeLinker().downcallHandle(address.get(), descriptor);
    }

    int nativeToken() {
        try {
            return (int) handle("seccomp_arch_native", FunctionDescriptor.of(JAVA_INT))
                    .invokeExact();
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    /** A system call's number; negative if the machine lacks the call, -1 if nobody has heard of it. */
    int number(int machine, String name) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) resolve.invokeExact(machine, arena.allocateFrom(name));
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    /** A filter under construction, for the native machine at first. */
    Context context(int defaultAction) {
        try {
            MethodHandle init = handle("seccomp_init", FunctionDescriptor.of(ADDRESS, JAVA_INT));
            var address = (MemorySegment) init.invokeExact(defaultAction);
            if (address.address() == 0) {
                throw new SeccompException(
                        "libseccomp refuses the default action 0x" + Integer.toHexString(defaultAction));
            }
            return new Context(address);
        } catch (Throwable failure) {
            throw unexpected(failure);
        }
    }

    /** {@code scmp_filter_ctx}. */
    final class Context implements AutoCloseable {

        private final MemorySegment address;

        private Context(MemorySegment address) {
            this.address = address;
        }

        @Override
        public void close() {
            try {
                handle("seccomp_release", FunctionDescriptor.ofVoid(ADDRESS)).invokeExact(address);
            } catch (Throwable failure) {
                throw unexpected(failure);
            }
        }

        void add(Machine machine) {
            try {
                int result = (int) handle("seccomp_arch_add", ADD_ARCHITECTURE).invokeExact(address, machine.token());
                if (result != 0 && result != -Errno.EEXIST.number()) {
                    throw refused("the architecture SCMP_ARCH_" + machine, result);
                }
            } catch (Throwable failure) {
                throw unexpected(failure);
            }
        }

        /** Finds calls by halving rather than one after the other; libseccomp before 2.5 cannot, which is no harm. */
        void optimize() {
            try {
                int ignored =
                        (int) handle("seccomp_attr_set", SET_ATTRIBUTE).invokeExact(address, OPTIMIZE, BINARY_TREE);
            } catch (Throwable failure) {
                throw unexpected(failure);
            }
        }

        void add(String name, int number, int action, List<Profile.Argument> arguments) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment conditions = arena.allocate(Math.max(1, arguments.size()) * CONDITION, Long.BYTES);
                for (int i = 0; i < arguments.size(); i++) {
                    Profile.Argument argument = arguments.get(i);
                    Memory.setInt(conditions, i * CONDITION, argument.index());
                    Memory.setInt(
                            conditions, i * CONDITION + 4, argument.operator().number());
                    Memory.setLong(conditions, i * CONDITION + 8, argument.value());
                    Memory.setLong(conditions, i * CONDITION + 16, argument.valueTwo());
                }
                int result = (int) addRule.invokeExact(address, action, number, arguments.size(), conditions);
                if (result != 0) {
                    throw refused("the rule for " + name, result);
                }
            } catch (Throwable failure) {
                throw unexpected(failure);
            }
        }

        /** The program, as an array of {@code struct sock_filter}. */
        byte[] export() {
            return symbols.find("seccomp_export_bpf_mem").isPresent() ? exportMemory() : exportFile();
        }

        private byte[] exportMemory() {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment program = arena.allocate(PROGRAM_MOST, Long.BYTES);
                MemorySegment length = arena.allocateFrom(JAVA_LONG, PROGRAM_MOST);
                int result =
                        (int) handle("seccomp_export_bpf_mem", EXPORT_MEMORY).invokeExact(address, program, length);
                if (result < 0) {
                    throw refused("to export the program", result);
                }
                return Memory.getBytes(program, Memory.getLong(length, 0));
            } catch (Throwable failure) {
                throw unexpected(failure);
            }
        }

        /** libseccomp before 2.6 writes to descriptors only. */
        private byte[] exportFile() {
            try (Arena arena = Arena.ofConfined()) {
                long name = arena.allocateFrom("seccomp").address();
                long made = kernel.calls().call(SystemCall.MEMFD_CREATE, name, 1, 0, 0, 0, 0);
                if (made < 0) {
                    throw refused("a place for the program", (int) made);
                }
                try (Fd memory = kernel.files().adopt((int) made)) {
                    int result =
                            (int) handle("seccomp_export_bpf", ADD_ARCHITECTURE).invokeExact(address, memory.number());
                    if (result < 0) {
                        throw refused("to export the program", result);
                    }
                    kernel.calls().call(SystemCall.LSEEK, memory.number(), 0, 0, 0, 0, 0);
                    return kernel.files().readAll(memory, (int) PROGRAM_MOST);
                }
            } catch (Throwable failure) {
                throw unexpected(failure);
            }
        }
    }

    private static SeccompException refused(String what, int result) {
        Errno errno = Errno.of(-result);
        return new SeccompException("libseccomp refuses " + what + ": " + errno.description() + " (" + errno + ")");
    }

    private static RuntimeException unexpected(Throwable failure) {
        return switch (failure) {
            case RuntimeException exception -> exception;
            case Error error -> throw error;
            default -> new IllegalStateException("a C function throws nothing", failure);
        };
    }
}
