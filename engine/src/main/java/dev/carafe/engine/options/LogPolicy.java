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
 */
public record LogPolicy(Kind kind, long maxSize, int maxFiles) {

    /** Where it is kept; {@code toString} is what people write. */
    public enum Kind {
        FILE("file"),
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

    public LogPolicy {
        if (maxSize != -1 && maxSize < LEAST) {
            throw Rules.broken("maxSize", maxSize + " bytes hold no line: at least " + LEAST + ", or -1 for no end");
        }
        Rules.range("maxFiles", maxFiles, 1, MOST_FILES);
        if (maxSize == -1 && maxFiles > 1) {
            throw Rules.broken("maxFiles", "a file without an end is never followed by another: it needs maxSize");
        }
    }

    boolean isDefault() {
        return kind == Kind.FILE && maxSize == DEFAULT.maxSize && maxFiles == DEFAULT.maxFiles;
    }

    void write(JsonWriter out) {
        out.put("kind", kind.toString()).put("maxSize", maxSize).put("maxFiles", maxFiles);
    }

    static LogPolicy read(JsonCursor in) {
        return new LogPolicy(in.oneOf("kind", "kind of log", Kind.values()), in.integer("maxSize", INT64), (int)
                in.integer("maxFiles", INT32));
    }
}
