package dev.carafe.engine.log;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.time.Instant;
import java.util.Optional;

/**
 * The functions of libsystemd that read the machine's journal.
 *
 * @see <a href="https://www.freedesktop.org/software/systemd/man/latest/sd-journal.html">sd-journal(3)</a>
 */
final class Libsystemd {

    static final String LIBRARY = "libsystemd.so.0";

    /** {@code SD_JOURNAL_LOCAL_ONLY}: not what other machines have sent here. */
    private static final int LOCAL_ONLY = 1;

    private static final long MICROS_A_SECOND = 1_000_000L;
    private static final int NANOS_A_MICRO = 1000;

    /** More than a field has that a monitor writes. */
    private static final long LONGEST = 1 << 20;

    /** Four numbers or addresses to one: one handle serves all functions, as making one takes a millisecond. */
    private static final FunctionDescriptor SHAPE =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private final Kernel kernel;
    private final SymbolLookup symbols;
    private final MethodHandle function;

    private Libsystemd(Kernel kernel, SymbolLookup symbols) {
        this.kernel = kernel;
        this.symbols = symbols;
        this.function = Linker.nativeLinker().downcallHandle(SHAPE);
    }

    /**
     * Loads the library, for as long as the JVM lives.
     *
     * @throws JournalException if it is not installed
     */
    static Libsystemd load(Kernel kernel, String library) {
        try {
            return new Libsystemd(kernel, SymbolLookup.libraryLookup(library, Arena.global()));
        } catch (IllegalArgumentException missing) {
            throw new JournalException(
                    "the journal is read with " + library + ", which cannot be loaded: install libsystemd0 (Debian, "
                            + "Ubuntu) or systemd-libs (Fedora), or read it with journalctl",
                    missing);
        }
    }

    /** Opens the machine's journal; nothing is read of it yet. */
    Reader open() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment place = arena.allocate(JAVA_LONG);
            check("to open it", call(address("sd_journal_open"), place.address(), LOCAL_ONLY, 0, 0));
            Reader reader = new Reader(Memory.getLong(place, 0));
            reader.call("sd_journal_set_data_threshold", 0); // else what is long may come cut off
            return reader;
        }
    }

    /**
     * {@code sd_journal}: a place in the journal, which is at an entry, or before or behind all.
     *
     * <p>Belongs to the thread that has opened it. Not to be used any more when it is closed.
     */
    final class Reader implements AutoCloseable {

        private final long journal;
        private final MemorySegment next = address("sd_journal_next");
        private final MemorySegment previous = address("sd_journal_previous");
        private final MemorySegment data = address("sd_journal_get_data");
        private final MemorySegment time = address("sd_journal_get_realtime_usec");
        private final Arena arena = Arena.ofConfined();
        private final MemorySegment results = arena.allocate(JAVA_LONG, 2);

        private Reader(long journal) {
            this.journal = journal;
        }

        private int call(String name, long argument) {
            return check(name, Libsystemd.this.call(address(name), journal, argument, 0, 0));
        }

        /** Only entries that have this value in this field from here on; with several fields, all of them. */
        void match(String field, String value) {
            try (Arena once = Arena.ofConfined()) {
                byte[] text = (field + "=" + value).getBytes(UTF_8);
                long place = Memory.of(once, text).address();
                check(field, Libsystemd.this.call(address("sd_journal_add_match"), journal, place, text.length, 0));
            }
        }

        /** Readable when there may be something new, until {@link #process} is called. It goes with the journal. */
        Fd changes() {
            return kernel.files().adopt(call("sd_journal_get_fd", 0));
        }

        /** Takes note of files that have come and gone. */
        void process() {
            call("sd_journal_process", 0);
        }

        /** Before all entries. */
        void seekHead() {
            call("sd_journal_seek_head", 0);
        }

        /** Behind all entries; what is to come is found only from an entry on: {@link #previous}. */
        void seekTail() {
            call("sd_journal_seek_tail", 0);
        }

        /** Before the first entry that is not older. */
        void seek(Instant since) {
            long micros = Math.max(0, Math.multiplyExact(Math.max(0, since.getEpochSecond()), MICROS_A_SECOND))
                    + since.getNano() / NANOS_A_MICRO;
            call("sd_journal_seek_realtime_usec", micros);
        }

        /** Goes to the entry that follows; where there is none, it stays. */
        boolean next() {
            return check("to go on", Libsystemd.this.call(next, journal, 0, 0, 0)) > 0;
        }

        /** Goes to the entry before; where there is none, it stays. */
        boolean previous() {
            return check("to go back", Libsystemd.this.call(previous, journal, 0, 0, 0)) > 0;
        }

        /** When the journal got the entry. */
        Instant time() {
            check("a time", Libsystemd.this.call(time, journal, results.address(), 0, 0));
            long micros = Memory.getLong(results, 0);
            return Instant.ofEpochSecond(
                    Math.floorDiv(micros, MICROS_A_SECOND), Math.floorMod(micros, MICROS_A_SECOND) * NANOS_A_MICRO);
        }

        /** The name of a field, for {@link #field(MemorySegment)}. */
        MemorySegment name(String field) {
            return Memory.of(arena, (field + "\0").getBytes(UTF_8));
        }

        /** What the entry has in a field; empty if it has none of this name. */
        Optional<byte[]> field(MemorySegment name) {
            int result = (int) Libsystemd.this.call(
                    data, journal, name.address(), results.address(), results.address() + JAVA_LONG.byteSize());
            if (result == -Errno.ENOENT.number()) {
                return Optional.empty();
            }
            check("a field", result);
            long before = name.byteSize(); // with a sign in place of the end
            long length = Memory.getLong(results, JAVA_LONG.byteSize()) - before;
            if (length < 0 || length > LONGEST) {
                return Optional.empty();
            }
            MemorySegment value = MemorySegment.ofAddress(Memory.getLong(results, 0) + before);
            return Optional.of(Memory.getBytes(value.reinterpret(length), length));
        }

        @Override
        public void close() {
            Libsystemd.this.call(address("sd_journal_close"), journal, 0, 0, 0);
            arena.close();
        }
    }

    private MemorySegment address(String name) {
        return symbols.find(name).orElseThrow(() -> new JournalException("this " + LIBRARY + " has no " + name));
    }

    private static int check(String what, long returned) {
        int result = (int) returned;
        if (result < 0) {
            Errno errno = Errno.of(-result);
            throw new JournalException(
                    "libsystemd cannot read the journal (" + what + "): " + errno.description() + " (" + errno + ")");
        }
        return result;
    }

    private long call(MemorySegment address, long first, long second, long third, long fourth) {
        try {
            return (long) function.invokeExact(address, first, second, third, fourth);
        } catch (RuntimeException | Error exception) {
            throw exception;
        } catch (Throwable impossible) {
            throw new AssertionError("a C function throws nothing", impossible);
        }
    }
}
