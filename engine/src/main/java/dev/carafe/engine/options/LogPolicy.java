package dev.carafe.engine.options;

import static dev.carafe.oci.JsonCursor.IntegerType.INT32;
import static dev.carafe.oci.JsonCursor.IntegerType.INT64;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonWriter;

/**
 * What is kept of an instance's output.
 *
 * @param maxSize bytes of a file, of {@link Kind#FILE}; at least 4096, and -1 for any number
 * @param maxFiles how many there are at most, of {@link Kind#FILE}; 1 to 100
 * @param journal what is told there, of {@link Kind#JOURNALD}
 */
public record LogPolicy(Kind kind, long maxSize, int maxFiles, JournalOptions journal) {

    /** Where it is kept; {@code toString} is what people write. */
    public enum Kind {
        /** Files beside the instance. */
        FILE("file"),
        /** The machine's journal. */
        JOURNALD("journald"),
        NONE("none");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /** Three files of 10 MiB: no instance fills a disk by talking. */
    public static final LogPolicy DEFAULT = new LogPolicy(Kind.FILE, 10L << 20, 3);

    public static final LogPolicy NONE = new LogPolicy(Kind.NONE, -1, 1);

    private static final long LEAST = 4096;
    private static final int MOST_FILES = 100;

    /** With nothing to be told in the journal beside what always is. */
    public LogPolicy(Kind kind, long maxSize, int maxFiles) {
        this(kind, maxSize, maxFiles, JournalOptions.NONE);
    }

    public LogPolicy {
        if (maxSize != -1 && maxSize < LEAST) {
            throw Rules.broken("maxSize", maxSize + " bytes hold no line: at least " + LEAST + ", or -1 for no end");
        }
        Rules.range("maxFiles", maxFiles, 1, MOST_FILES);
        if (maxSize == -1 && maxFiles > 1) {
            throw Rules.broken("maxFiles", "a file without an end is never followed by another: it needs maxSize");
        }
        if (kind != Kind.JOURNALD && !journal.equals(JournalOptions.NONE)) {
            throw Rules.broken("kind", "only in the journal there are a tag, labels and variables, not in " + kind);
        }
    }

    boolean isDefault() {
        return equals(DEFAULT);
    }

    void write(JsonWriter out) {
        out.put("kind", kind.toString()).put("maxSize", maxSize).put("maxFiles", maxFiles);
        journal.write(out);
    }

    static LogPolicy read(JsonCursor in) {
        return new LogPolicy(
                in.oneOf("kind", "kind of log", Kind.values()),
                in.integer("maxSize", INT64),
                (int) in.integer("maxFiles", INT32),
                JournalOptions.read(in));
    }
}
