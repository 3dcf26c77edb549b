package dev.carafe.engine.log;

import java.util.Optional;

/** Reads a part of a log, line by line, as far as it is written by then; later it may be asked for more. */
final class LogReader {

    /** Of the text that is searched at once for a line's end. */
    static final int MOST = 1 << 20;

    private final LogPart part;
    private final int number;
    /** The mark that comes next. */
    private long mark;
    /** Where the text begins that is wanted. */
    private long offset;

    private Optional<LogPart.Written> current = Optional.empty();
    /** Where of that the text begins that is still to be given. */
    private long following;
    /** Whether what else there is to say of it has been given. */
    private boolean told = true;

    private long start;
    private long end;
    private boolean whole;
    private boolean text;

    /** @param number of the part, from the oldest on */
    LogReader(LogPart part, int number, long mark, long offset) {
        this.part = part;
        this.number = number;
        this.mark = mark;
        this.offset = offset;
    }

    LogPart part() {
        return part;
    }

    /** From where this one is, all of whose marks have been read, in the same part, which has been opened anew. */
    LogReader through(LogPart opened, int ofNumber) {
        return new LogReader(opened, ofNumber, mark, 0);
    }

    /** Goes on to the next line, or part of one, or something else; false if there is nothing yet. */
    boolean next() {
        while (true) {
            if (current.isPresent() && following < current.get().end()) {
                findLine(current.get());
                return true;
            }
            if (!told) {
                told = true;
                text = false;
                start = following;
                return true;
            }
            long count = part.count();
            if (mark > count) {
                part.forget(); // somebody has emptied the files
                mark = 0;
            }
            if (mark == count) {
                return false;
            }
            begin(part.written(mark++));
        }
    }

    private void begin(LogPart.Written written) {
        current = Optional.of(written);
        following = Math.max(written.start(), offset);
        offset = 0;
        told = written.kind() == LogPart.Kind.OUTPUT || written.kind() == LogPart.Kind.ERROR;
    }

    private void findLine(LogPart.Written written) {
        start = following;
        long most = Math.min(written.end(), start + MOST);
        int from = part.hold(start, most);
        int length = (int) (most - start);
        int ends = indexOfEnd(part.bytes(), from, from + length);
        whole = ends < from + length;
        end = start + ends - from;
        following = whole ? end + 1 : end;
        text = true;
    }

    private static int indexOfEnd(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && bytes[at] != '\n') {
            at++;
        }
        return at;
    }

    /** Of a log that nobody writes any more, goes on to what has no mark; false if all has one. */
    boolean hasUnmarked() {
        Optional<LogPart.Written> unmarked = part.unmarked();
        unmarked.ifPresent(this::begin);
        return unmarked.isPresent();
    }

    /** Where that stands which {@link #next} has found. */
    Tail.Position position() {
        return new Tail.Position(number, mark, start);
    }

    void give(LineAssembler lines) {
        LogPart.Written written = current.orElseThrow();
        if (text) {
            int from = part.hold(start, end);
            lines.add(
                    new LogRecord(written.time(), written.stream(), whole),
                    part.bytes(),
                    from,
                    from + (int) (end - start));
            return;
        }
        switch (written.kind()) {
            case LOST -> lines.lost(written.time(), written.lost());
            case BEGUN -> lines.end();
            default -> lines.damaged(LogPart.MARK);
        }
    }
}
