package dev.carafe.engine;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Tells whether a supervisor has been here since the machine was started: by a file with the number that the kernel gives
 * each of its starts, as the state folder may be one that outlives them.
 *
 * @param folder absolute, which is there
 */
record BootMark(Files files, Path folder) {

    private static final String FILE = "boot";
    private static final int FILE_MODE = 0600;
    private static final int MOST_BYTES = 256;

    boolean isOfThisBoot() {
        try {
            return files.readText(Fd.CWD, folder.resolve(FILE).toString(), MOST_BYTES)
                    .equals(number());
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return false;
            }
            throw exception;
        }
    }

    /** From now on it is. */
    void make() {
        try (Fd open = files.open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            files.replace(open, FILE, number().getBytes(StandardCharsets.US_ASCII), FILE_MODE, false);
        }
    }

    private String number() {
        return files.readText(Fd.CWD, "/proc/sys/kernel/random/boot_id", MOST_BYTES);
    }
}
