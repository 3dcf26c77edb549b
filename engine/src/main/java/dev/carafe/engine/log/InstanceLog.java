package dev.carafe.engine.log;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Polling;
import dev.carafe.linux.SystemCallException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * An instance's log, in a folder where its monitor writes it. Of what is damaged a {@linkplain LogEntry.Gap gap} is told,
 * and what comes after is read.
 *
 * <p>The form is CRI's: {@code 2016-10-06T00:17:09.669794202Z stdout F text}, a record a line, with {@code P} where the
 * line goes on in the stream's next record; {@code log.1} is what {@code log} was before, and {@code log.2} that.
 */
public final class InstanceLog implements LogSource {

    /** How often a thread that waits looks whether it is interrupted. */
    private static final Duration TICK = Duration.ofMillis(500);
    /** How often it looks for more where the kernel does not tell. */
    private static final Duration UNTOLD = Duration.ofMillis(200);

    private final Kernel kernel;
    private final Files files;
    private final Path folder;

    /** @param folder absolute; that there is no log in it yet is no error */
    public InstanceLog(Kernel kernel, Path folder) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.folder = folder;
    }

    @Override
    public void read(LogQuery query, Consumer<LogEntry> receiver) {
        try (Fd opened = openFolder();
                LogChain chain = LogChain.open(files, opened)) {
            Reading reading = new Reading(query, receiver);
            reading.readAll(chain);
            reading.finish();
        }
    }

    @Override
    public void follow(LogQuery query, Fd ended, Consumer<LogEntry> receiver) throws InterruptedException {
        try (Fd opened = openFolder();
                Watch watch = new Watch(opened)) {
            Reading reading = new Reading(query, receiver);
            LogChain chain = LogChain.open(files, opened);
            try {
                reading.readAll(chain);
                boolean last = false;
                while (!last && !reading.isPast()) {
                    reading.flush();
                    last = watch.await(ended, query);
                    reading.readOn();
                    while (chain.isRotated() && !reading.isPast()) {
                        LogChain next = LogChain.open(files, opened);
                        try {
                            reading.moveOn(next);
                        } finally {
                            chain.close();
                            chain = next;
                        }
                    }
                }
                reading.finish();
            } finally {
                chain.close();
            }
        }
    }

    private Fd openFolder() {
        return files.open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY);
    }

    /** Waits for changes in the folder. */
    private final class Watch implements AutoCloseable {

        private final Optional<Fd> changes;

        Watch(Fd folder) {
            this.changes = watch(folder);
        }

        private Optional<Fd> watch(Fd folder) {
            try {
                return Optional.of(files.watch(folder));
            } catch (SystemCallException exception) {
                if (exception.errno() == Errno.EMFILE || exception.errno() == Errno.ENOSPC) {
                    return Optional.empty(); // a user may have so many, and no more
                }
                throw exception;
            }
        }

        /** Until there is a change. Whether there will be nothing more that is wanted. */
        boolean await(Fd ended, LogQuery query) throws InterruptedException {
            List<Polling.Interest> interests = new ArrayList<>();
            interests.add(new Polling.Interest(ended, Polling.IN));
            changes.ifPresent(fd -> interests.add(new Polling.Interest(fd, Polling.IN)));
            while (true) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("interrupted while following " + folder);
                }
                int[] ready = kernel.polling().poll(interests, changes.isPresent() ? TICK : UNTOLD);
                if (changes.isPresent() && ready[1] != 0) {
                    files.read(changes.get(), 1 << 16);
                }
                boolean last = ready[0] != 0 || query.isTooLate(Instant.now());
                if (last || changes.isEmpty() || ready[1] != 0) {
                    return last;
                }
            }
        }

        @Override
        public void close() {
            changes.ifPresent(Fd::close);
        }
    }

    /** How far it has been read. */
    private final class Reading {

        private final LogQuery query;
        private final LineAssembler lines;
        private Optional<Tail> tail = Optional.empty();
        private boolean wanted = true;
        private boolean past;
        private Optional<LineReader> reader = Optional.empty();

        Reading(LogQuery query, Consumer<LogEntry> receiver) {
            this.query = query;
            this.lines = new LineAssembler(entry -> give(entry, receiver));
        }

        private void give(LogEntry entry, Consumer<LogEntry> receiver) {
            if (!wanted) {
                return;
            }
            Optional<Instant> time = switch (entry) {
                case LogEntry.Line line -> Optional.of(line.time());
                case LogEntry.Gap gap -> gap.time();
            };
            if (time.isPresent() && query.isTooLate(time.get())) {
                past = true;
            } else if (time.isEmpty() || !query.isTooEarly(time.get())) {
                receiver.accept(entry);
            }
        }

        /** Whether all that comes is too late. */
        boolean isPast() {
            return past;
        }

        void readAll(LogChain chain) {
            List<Fd> open = chain.files();
            int first = 0;
            long offset = 0;
            if (query.tail().isPresent()) {
                Tail found = Tail.of(files, open, query.tail().getAsLong());
                tail = Optional.of(found);
                first = found.file();
                offset = found.offset();
            } else {
                while (first + 1 < open.size() && isTooEarly(open.get(first + 1))) {
                    first++;
                }
            }
            for (int i = first; i < open.size() && !past; i++) {
                read(new LineReader(files, open.get(i), i == first ? offset : 0), i);
            }
            tail = Optional.empty();
            wanted = true;
        }

        /** Whether a file begins with what is too early, so that all that is older is. */
        private boolean isTooEarly(Fd file) {
            LineReader beginning = new LineReader(files, file, 0);
            return query.since().isPresent()
                    && beginning.next()
                    && LogRecord.parse(beginning.bytes(), beginning.start(), beginning.end())
                            .map(record -> query.isTooEarly(record.time()))
                            .orElse(false);
        }

        /** What has come since, in the same file. */
        void readOn() {
            reader.ifPresent(current -> read(current, 0));
        }

        /** The same file may have another name now, and others may have come after it. */
        void moveOn(LogChain chain) {
            List<Fd> open = chain.files();
            int next = 0;
            if (reader.isPresent()) {
                readOn(); // what was written to it before it gave its name away
                next = chain.indexOf(reader.get().file()) + 1;
                if (next == 0 && !open.isEmpty()) {
                    lines.skipped(); // what came between is gone
                }
                int same = next - 1;
                reader = reader.filter(it -> same >= 0).map(it -> it.through(open.get(same)));
            }
            for (int i = next; i < open.size() && !past; i++) {
                read(new LineReader(files, open.get(i), 0), i);
            }
        }

        private void read(LineReader from, int number) {
            reader = Optional.of(from);
            while (!past && from.next()) {
                wanted = tail.isEmpty() || tail.get().includes(number, from.offset());
                lines.add(from.bytes(), from.start(), from.end());
            }
        }

        /** There is no more for now. */
        void flush() {
            lines.flush();
        }

        /** There is no more at all. */
        void finish() {
            reader.filter(current -> !past && current.end() > current.start())
                    .ifPresent(current -> lines.addUnfinished(current.bytes(), current.start(), current.end()));
            lines.flush();
        }
    }
}
