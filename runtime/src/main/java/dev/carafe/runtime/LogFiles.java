package dev.carafe.runtime;

import dev.carafe.linux.Fd;

/**
 * The log that a monitor writes: {@code log} in a folder, made when there is a first byte, with the files {@code text} and
 * {@code times}; when they are full it becomes {@code log.1}, and that {@code log.2}.
 *
 * @param folder stays the caller's to close
 * @param most bytes of both files, rounded up to whole kibibytes; 0 for any number
 * @param files of each, 1 to {@link #MOST}; of a single one that is full, all goes
 */
public record LogFiles(Fd folder, long most, int files) implements LogSink {

    /** The most files of a log. */
    public static final int MOST = 1000;

    public LogFiles {
        if (most < 0 || files < 1 || files > MOST) {
            throw new IllegalArgumentException("a log has 1 to " + MOST + " files and each some bytes, not " + files
                    + " files of " + most + " bytes");
        }
    }
}
