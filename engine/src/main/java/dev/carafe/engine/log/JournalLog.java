package dev.carafe.engine.log;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Polling;
import dev.carafe.runtime.LogJournal;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * An instance's log in the machine's journal, where its monitor writes it as {@link LogJournal} says. Lines come in the
 * journal's order, with the times at which it got them, to the microsecond.
 *
 * <p>Anybody may send entries to the journal, and say in them what he likes, but not who he is: only those of the user
 * whose monitors write there are read.
 */
final class JournalLog implements LogSource {

    /** How often a thread that waits looks whether it is interrupted. */
    private static final Duration TICK = Duration.ofMillis(500);

    /** How many entries before a time are looked at: a line may have begun there. */
    private static final int BEFORE = 64;

    private static final int MOST_DIGITS = 18;

    private final Kernel kernel;
    private final Libsystemd library;
    private final JournalSync sync;
    private final long user;
    private final String field;
    private final String value;

    /** @param user who writes the log; its entries have {@code value} in {@code field} */
    JournalLog(Kernel kernel, Libsystemd library, long user, String field, String value) {
        this.kernel = kernel;
        this.library = library;
        this.sync = new JournalSync(kernel);
        this.user = user;
        this.field = field;
        this.value = value;
    }

    @Override
    public void read(LogQuery query, Consumer<LogEntry> receiver) {
        sync.await();
        try (Libsystemd.Reader journal = open()) {
            Reading reading = new Reading(journal, query, receiver);
            reading.begin();
            reading.readOn();
            reading.flush();
        }
    }

    @Override
    public void follow(LogQuery query, Fd ended, Consumer<LogEntry> receiver) throws InterruptedException {
        sync.await();
        try (Libsystemd.Reader journal = open()) {
            Fd changes = journal.changes();
            Reading reading = new Reading(journal, query, receiver);
            reading.begin();
            reading.readOn();
            boolean last = false;
            while (!last && !reading.isPast()) {
                reading.flush();
                last = await(ended, changes) || query.isTooLate(Instant.now());
                if (last) {
                    sync.await();
                }
                journal.process();
                reading.readOn();
            }
            reading.flush();
        }
    }

    private Libsystemd.Reader open() {
        Libsystemd.Reader journal = library.open();
        try {
            journal.match(field, value);
            journal.match("_UID", Long.toString(user));
            return journal;
        } catch (RuntimeException exception) {
            journal.close();
            throw exception;
        }
    }

    /** Waits until there may be more. Whether there will be nothing more. */
    private boolean await(Fd ended, Fd changes) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while following the journal");
        }
        return kernel.polling()
                        .poll(
                                List.of(
                                        new Polling.Interest(ended, Polling.IN),
                                        new Polling.Interest(changes, Polling.IN)),
                                TICK)[0]
                != 0;
    }

    /** How far it has been read. */
    private static final class Reading {

        private static final Tail.Position BEFORE_ALL = new Tail.Position(0, Long.MIN_VALUE, 0);

        private final Libsystemd.Reader journal;
        private final MemorySegment message;
        private final MemorySegment priority;
        private final MemorySegment partial;
        private final MemorySegment lost;
        private final LogQuery query;
        private final LineAssembler lines;
        private Tail tail = new Tail(BEFORE_ALL, BEFORE_ALL);
        /** Counted from the last entry that there was in the beginning, which is -1. */
        private long at;
        /** Whether the journal stands at an entry that is to be read still. */
        private boolean pending;

        private boolean wanted = true;
        private boolean past;

        Reading(Libsystemd.Reader journal, LogQuery query, Consumer<LogEntry> receiver) {
            this.journal = journal;
            this.message = journal.name("MESSAGE");
            this.priority = journal.name("PRIORITY");
            this.partial = journal.name(LogJournal.PARTIAL);
            this.lost = journal.name(LogJournal.LOST);
            this.query = query;
            this.lines = new LineAssembler(entry -> give(entry, receiver));
        }

        private void give(LogEntry entry, Consumer<LogEntry> receiver) {
            if (!wanted) {
                return;
            }
            Instant time = switch (entry) {
                case LogEntry.Line line -> line.time();
                case LogEntry.Gap gap -> gap.time().orElseThrow(); // here one is of an entry
            };
            if (query.isTooLate(time)) {
                past = true;
            } else if (!query.isTooEarly(time)) {
                receiver.accept(entry);
            }
        }

        /** Whether all that comes is too late. */
        boolean isPast() {
            return past;
        }

        /** Goes to where the first entry is that may be wanted. */
        void begin() {
            if (query.tail().isPresent()) {
                seekTail(query.tail().getAsLong());
            } else if (query.since().isPresent()) {
                seekSince(query.since().get());
            } else {
                journal.seekHead();
            }
        }

        private void seekSince(Instant since) {
            journal.seek(since);
            pending = journal.next();
            if (!pending) {
                seekEnd(); // all there is came before
                return;
            }
            for (int i = 0; i < BEFORE && journal.previous(); i++) {
                at--;
            }
        }

        private void seekTail(long count) {
            Tail.Search search = new Tail.Search(count, position());
            journal.seekTail();
            while (!search.isDone() && journal.previous()) {
                at--;
                if (lostCount().isPresent()) {
                    search.cut();
                } else {
                    search.take(record(), position());
                }
            }
            tail = search.found();
            if (tail.begin().mark() == 0) {
                seekEnd();
                return;
            }
            for (; at < tail.begin().mark() && journal.next(); at++) {}
            pending = true;
        }

        /** To the last entry, which is not wanted: the next one is. */
        private void seekEnd() {
            at = 0;
            journal.seekTail();
            if (!journal.previous()) {
                journal.seekHead();
            }
        }

        private LogRecord record() {
            return new LogRecord(
                    journal.time(),
                    is(LogJournal.ERROR, priority) ? LogEntry.Stream.ERROR : LogEntry.Stream.OUTPUT,
                    !is("true", partial));
        }

        private Tail.Position position() {
            return new Tail.Position(0, at, 0);
        }

        /** How many bytes are missing, where the entry says that. */
        private OptionalLong lostCount() {
            Optional<byte[]> count = is(LogJournal.ERROR, priority) ? journal.field(lost) : Optional.empty();
            return count.isEmpty() ? OptionalLong.empty() : OptionalLong.of(number(count.get()));
        }

        private static long number(byte[] digits) {
            long number = 0;
            for (int i = 0; i < Math.min(digits.length, MOST_DIGITS) && Character.isDigit(digits[i]); i++) {
                number = number * 10 + digits[i] - '0';
            }
            return number;
        }

        private boolean is(String text, MemorySegment field) {
            return journal.field(field)
                    .filter(bytes -> new String(bytes, ISO_8859_1).equals(text))
                    .isPresent();
        }

        /** Reads what there is by now. */
        void readOn() {
            while (!past && (pending || journal.next())) {
                pending = false;
                wanted = tail.includes(position());
                OptionalLong missing = lostCount();
                if (missing.isPresent()) {
                    lines.lost(journal.time(), missing.getAsLong());
                } else {
                    byte[] text = journal.field(message).orElseGet(() -> new byte[0]);
                    lines.add(record(), text, 0, text.length);
                }
                at++;
            }
        }

        /** There is no more for now. */
        void flush() {
            if (!past) {
                lines.flush();
            }
        }
    }
}
