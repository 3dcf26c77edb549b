package dev.carafe.engine.log;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Where the last lines of a log begin, found from its end, so that no more of it is read than they take.
 *
 * @param file in which file to begin to read
 * @param offset where in it
 * @param endFile in which file the first of these lines ends: what ends before is another stream's
 * @param endOffset where in that the record stands that it ends with
 */
record Tail(int file, long offset, int endFile, long endOffset) {

    private static final int CHUNK = 1 << 16;

    /** Whether a record is that of a line that is wanted. */
    boolean includes(int ofFile, long at) {
        return ofFile > endFile || (ofFile == endFile && at >= endOffset);
    }

    /**
     * The last lines.
     *
     * @param files oldest first
     */
    static Tail of(Files access, List<Fd> files, long lines) {
        if (files.isEmpty()) {
            return new Tail(0, 0, 0, 0);
        }
        int last = files.size() - 1;
        long size = access.status(files.get(last)).size();
        Search search = new Search(lines, last, size);
        for (int i = last; i >= 0 && !search.isDone(); i--) {
            search.look(access, files.get(i), i);
        }
        return search.found();
    }

    /** On the way back through the records. */
    static final class Search {

        private final long wanted;
        private long found;
        private int file;
        private long offset;
        private int endFile;
        private long endOffset;
        private final Set<LogEntry.Stream> seen = EnumSet.noneOf(LogEntry.Stream.class);
        /** Those of which a line's end has been found and its beginning not yet. */
        private final Set<LogEntry.Stream> open = EnumSet.noneOf(LogEntry.Stream.class);

        Search(long wanted, int last, long size) {
            this.wanted = wanted;
            this.file = last;
            this.offset = size;
            this.endFile = last;
            this.endOffset = size;
        }

        Tail found() {
            return new Tail(file, offset, endFile, endOffset);
        }

        boolean isDone() {
            return found == wanted && open.isEmpty();
        }

        void look(Files access, Fd descriptor, int number) {
            long end = access.status(descriptor).size();
            byte[] bytes = new byte[0];
            int held = 0; // of the bytes, which are those before `end`
            while (end > 0 && !isDone()) {
                int start = lineStart(bytes, held);
                if (start == 0 && held < end && held < LineReader.LONGEST) {
                    long from = Math.max(0, end - held - CHUNK);
                    byte[] before = LineReader.read(access, descriptor, from, (int) (end - held - from));
                    bytes = joined(before, bytes, held);
                    held += before.length;
                    continue;
                }
                int textEnd = bytes[held - 1] == '\n' ? held - 1 : held;
                long at = end - (held - start);
                LogRecord.parse(bytes, start, textEnd).ifPresent(record -> take(record, number, at));
                end -= held - start;
                held = start;
            }
        }

        private static byte[] joined(byte[] first, byte[] second, int ofSecond) {
            byte[] both = Arrays.copyOf(first, first.length + ofSecond);
            System.arraycopy(second, 0, both, first.length, ofSecond);
            return both;
        }

        /** Of the last line in some bytes, which may end without a line's end. */
        private static int lineStart(byte[] bytes, int held) {
            int at = held - 1;
            while (at > 0 && bytes[at - 1] != '\n') {
                at--;
            }
            return Math.max(at, 0);
        }

        /** The record before those that it has had. */
        void take(LogRecord record, int number, long at) {
            if (record.lost()) {
                return;
            }
            LogEntry.Stream stream = record.stream();
            boolean isEnd = record.whole() || seen.add(stream);
            seen.add(stream);
            if (isEnd && found < wanted) {
                found++;
                open.add(stream);
                begin(number, at);
                endFile = number;
                endOffset = at;
            } else if (isEnd) {
                open.remove(stream);
            } else if (open.contains(stream)) {
                begin(number, at);
            }
        }

        private void begin(int number, long at) {
            file = number;
            offset = at;
        }
    }
}
