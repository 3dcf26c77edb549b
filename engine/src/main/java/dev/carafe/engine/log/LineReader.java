package dev.carafe.engine.log;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import java.lang.foreign.Arena;
import java.util.Arrays;

/** Reads a file's lines one after the other, as far as they are written by then; later it may be asked for more. */
final class LineReader {

    /** Far more than a record has: what is longer is none, and comes in pieces. */
    static final int LONGEST = 1 << 20;

    private static final int CHUNK = 1 << 16;

    private final Files files;
    private final Fd file;
    private byte[] bytes = new byte[CHUNK];
    /** Where in the file those bytes begin, and how many of them are read. */
    private long base;

    private int held;
    private int start;
    private int end;
    private int following;

    LineReader(Files files, Fd file, long offset) {
        this.files = files;
        this.file = file;
        this.base = offset;
    }

    Fd file() {
        return file;
    }

    /** The same, of the same file by another descriptor. */
    LineReader through(Fd descriptor) {
        return new LineReader(files, descriptor, base + following);
    }

    /** Goes on to the next line that is finished; false if there is none yet. */
    boolean next() {
        start = following;
        for (int searched = start; ; ) {
            for (; searched < held; searched++) {
                if (bytes[searched] == '\n') {
                    end = searched;
                    following = searched + 1;
                    return true;
                }
            }
            if (held - start >= LONGEST) {
                end = held;
                following = held;
                return true;
            }
            int moved = makeRoom();
            searched -= moved;
            byte[] more = read(files, file, base + held, bytes.length - held);
            System.arraycopy(more, 0, bytes, held, more.length);
            held += more.length;
            if (more.length == 0) {
                end = held;
                return false;
            }
        }
    }

    /** Behind what is held. By how much that has moved. */
    private int makeRoom() {
        int moved = start;
        System.arraycopy(bytes, start, bytes, 0, held - start);
        base += moved;
        held -= moved;
        start = 0;
        following = 0;
        if (held == bytes.length) {
            bytes = Arrays.copyOf(bytes, bytes.length * 2);
        }
        return moved;
    }

    static byte[] read(Files files, Fd file, long offset, int most) {
        try (Arena arena = Arena.ofConfined()) {
            var memory = arena.allocate(most);
            return memory.asSlice(0, files.readAt(file, offset, memory)).toArray(JAVA_BYTE);
        }
    }

    byte[] bytes() {
        return bytes;
    }

    /** Where the line begins in the bytes. */
    int start() {
        return start;
    }

    /** Where it ends; after {@link #next} has found none, how far it is written. */
    int end() {
        return end;
    }

    /** Where it begins in the file. */
    long offset() {
        return base + start;
    }
}
