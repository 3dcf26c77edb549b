package dev.carafe.image.error;

import dev.carafe.linux.Errno;
import dev.carafe.linux.SystemCallException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** What a disk refuses for reasons that people can do something about. */
public enum DiskTrouble {
    FULL(Errno.ENOSPC, "the disk is full, or has no inode left (df, df -i)"),
    QUOTA(Errno.EDQUOT, "the disk's quota is used up"),
    READ_ONLY(Errno.EROFS, "the file system is read-only");

    private final Errno errno;
    private final String problem;

    DiskTrouble(Errno errno, String problem) {
        this.errno = errno;
        this.problem = problem;
    }

    /** What is wrong. */
    String problem() {
        return problem;
    }

    /** What is wrong and what to do, for the store. */
    public String remedy() {
        return problem
                + switch (this) {
                    case FULL ->
                        ". Make room there (\"carafe image prune\" frees what no image needs) or name another data folder";
                    case QUOTA ->
                        ". Make room there (\"carafe image prune\" frees what no image needs), have it raised or name"
                                + " another data folder";
                    case READ_ONLY -> ". Have it made writable or name another data folder";
                };
    }

    /**
     * Tries whether something can be written.
     *
     * @param folder where
     * @param bytes how much of it, in two files
     */
    public static Optional<DiskTrouble> in(Path folder, int bytes) {
        try (FileChannel one = unnamed(folder);
                FileChannel two = unnamed(folder)) {
            one.write(ByteBuffer.allocate(bytes / 2));
            two.write(ByteBuffer.allocate(bytes / 2));
            return Optional.empty();
        } catch (IOException exception) {
            return of(exception);
        }
    }

    private static FileChannel unnamed(Path folder) throws IOException {
        return FileChannel.open(
                folder.resolve("probe-" + UUID.randomUUID()),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
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
