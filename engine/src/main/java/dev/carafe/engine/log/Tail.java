package dev.carafe.engine.log;

import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where the last lines of a log begin, found from its end, so that no more of it is read than they take.
 *
 * @param begin where to begin to read
 * @param end where the first of these lines ends: what ends before is another stream's
 */
record Tail(Position begin, Position end) {

    /**
     * Where something stands in a log.
     *
     * @param part of its parts, from the oldest on
     * @param mark how many marks come before what stands behind it
     * @param offset in the text
     */
    record Position(int part, long mark, long offset) implements Comparable<Position> {

        private static final Comparator<Position> ORDER = Comparator.comparingInt(Position::part)
                .thenComparingLong(Position::mark)
                .thenComparingLong(Position::offset);

        @Override
        public int compareTo(Position other) {
            return ORDER.compare(this, other);
        }
    }

    /** Whether a record is that of a line that is wanted. */
    boolean includes(Position position) {
        return position.compareTo(end) >= 0;
    }

    /**
     * The last lines.
     *
     * @param parts oldest first
     */
    static Tail of(List<LogPart> parts, long lines) {
        int last = parts.size() - 1;
        long following = last < 0 ? 0 : parts.getLast().count() + 1;
        Search search = new Search(lines, new Position(last, following, 0));
        for (int i = last; i >= 0 && !search.isDone(); i--) {
            search.look(parts.get(i), i, i == last);
        }
        return search.found();
    }

    /** On the way back through the records. */
    static final class Search {

        private final long wanted;
        private long found;
        private Position begin;
        private Position end;
        private final Set<LogEntry.Stream> seen = EnumSet.noneOf(LogEntry.Stream.class);
        /** Those of which a line's end has been found and its beginning not yet. */
        private final Set<LogEntry.Stream> open = EnumSet.noneOf(LogEntry.Stream.class);

        /** @param last behind everything */
        Search(long wanted, Position last) {
            this.wanted = wanted;
            this.begin = last;
            this.end = last;
        }

        Tail found() {
            return new Tail(begin, end);
        }

        boolean isDone() {
            return found == wanted && open.isEmpty();
        }

        private void look(LogPart part, int number, boolean newest) {
            long count = part.count();
            Optional<LogPart.Written> unmarked = newest ? part.unmarked() : Optional.empty();
            unmarked.ifPresent(written -> look(part, written, number, count));
            for (long mark = count - 1; mark >= 0 && !isDone(); mark--) {
                LogPart.Written written = part.written(mark);
                if (written.kind() == LogPart.Kind.LOST || written.kind() == LogPart.Kind.BEGUN) {
                    cut();
                }
                look(part, written, number, mark + 1);
            }
        }

        private void look(LogPart part, LogPart.Written written, int number, long mark) {
            long at = written.end();
            while (at > written.start() && !isDone()) {
                long first = Math.max(written.start(), at - LogReader.MOST);
                int from = part.hold(first, at);
                int to = from + (int) (at - first);
                int start = startOfLine(part.bytes(), from, to);
                boolean whole = part.bytes()[to - 1] == '\n';
                at -= to - start;
                take(new LogRecord(written.time(), written.stream(), whole), new Position(number, mark, at));
            }
        }

        /** Of the last line between two offsets. */
        private static int startOfLine(byte[] bytes, int from, int to) {
            int at = to - 1;
            while (at > from && bytes[at - 1] != '\n') {
                at--;
            }
            return at;
        }

        /** The record before those that it has had. */
        void take(LogRecord record, Position at) {
            LogEntry.Stream stream = record.stream();
            boolean isEnd = record.whole() || !seen.contains(stream);
            seen.add(stream);
            if (isEnd && found < wanted) {
                found++;
                open.add(stream);
                begin = at;
                end = at;
            } else if (isEnd) {
                open.remove(stream);
            } else if (open.contains(stream)) {
                begin = at;
            }
        }

        /** Lines do not go on from before here. */
        void cut() {
            seen.clear();
            open.clear();
        }
    }
}
