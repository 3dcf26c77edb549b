package dev.carafe.engine;

import dev.carafe.linux.FileStatus;
import java.time.Instant;
import java.util.Optional;

/**
 * What a path in an instance stands for.
 *
 * @param mode type and permission bits, as in {@code st_mode}
 * @param size in bytes, of a regular file
 * @param target what a symbolic link says; empty for what is none
 */
public record PathStatus(int mode, long size, Instant modified, Optional<String> target) {

    static PathStatus of(FileStatus status, Optional<String> target) {
        return new PathStatus(
                status.mode(),
                status.size(),
                Instant.ofEpochSecond(
                        Math.floorDiv(status.modifiedNanos(), 1_000_000_000L),
                        Math.floorMod(status.modifiedNanos(), 1_000_000_000L)),
                target);
    }

    public boolean isFolder() {
        return (mode & FileStatus.TYPE_MASK) == FileStatus.TYPE_DIRECTORY;
    }
}
