package dev.carafe.engine.log;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What of a log is wanted.
 *
 * @param since no line from before
 * @param until no line from after, and then nothing more
 * @param tail only the last so many lines of all that there is, of which {@code since} and {@code until} may leave fewer
 */
public record LogQuery(Optional<Instant> since, Optional<Instant> until, OptionalLong tail) {

    /** Everything. */
    public static final LogQuery ALL = new LogQuery(Optional.empty(), Optional.empty(), OptionalLong.empty());

    public LogQuery {
        if (tail.isPresent() && tail.getAsLong() < 0) {
            throw new IllegalArgumentException("there are no last " + tail.getAsLong() + " lines");
        }
    }

    public LogQuery since(Instant time) {
        return new LogQuery(Optional.of(time), until, tail);
    }

    public LogQuery until(Instant time) {
        return new LogQuery(since, Optional.of(time), tail);
    }

    public LogQuery tail(long lines) {
        return new LogQuery(since, until, OptionalLong.of(lines));
    }

    boolean isTooEarly(Instant time) {
        return since.isPresent() && time.isBefore(since.get());
    }

    boolean isTooLate(Instant time) {
        return until.isPresent() && time.isAfter(until.get());
    }
}
