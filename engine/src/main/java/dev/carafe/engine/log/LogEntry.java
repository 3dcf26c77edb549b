package dev.carafe.engine.log;

import java.time.Instant;
import java.util.Optional;

/** What there is in a log. */
public sealed interface LogEntry {

    /** Which of its outputs an instance has written to. */
    enum Stream {
        OUTPUT,
        ERROR
    }

    /**
     * A line, or a part of one: of what is not finished yet, or too long to be held.
     *
     * @param time when its first part was written
     * @param text as it was written, without the line's end
     * @param begins whether nothing of the line came before
     * @param ends whether the line ends here
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared; a copy would cost more than it protects
    record Line(Instant time, Stream stream, byte[] text, boolean begins, boolean ends) implements LogEntry {}

    /**
     * Something is missing.
     *
     * @param time when that was noticed; empty if that is not known
     * @param bytes how many: of the instance's if they could not be written, of the file's if they make no sense, 0 if
     *     the log was rotated away before it was read
     */
    record Gap(Reason reason, Optional<Instant> time, long bytes) implements LogEntry {}

    /** Why something is missing. */
    enum Reason {
        NOT_WRITTEN,
        DAMAGED,
        ROTATED_AWAY
    }
}
