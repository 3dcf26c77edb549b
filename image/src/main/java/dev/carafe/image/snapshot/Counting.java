package dev.carafe.image.snapshot;

import static dev.carafe.image.error.ImageException.Kind.FAILED;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.LayerLimits;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Counts what trees take on the disk, a file with several names once. One object counts once. */
final class Counting {

    private static final int BLOCK = 512;

    /** A file by where it is stored. */
    private record Inode(long device, long number) {}

    private final Files files;
    private final Set<Inode> seen = new HashSet<>();
    private final int depthMost = LayerLimits.usual().depth();
    private long bytes;
    private long inodes;

    Counting(Kernel kernel) {
        files = kernel.files();
    }

    /** All of a tree. */
    Usage all(Fd root) {
        return count(Optional.empty(), root);
    }

    /** What a tree has that is not in the one that it is a copy of: there, a file has the same inode. */
    Usage added(Fd original, Fd root) {
        return count(Optional.of(original), root);
    }

    private Usage count(Optional<Fd> original, Fd root) {
        add(original.map(files::status), files.status(root));
        count(original, root, 0);
        return new Usage(bytes, inodes);
    }

    private void count(Optional<Fd> original, Fd directory, int depth) {
        if (depth > depthMost) {
            throw new ImageException(
                    FAILED,
                    "what the snapshot takes cannot be counted: it lies deeper than " + depthMost + " directories");
        }
        for (String name : files.list(directory)) {
            Optional<FileStatus> status = status(directory, name);
            if (status.isEmpty()) {
                continue;
            }
            Optional<FileStatus> before = original.flatMap(it -> status(it, name));
            add(before, status.get());
            if (status.get().isDirectory()) {
                try (Fd below = files.open(directory, name, Driver.FOLDER)) {
                    if (before.filter(it -> isSame(it, status.get())).isPresent()) {
                        try (Fd other = files.open(original.orElseThrow(), name, Driver.FOLDER)) {
                            count(Optional.of(other), below, depth + 1);
                        }
                    } else {
                        count(Optional.empty(), below, depth + 1);
                    }
                }
            }
        }
    }

    private void add(Optional<FileStatus> before, FileStatus status) {
        boolean known = before.filter(it -> isSame(it, status)
                        && (status.isDirectory()
                                || (it.modifiedNanos() == status.modifiedNanos()
                                        && it.size() == status.size()
                                        && it.blocks() == status.blocks())))
                .isPresent();
        if (!known && (status.links() < 2 || seen.add(new Inode(status.device(), status.inode())))) {
            bytes += status.blocks() * BLOCK;
            inodes++;
        }
    }

    private static boolean isSame(FileStatus one, FileStatus other) {
        return one.inode() == other.inode() && one.type() == other.type();
    }

    /** Somebody may be at work in the tree. */
    private Optional<FileStatus> status(Fd directory, String name) {
        try {
            return Optional.of(files.status(directory, name, Files.NOFOLLOW));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }
}
