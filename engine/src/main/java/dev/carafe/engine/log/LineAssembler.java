package dev.carafe.engine.log;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Makes lines of records, of which each stream's may come in parts, with those of the other between them. */
final class LineAssembler {

    /** What is held of a line until its end comes. */
    private static final int MOST_HELD = 1 << 20;

    private final Consumer<LogEntry> receiver;
    private final Map<LogEntry.Stream, Unfinished> unfinished = new EnumMap<>(LogEntry.Stream.class);
    /** Those that have been given away unfinished, whose rest is no line's beginning. */
    private final Map<LogEntry.Stream, Boolean> begun = new EnumMap<>(LogEntry.Stream.class);

    private long damaged;
    private long lost;
    private Optional<Instant> lostSince = Optional.empty();

    LineAssembler(Consumer<LogEntry> receiver) {
        this.receiver = receiver;
    }

    private record Unfinished(Instant time, ByteArrayOutputStream text) {}

    /** A record, whose text stands between two offsets. */
    void add(LogRecord record, byte[] bytes, int start, int end) {
        tell(Optional.of(record.time()));
        LogEntry.Stream stream = record.stream();
        Unfinished held = unfinished.computeIfAbsent(
                stream, key -> new Unfinished(record.time(), new ByteArrayOutputStream(end - start)));
        held.text.write(bytes, start, end - start);
        if (record.whole() || held.text.size() >= MOST_HELD) {
            give(stream, record.whole());
        }
    }

    /** So many bytes could not be written then. */
    void lost(Instant time, long count) {
        end(); // what comes is not its rest, or not all of that
        if (lost == 0) {
            lostSince = Optional.of(time);
        }
        lost += count;
    }

    /** So many bytes make no sense. */
    void damaged(long count) {
        damaged += count;
    }

    /** Lines end here, whether they are finished or not. */
    void end() {
        for (LogEntry.Stream stream : LogEntry.Stream.values()) {
            give(stream, true);
        }
    }

    /** Whether there is something that {@link #flush} would give. */
    boolean holds() {
        return !unfinished.isEmpty() || lost > 0 || damaged > 0;
    }

    private void give(LogEntry.Stream stream, boolean ends) {
        Unfinished held = unfinished.remove(stream);
        if (held != null) {
            boolean begins = !begun.getOrDefault(stream, false);
            begun.put(stream, !ends);
            receiver.accept(new LogEntry.Line(held.time, stream, held.text.toByteArray(), begins, ends));
        }
    }

    /** What is missing before something of that time. */
    private void tell(Optional<Instant> time) {
        if (damaged > 0) {
            receiver.accept(new LogEntry.Gap(LogEntry.Reason.DAMAGED, time, damaged));
            damaged = 0;
        }
        if (lost > 0) {
            receiver.accept(new LogEntry.Gap(LogEntry.Reason.NOT_WRITTEN, lostSince, lost));
            lost = 0;
        }
    }

    void skipped() {
        receiver.accept(new LogEntry.Gap(LogEntry.Reason.ROTATED_AWAY, Optional.empty(), 0));
    }

    /** There is no more for now: gives what is not finished. */
    void flush() {
        tell(Optional.empty());
        for (LogEntry.Stream stream : LogEntry.Stream.values()) {
            give(stream, false);
        }
    }
}
