package dev.carafe.image.error;

import dev.carafe.linux.Errno;
import dev.carafe.linux.SystemCallException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a disk refuses for reasons that people can do something about. */
public enum DiskTrouble {
    FULL(
            Errno.ENOSPC,
            "the disk is full, or has no inode left (df, df -i). Make room there (\"carafe image prune\" frees what no"
                    + " image needs) or name another data folder"),
    QUOTA(
            Errno.EDQUOT,
            "the disk's quota is used up. Make room there (\"carafe image prune\" frees what no image needs), have it"
                    + " raised or name another data folder"),
    READ_ONLY(Errno.EROFS, "the file system is read-only. Have it made writable or name another data folder");

    private final Errno errno;
    private final String remedy;

    DiskTrouble(Errno errno, String remedy) {
        this.errno = errno;
        this.remedy = remedy;
    }

    /** What is wrong and what to do. */
    public String remedy() {
        return remedy;
    }

    /** Whether it is that which an exception is about: ours, or Java's, which has only the C library's words for it. */
    public static Optional<DiskTrouble> of(Throwable exception) {
        String said = String.valueOf(exception.getMessage()).toLowerCase(Locale.ROOT);
        return Arrays.stream(values())
                .filter(trouble -> exception instanceof SystemCallException refused
                        ? refused.errno() == trouble.errno
                        : said.contains(trouble.errno.description()))
                .findFirst();
    }
}
