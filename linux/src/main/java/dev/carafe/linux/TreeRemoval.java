package dev.carafe.linux;

import java.time.Duration;
import java.util.List;

/**
 * Removes trees by descriptor: no link in them is followed and no mount in them is entered.
 *
 * <p>A tree may be somebody else's work, and nested to any depth. A directory that is not empty is therefore first moved
 * up to the top, so that nothing here recurses and no more than two directories are open; only for subvolumes of btrfs in
 * each other there is one more each.
 *
 * <p>Processes that were killed while they filled a tree may add to it for a moment longer, so that a directory is not
 * empty after all its names are gone; it is then emptied again, for some seconds at the most.
 */
public final class TreeRemoval {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int OPEN_DIRECTORY = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;
    private static final String LIFTED = ".carafe-removed-";

    private final Files files;
    /** Names that no removal that was cut short has left behind. */
    private long next = System.nanoTime();

    public TreeRemoval(Kernel kernel) {
        files = kernel.files();
    }

    /**
     * Removes a name and, if it is a directory, all below it; nothing happens if it is not there.
     *
     * @throws SystemCallException if something in it cannot be removed, such as a mount point
     */
    public void remove(Fd directory, String name) {
        if (removeName(directory, name)) {
            return;
        }
        try (Fd top = open(directory, name)) {
            clear(top);
            long cleared = System.nanoTime();
            while (!removeName(directory, name)) {
                clear(top);
                if (System.nanoTime() - cleared > PATIENCE.toNanos()) {
                    throw new SystemCallException(SystemCall.UNLINKAT, -Errno.ENOTEMPTY.number(), directory, name);
                }
            }
        }
    }

    /** Removes all in a directory, which is open for reading, and leaves it. */
    public void clear(Fd top) {
        for (List<String> names = files.list(top); !names.isEmpty(); names = files.list(top)) {
            for (String name : names) {
                if (!removeName(top, name)) {
                    emptyOut(top, name);
                }
            }
        }
    }

    private void emptyOut(Fd top, String name) {
        try {
            liftContent(top, name);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.EXDEV) {
                throw exception;
            }
            // A subvolume of btrfs, out of which nothing can be moved: only these count for how deep this goes.
            try (Fd below = open(top, name)) {
                clear(below);
            }
        }
    }

    /** Empties a directory in {@code top}: what is not empty itself moves up, for its turn to come. */
    private void liftContent(Fd top, String name) {
        try (Fd below = open(top, name)) {
            for (String child : files.list(below)) {
                if (!removeName(below, child)) {
                    files.rename(below, child, top, LIFTED + Long.toHexString(next++));
                }
            }
        }
    }

    /** Removes a file or an empty directory; false if it is a directory that is not empty. */
    private boolean removeName(Fd directory, String name) {
        try {
            files.unlink(directory, name, 0);
            return true;
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return true;
            }
            if (exception.errno() != Errno.EISDIR) {
                throw exception;
            }
        }
        try {
            files.unlink(directory, name, Files.REMOVE_DIRECTORY);
            return true;
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT && exception.errno() != Errno.ENOTEMPTY) {
                throw exception;
            }
            return exception.errno() == Errno.ENOENT;
        }
    }

    private Fd open(Fd directory, String name) {
        return files.open(directory, name, OPEN_DIRECTORY, 0, OpenFlags.RESOLVE_NO_XDEV);
    }
}
