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

    LineAssembler(Consumer<LogEntry> receiver) {
        this.receiver = receiver;
    }

    private record Unfinished(Instant time, ByteArrayOutputStream text) {}

    /** The line between two offsets, whatever it is. */
    void add(byte[] bytes, int start, int end) {
        int first = start;
        while (first < end && bytes[first] == 0) {
            first++; // a hole, which a power cut leaves
        }
        Optional<LogRecord> parsed = LogRecord.parse(bytes, first, end);
        if (parsed.isEmpty()) {
            damaged += end - start;
            return;
        }
        damaged += first - start;
        tellDamage(Optional.of(parsed.get().time()));
        add(parsed.get(), bytes, end);
    }

    /** What follows the last line's end: whoever writes it is at it still, or was killed. */
    void addUnfinished(byte[] bytes, int start, int end) {
        Optional<LogRecord> parsed = LogRecord.parse(bytes, start, end);
        if (parsed.isPresent() && !parsed.get().lost()) {
            add(parsed.get().unfinished(), bytes, end);
        } else {
            damaged += end - start;
        }
    }

    /** The record of a text that begins where the record says. */
    void add(LogRecord record, byte[] bytes, int end) {
        if (record.lost()) {
            for (LogEntry.Stream stream : LogEntry.Stream.values()) {
                give(stream, true); // what comes is not its rest, or not all of that
            }
            receiver.accept(new LogEntry.Gap(
                    LogEntry.Reason.NOT_WRITTEN, Optional.of(record.time()), record.lostBytes(bytes, end)));
            return;
        }
        LogEntry.Stream stream = record.stream();
        Unfinished held = unfinished.computeIfAbsent(
                stream, key -> new Unfinished(record.time(), new ByteArrayOutputStream(end - record.text())));
        held.text.write(bytes, record.text(), end - record.text());
        if (record.whole() || held.text.size() >= MOST_HELD) {
            give(stream, record.whole());
        }
    }

    private void give(LogEntry.Stream stream, boolean ends) {
        Unfinished held = unfinished.remove(stream);
        if (held != null) {
            boolean begins = !begun.getOrDefault(stream, false);
            begun.put(stream, !ends);
            receiver.accept(new LogEntry.Line(held.time, stream, held.text.toByteArray(), begins, ends));
        }
    }

    private void tellDamage(Optional<Instant> time) {
        if (damaged > 0) {
            receiver.accept(new LogEntry.Gap(LogEntry.Reason.DAMAGED, time, damaged));
            damaged = 0;
        }
    }

    void skipped() {
        receiver.accept(new LogEntry.Gap(LogEntry.Reason.ROTATED_AWAY, Optional.empty(), 0));
    }

    /** There is no more for now: gives what is not finished. */
    void flush() {
        tellDamage(Optional.empty());
        for (LogEntry.Stream stream : LogEntry.Stream.values()) {
            give(stream, false);
        }
    }
}
