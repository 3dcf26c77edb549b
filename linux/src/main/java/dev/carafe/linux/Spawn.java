package dev.carafe.linux;

import static dev.carafe.linux.SystemCallException.check;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Starting programs, by {@code posix_spawn(3)}: a JVM cannot fork, as it may run no code between fork and exec.
 *
 * <p>This is the one area that needs more of the C library than {@code syscall(2)}, and so does not pass the seam with
 * what the child does; it is loaded on first use. The child's namespaces are those of the thread that starts it.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/posix_spawn.3.html">posix_spawn(3)</a>
 */
public final class Spawn {

    /** The highest descriptor number that a child can be given. */
    public static final int HIGHEST_DESCRIPTOR = 1023;

    /**
     * What to start.
     *
     * @param path the program's file; {@code PATH} is not searched
     * @param arguments {@code argv}, the program's own name first
     * @param environment entries of the form {@code KEY=value}; nothing else is inherited
     * @param descriptors what the child finds open, by number, 0 to {@link #HIGHEST_DESCRIPTOR}. It has no others, but
     *     that 0, 1 and 2 are {@code /dev/null} where they are not given. They stay the caller's to close
     * @param newSession whether it leads a session of its own, without a controlling terminal
     */
    public record Program(
            String path,
            List<String> arguments,
            List<String> environment,
            Map<Integer, Fd> descriptors,
            boolean newSession) {}

    /**
     * A program that was started.
     *
     * @param process its descriptor, to {@linkplain Processes#await wait} for it
     */
    public record Child(int pid, Fd process) implements AutoCloseable {
        /** Closes the descriptor; the program runs on. */
        @Override
        public void close() {
            process.close();
        }
    }

    /** More than {@code posix_spawnattr_t} and {@code posix_spawn_file_actions_t} take in any C library. */
    static final int OPAQUE_BYTES = 512;
    /** The size of {@code sigset_t}, for 1024 signals. */
    static final int SIGNAL_SET_BYTES = 128;

    private static final short POSIX_SPAWN_SETSIGDEF = 0x04;
    private static final short POSIX_SPAWN_SETSIGMASK = 0x08;
    private static final short POSIX_SPAWN_SETSID = 0x80;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int STANDARD_DESCRIPTORS = 3;

    private final SystemCalls calls;

    Spawn(SystemCalls calls) {
        this.calls = calls;
    }

