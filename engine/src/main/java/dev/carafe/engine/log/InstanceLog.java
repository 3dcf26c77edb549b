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
 * <p>{@code log/text} has what the instance has written, just as it came, and {@code log/times} {@linkplain LogPart marks}
 * of when; {@code log.1} is what {@code log} was before, and {@code log.2} that.
 */
public final class InstanceLog implements LogSource {

    /** How often a thread that waits looks whether it is interrupted. */
    private static final Duration TICK = Duration.ofMillis(500);
    /** How often it looks for more where the kernel does not tell. */
    private static final Duration UNTOLD = Duration.ofMillis(200);
    /** How long nothing comes until a line is given that has no end: one that is written in haste comes in parts. */
    private static final Duration UNFINISHED = Duration.ofMillis(100);

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
        try (Fd opened = openFolder()) {
            Reading reading = new Reading(query, receiver);
            Following following = new Following(opened);
            try {
                reading.readAll(following.chain);
                for (boolean last = false; !reading.isPast(); ) {
                    while (following.chain.isRotated() && !reading.isPast()) {
                        Following next = new Following(opened);
                        try {
                            reading.moveOn(next.chain);
                        } finally {
                            following.close();
                            following = next;
                        }
                    }
                    if (last) {
                        break;
                    }
                    last = following.await(ended, query, reading);
                    reading.readOn();
                }
                reading.finish();
            } finally {
                following.close();
            }
        }
    }

    private Fd openFolder() {
        return files.open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY);
    }

    /** The parts as they are named for now, of which the newest may change. */
    private final class Following implements AutoCloseable {

        private final LogChain chain;
        private final Optional<Fd> changes;

        Following(Fd folder) {
            this.chain = LogChain.open(files, folder);
            try {
                this.changes = watch();
            } catch (RuntimeException exception) {
                chain.close();
                throw exception;
            }
        }

        private Optional<Fd> watch() {
            try {
                return Optional.of(files.watch(chain.watched()));
            } catch (SystemCallException exception) {
                if (exception.errno() == Errno.EMFILE || exception.errno() == Errno.ENOSPC) {
                    return Optional.empty(); // a user may have so many, and no more
                }
                throw exception;
            }
        }

        /** Until there is a change. Whether there will be nothing more that is wanted. */
        boolean await(Fd ended, LogQuery query, Reading reading) throws InterruptedException {
            List<Polling.Interest> interests = new ArrayList<>();
            interests.add(new Polling.Interest(ended, Polling.IN));
            changes.ifPresent(fd -> interests.add(new Polling.Interest(fd, Polling.IN)));
            while (true) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("interrupted while following " + folder);
                }
                Duration most = changes.isPresent() ? TICK : UNTOLD;
                int[] ready = kernel.polling().poll(interests, reading.isUnfinished() ? UNFINISHED : most);
                boolean told = changes.isPresent() && ready[1] != 0;
                if (told) {
                    files.read(changes.get(), 1 << 16);
                } else {
                    reading.flush();
                }
                boolean last = ready[0] != 0 || query.isTooLate(Instant.now());
                if (last || changes.isEmpty() || told) {
                    return last;
                }
            }
        }

        @Override
        public void close() {
            changes.ifPresent(Fd::close);
            chain.close();
        }
    }

    /** How far it has been read. */
    private static final class Reading {

        private final LogQuery query;
        private final LineAssembler lines;
        private Optional<Tail> tail = Optional.empty();
        private boolean wanted = true;
        private boolean past;
        private Optional<LogReader> reader = Optional.empty();

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
            List<LogPart> parts = chain.parts();
            Tail.Position first;
            if (query.tail().isPresent()) {
                Tail found = Tail.of(parts, query.tail().getAsLong());
                tail = Optional.of(found);
                first = found.begin();
            } else {
                int part = 0;
                while (part + 1 < parts.size() && isTooEarly(parts.get(part + 1))) {
                    part++;
                }
                first = new Tail.Position(part, 1, 0);
            }
            for (int i = Math.max(0, first.part()); i < parts.size() && !past; i++) {
                boolean isFirst = i == first.part();
                read(new LogReader(
                        parts.get(i), i, isFirst ? Math.max(0, first.mark() - 1) : 0, isFirst ? first.offset() : 0));
            }
        }

        /** Whether a part begins with what is too early, so that all that is older is. */
        private boolean isTooEarly(LogPart part) {
            return query.since().isPresent()
                    && part.count() > 0
                    && part.written(0).kind() != LogPart.Kind.DAMAGED
                    && query.isTooEarly(part.written(0).time());
        }

        /** What has come since, in the same part. */
        void readOn() {
            reader.ifPresent(this::read);
        }

        /** The same part may have another name now, and others may have come after it. */
        void moveOn(LogChain chain) {
            tail = Optional.empty();
            wanted = true;
            List<LogPart> parts = chain.parts();
            int next = 0;
            if (reader.isPresent()) {
                readOn(); // what was written to it before it gave its name away
                next = chain.indexOf(reader.get().part()) + 1;
                if (next == 0 && !parts.isEmpty()) {
                    lines.skipped(); // what came between is gone
                }
                int same = next - 1;
                reader = reader.filter(it -> same >= 0).map(it -> it.through(parts.get(same), same));
            }
            for (int i = next; i < parts.size() && !past; i++) {
                read(new LogReader(parts.get(i), i, 0, 0));
            }
        }

        private void read(LogReader from) {
            reader = Optional.of(from);
            while (!past && from.next()) {
                give(from);
            }
        }

        private void give(LogReader from) {
            wanted = tail.isEmpty() || tail.get().includes(from.position());
            from.give(lines);
        }

        boolean isUnfinished() {
            return lines.holds();
        }

        /** There is no more for now. */
        void flush() {
            lines.flush();
        }

        /** There is no more at all. */
        void finish() {
            if (!past && reader.isPresent() && reader.get().hasUnmarked()) {
                read(reader.get());
            }
            lines.flush();
        }
    }
}
