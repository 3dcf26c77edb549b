package dev.carafe.engine.log;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * A folder of a log, as its monitor writes it: the text as the instance has written it, and marks that say when. A mark has
 * 16 bytes: the time, in nanoseconds since 1970, and where in the text that ends which was written then, with the kind of
 * the mark in the upper eight bits; both little-endian.
 */
final class LogPart implements AutoCloseable {

    /** What a mark may be of. */
    enum Kind {
        OUTPUT,
        ERROR,
        /** So many bytes are missing, as they could not be written. */
        LOST,
        /** What comes is another monitor's. */
        BEGUN,
        /** None that a monitor has written. */
        DAMAGED
    }

    /**
     * What one mark tells of.
     *
     * @param start where the text begins; there may be none
     * @param lost how many bytes are missing
     */
    record Written(Instant time, Kind kind, long start, long end, long lost) {

        LogEntry.Stream stream() {
            return kind == Kind.ERROR ? LogEntry.Stream.ERROR : LogEntry.Stream.OUTPUT;
        }
    }

    static final int MARK = 16;

    private static final int CHUNK = 1 << 16;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int KIND_SHIFT = 56;
    private static final long VALUE_MASK = (1L << KIND_SHIFT) - 1;
    private static final long NANOS_A_SECOND = 1_000_000_000L;
    /** Far longer than a monitor takes from the text to its mark. */
    private static final Duration MARKED = Duration.ofMillis(5);

    private final Files files;
    private final Fd text;
    private final Fd times;
    private final Window marks;
    private final Window bytes;
    /** Of the text, as far as that is known. */
    private long size;

    private LogPart(Files files, Fd text, Fd times) {
        this.files = files;
        this.text = text;
        this.times = times;
        this.marks = new Window(times);
        this.bytes = new Window(text);
    }

    /** Opens what there is by a name; empty if there is nothing, or nothing in it yet. */
    static Optional<LogPart> open(Files files, Fd folder, String name) {
        try (Fd part = files.open(folder, name, OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW)) {
            Fd text = files.open(part, "text", OpenFlags.RDONLY | OpenFlags.NOFOLLOW);
            try {
                return Optional.of(
                        new LogPart(files, text, files.open(part, "times", OpenFlags.RDONLY | OpenFlags.NOFOLLOW)));
            } catch (RuntimeException exception) {
                text.close();
                throw exception;
            }
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    boolean isSame(LogPart other) {
        FileStatus mine = files.status(text);
        FileStatus theirs = files.status(other.text);
        return mine.inode() == theirs.inode() && mine.device() == theirs.device();
    }

    /** What is written to, if only after the text. */
    Fd changes() {
        return times;
    }

    /** How many marks there are by now. */
    long count() {
        return files.status(times).size() / MARK;
    }

    /** What a mark tells of, of those that there are. */
    Written written(long number) {
        Kind kind = kind(number);
        long value = value(number);
        long before = textBefore(number);
        return switch (kind) {
            case LOST -> new Written(time(number), kind, before, before, value);
            case DAMAGED -> new Written(time(number), kind, before, before, 0);
            case OUTPUT, ERROR, BEGUN ->
                new Written(time(number), kind, present(Math.min(before, value)), present(value), 0);
        };
    }

    /** Where text ends that is to end there: sooner if the machine has lost its power, or somebody has emptied the file. */
    private long present(long end) {
        if (end > size) {
            size = files.status(text).size();
        }
        return Math.min(end, size);
    }

    /** Text that has no mark: the monitor was killed between the two, or is about to make one, which is waited for. */
    Optional<Written> unmarked() {
        long known = count();
        long start = textBefore(known);
        FileStatus status = files.status(text);
        if (status.size() <= start) {
            return Optional.empty();
        }
        LockSupport.parkNanos(MARKED.toNanos());
        return count() > known
                ? Optional.empty()
                : Optional.of(new Written(instant(status.modifiedNanos()), Kind.OUTPUT, start, status.size(), 0));
    }

    /** Where the text ends that the marks before one tell of. */
    private long textBefore(long number) {
        for (long before = number - 1; before >= 0; before--) {
            if (switch (kind(before)) {
                case OUTPUT, ERROR, BEGUN -> true;
                case LOST, DAMAGED -> false;
            }) {
                return value(before);
            }
        }
        return 0;
    }

    private Kind kind(long number) {
        if (word(number, 0) == 0) {
            return Kind.DAMAGED; // a power cut leaves zeros
        }
        return switch ((int) (word(number, Long.BYTES) >>> KIND_SHIFT)) {
            case 0 -> Kind.OUTPUT;
            case 1 -> Kind.ERROR;
            case 2 -> Kind.LOST;
            case 3 -> Kind.BEGUN;
            default -> Kind.DAMAGED;
        };
    }

    private long value(long number) {
        return word(number, Long.BYTES) & VALUE_MASK;
    }

    private Instant time(long number) {
        return instant(word(number, 0));
    }

    private static Instant instant(long nanos) {
        return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS_A_SECOND), Math.floorMod(nanos, NANOS_A_SECOND));
    }

    private long word(long number, int within) {
        int at = marks.hold(number * MARK, (number + 1) * MARK);
        return marks.held < at + MARK ? 0 : (long) LONG.get(marks.bytes, at + within);
    }

    /** Nothing of what was read stands in the files any more. */
    void forget() {
        marks.held = 0;
        bytes.held = 0;
        size = 0;
    }

    /** Where of the {@link #bytes} some text stands, until other text is asked for. */
    int hold(long start, long end) {
        return bytes.hold(start, end);
    }

    byte[] bytes() {
        return bytes.bytes;
    }

    @Override
    public void close() {
        text.close();
        times.close();
    }

    /** A part of a file that is in memory. */
    private final class Window {

        private final Fd file;
        private byte[] bytes = new byte[0];
        private long from;
        /** How many of the bytes are the file's: fewer than asked for if it has become shorter. */
        private int held;

        Window(Fd file) {
            this.file = file;
        }

        /** Where of the bytes a part of the file stands. */
        int hold(long start, long end) {
            if (start < from || end > from + held) {
                // On the way back, with what comes before it.
                long first = start < from && end <= from + held ? Math.max(0, Math.min(start, end - CHUNK)) : start;
                read(first, Math.toIntExact(Math.max(end - first, CHUNK)));
            }
            return Math.toIntExact(start - from);
        }

        private void read(long first, int most) {
            if (bytes.length < most) {
                bytes = new byte[most];
            }
            from = first;
            held = 0;
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment memory = arena.allocate(most);
                while (held < most) {
                    int got = (int) files.readAt(file, first + held, memory.asSlice(held));
                    if (got == 0) {
                        break;
                    }
                    held += got;
                }
                MemorySegment.copy(memory, JAVA_BYTE, 0, bytes, 0, held);
                Arrays.fill(bytes, held, bytes.length, (byte) 0);
            }
        }
    }
}