    /**
     * Starts a program with no signal blocked and none ignored. Returns once it has replaced the child's memory.
     *
     * @throws SystemCallException of {@code posix_spawn} if the child could not be made or the program not be executed
     * @throws IllegalArgumentException if a descriptor's number is out of range, or a text has a NUL
     */
    public Child start(Program program) {
        int pid;
        List<Fd> duplicates = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment actions = arena.allocate(OPAQUE_BYTES, 16);
            MemorySegment attributes = arena.allocate(OPAQUE_BYTES, 16);
            libc("posix_spawn_file_actions_init", Libc.ACTIONS_INIT, actions, 0, 0, 0);
            libc("posix_spawnattr_init", Libc.ATTRIBUTES_INIT, attributes, 0, 0, 0);
            try {
                describe(arena, actions, program.descriptors(), duplicates);
                describe(arena, attributes, program.newSession());
                MemorySegment pidOut = Memory.ofInt(arena, 0);
                int error = Libc.call(
                        Libc.SPAWN,
                        pidOut.address(),
                        Marshal.string(arena, program.path()).address(),
                        actions.address(),
                        attributes.address(),
                        strings(arena, program.arguments()),
                        strings(arena, program.environment()));
                if (error != 0) {
                    throw new SystemCallException("posix_spawn", Errno.of(error), program.path(), program.arguments());
                }
                pid = Memory.getInt(pidOut, 0);
            } finally {
                libc("posix_spawn_file_actions_destroy", Libc.ACTIONS_DESTROY, actions, 0, 0, 0);
                libc("posix_spawnattr_destroy", Libc.ATTRIBUTES_DESTROY, attributes, 0, 0, 0);
            }
        } finally {
            for (Fd duplicate : duplicates) {
                duplicate.close();
            }
        }
        Processes processes = new Processes(calls);
        try {
            // Not reaped yet, so the number is still the child's.
            return new Child(pid, processes.open(pid));
        } catch (SystemCallException exception) {
            processes.killAndReap(pid);
            throw exception;
        }
    }

    private void describe(Arena arena, MemorySegment actions, Map<Integer, Fd> descriptors, List<Fd> duplicates) {
        TreeMap<Integer, Fd> sorted = new TreeMap<>(descriptors);
        if (!sorted.isEmpty() && (sorted.firstKey() < 0 || sorted.lastKey() > HIGHEST_DESCRIPTOR)) {
            throw new IllegalArgumentException(
                    "a child's descriptors lie between 0 and " + HIGHEST_DESCRIPTOR + ": " + sorted);
        }
        int end = sorted.isEmpty() ? STANDARD_DESCRIPTORS : Math.max(STANDARD_DESCRIPTORS, sorted.lastKey() + 1);
        MemorySegment devNull = Marshal.string(arena, "/dev/null");
        // Sources among the child's numbers move out of the way first; then no step can overwrite another's source.
        TreeMap<Integer, Fd> sources = new TreeMap<>();
        sorted.forEach((number, source) ->
                sources.put(number, source.number() < end ? above(end, source, duplicates) : source));
        for (int number = 0; number < end; number++) {
            Fd source = sources.get(number);
            if (source != null) {
                libc("posix_spawn_file_actions_adddup2", Libc.ADD_DUP2, actions, source.number(), number, 0);
            } else if (number < STANDARD_DESCRIPTORS) {
                libc(
                        "posix_spawn_file_actions_addopen",
                        Libc.ADD_OPEN,
                        actions,
                        number,
                        devNull.address(),
                        OpenFlags.RDWR);
            } else {
                libc("posix_spawn_file_actions_addclose", Libc.ADD_CLOSE, actions, number, 0, 0);
            }
        }
        libc("posix_spawn_file_actions_addclosefrom_np", Libc.ADD_CLOSE_FROM, actions, end, 0, 0);
    }

    private Fd above(int end, Fd source, List<Fd> duplicates) {
        Fd duplicate = Fd.of(calls, (int) check(
                calls.call(SystemCall.FCNTL, source.number(), F_DUPFD_CLOEXEC, end, 0, 0, 0),
                SystemCall.FCNTL,
                source,
                "F_DUPFD_CLOEXEC",
                end));
        duplicates.add(duplicate);
        return duplicate;
    }

    private static void describe(Arena arena, MemorySegment attributes, boolean newSession) {
        MemorySegment none = arena.allocate(SIGNAL_SET_BYTES, Long.BYTES);
        MemorySegment all = arena.allocate(SIGNAL_SET_BYTES, Long.BYTES);
        all.fill((byte) 0xff);
        libc("posix_spawnattr_setsigmask", Libc.SET_MASK, attributes, none.address(), 0, 0);
        libc("posix_spawnattr_setsigdefault", Libc.SET_DEFAULTS, attributes, all.address(), 0, 0);
        libc(
                "posix_spawnattr_setflags",
                Libc.SET_FLAGS,
                attributes,
                POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (newSession ? POSIX_SPAWN_SETSID : 0),
                0,
                0);
    }

    /** A null-terminated array of strings. */
    private static long strings(Arena arena, List<String> strings) {
        MemorySegment array = arena.allocate(Long.BYTES * (strings.size() + 1L), Long.BYTES);
        for (int i = 0; i < strings.size(); i++) {
            Memory.setLong(
                    array,
                    i * (long) Long.BYTES,
                    Marshal.string(arena, strings.get(i)).address());
        }
        return array.address();
    }

    private static void libc(String name, MemorySegment function, MemorySegment object, long b, long c, long d) {
        if (function.equals(MemorySegment.NULL)) {
            throw new UnsupportedOperationException("the C library has no " + name + ", as glibc 2.34 and later have");
        }
        int error = Libc.call(function, object.address(), b, c, d, 0, 0);
        if (error != 0) {
            throw new SystemCallException(name, Errno.of(error), b, c, d);
        }
    }

    /**
     * The functions of {@code spawn.h}. They take up to six numbers or addresses and return 0 or an error number.
     *
     * <p>A handle of a shape of their own would take twenty milliseconds to make. So they are called as {@code
     * syscall(2)} is, with one argument too many, which the calling conventions of both architectures allow, and the
     * linker has the handle already.
     */
    private static final class Libc {

        static final MemorySegment SPAWN = find("posix_spawn");
        static final MemorySegment ACTIONS_INIT = find("posix_spawn_file_actions_init");
        static final MemorySegment ACTIONS_DESTROY = find("posix_spawn_file_actions_destroy");
        static final MemorySegment ADD_DUP2 = find("posix_spawn_file_actions_adddup2");
        static final MemorySegment ADD_OPEN = find("posix_spawn_file_actions_addopen");
        static final MemorySegment ADD_CLOSE = find("posix_spawn_file_actions_addclose");
        static final MemorySegment ADD_CLOSE_FROM = find("posix_spawn_file_actions_addclosefrom_np");
        static final MemorySegment ATTRIBUTES_INIT = find("posix_spawnattr_init");
        static final MemorySegment ATTRIBUTES_DESTROY = find("posix_spawnattr_destroy");
        static final MemorySegment SET_FLAGS = find("posix_spawnattr_setflags");
        static final MemorySegment SET_MASK = find("posix_spawnattr_setsigmask");
        static final MemorySegment SET_DEFAULTS = find("posix_spawnattr_setsigdefault");

        private static final MethodHandle CALL =
                Linker.nativeLinker().downcallHandle(NativeSystemCalls.SHAPE, NativeSystemCalls.ERRNO);

        private Libc() {}

        static int call(MemorySegment function, long a, long b, long c, long d, long e, long f) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
                return (int) (long) CALL.invokeExact(function, state, a, b, c, d, e, f, 0L);
            } catch (RuntimeException | Error exception) {
                throw exception;
            } catch (Throwable impossible) {
                throw new AssertionError("the C library throws nothing", impossible);
            }
        }

        private static MemorySegment find(String name) {
            return Linker.nativeLinker().defaultLookup().find(name).orElse(MemorySegment.NULL);
        }
    }
}
