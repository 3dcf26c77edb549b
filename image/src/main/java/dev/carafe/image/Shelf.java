package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.UNAVAILABLE;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.TreeRemoval;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/**
 * Folders that are each wholly there or not at all, however they came to be made and whatever interrupted that.
 *
 * <p>{@code NAME} is a finished folder. It is filled under another name beside it, {@code NAME.unfinished-RANDOM}, then
 * the file system is synced and the folder renamed: whoever sees {@code NAME} sees all of it, after a power cut too. Who
 * fills it holds {@code NAME.lock}, so that of several processes one does the work and the others wait and use its
 * result. The kernel drops the lock with the process, and whoever takes it next removes what is unfinished.
 */
final class Shelf {

    /** Fills a folder that is empty, and is no longer called so when it is done. */
    @FunctionalInterface
    interface Filling {
        void fill(Path unfinished, Fd folder);
    }

    private static final int CLOSED = 0700;
    /** Passable for the unprivileged user that apt downloads as. */
    private static final int OPEN = 0711;

    private static final String UNFINISHED = ".unfinished-";
    private static final Duration POLL = Duration.ofMillis(50);

    private final Kernel kernel;
    private final Files files;
    private final Path folder;

    Shelf(Kernel kernel, Path folder) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.folder = folder;
    }

    /** Where a finished folder of this name is, or would be. */
    Path path(String name) {
        return folder.resolve(name);
    }

    /**
     * The finished folder of this name, filled first if it is not there.
     *
     * @param name letters, digits, dots and dashes
     * @param patience how long to wait for another that fills it
     * @param waiting called once if another does
     */
    Path obtain(String name, Duration patience, Consumer<String> waiting, Filling filling) {
        try (Fd shelf = open()) {
            if (files.exists(shelf, name)) {
                close(shelf, name);
                return path(name);
            }
            try (Fd lock =
                    files.open(shelf, name + ".lock", OpenFlags.CREAT | OpenFlags.RDWR | OpenFlags.NOFOLLOW, 0600, 0)) {
                acquire(lock, name, patience, waiting);
                if (!files.exists(shelf, name)) {
                    fill(shelf, name, filling);
                }
            }
            return path(name);
        } catch (SystemCallException exception) {
            throw failure(name, exception);
        }
    }

    private Fd open() {
        try {
            // Passable for the unprivileged user that apt downloads as, readable for root alone.
            java.nio.file.Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
        } catch (IOException exception) {
            throw new ImageException(
                    FAILED,
                    "cannot make the folder " + folder + " for images (" + exception
                            + "); name another data folder or make it writable",
                    exception);
        }
        return files.open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY);
    }

    private void acquire(Fd lock, String name, Duration patience, Consumer<String> waiting) {
        long start = System.nanoTime();
        boolean told = false;
        while (true) {
            try {
                files.lock(lock, Files.LOCK_EXCLUSIVE | Files.LOCK_NONBLOCKING);
                return;
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.EAGAIN) {
                    throw exception;
                }
            }
            if (!told) {
                waiting.accept("Another process is making it, waiting for that");
                told = true;
            }
            if (System.nanoTime() - start > patience.toNanos()) {
                throw new ImageException(
                        UNAVAILABLE,
                        "another process has been making " + path(name) + " for more than " + patience.toMinutes()
                                + " minutes; see who holds " + path(name + ".lock") + " and try again");
            }
            pause();
        }
    }

    private void fill(Fd shelf, String name, Filling filling) {
        TreeRemoval removal = new TreeRemoval(kernel);
        files.list(shelf).stream()
                .filter(it -> it.startsWith(name + UNFINISHED))
                .forEach(leftover -> removal.remove(shelf, leftover));
        String unfinished = name
                + UNFINISHED
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
        files.makeDirectory(shelf, unfinished, OPEN);
        try (Fd directory =
                files.open(shelf, unfinished, OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW)) {
            filling.fill(path(unfinished), directory);
            close(shelf, unfinished);
            files.syncFileSystem(directory);
            files.rename(shelf, unfinished, shelf, name);
            files.sync(shelf);
        } catch (RuntimeException exception) {
            try {
                removal.remove(shelf, unfinished);
            } catch (RuntimeException remains) {
                exception.addSuppressed(remains);
            }
            throw exception;
        }
    }

    /** Users of the machine must not run what is in it with the rights that it has inside (CVE-2021-41091). */
    private void close(Fd shelf, String name) {
        files.changeMode(shelf, name, CLOSED);
    }

    private ImageException failure(String name, SystemCallException exception) {
        String what = "cannot make " + path(name) + ": ";
        return exception.errno() == Errno.ENOSPC
                ? new ImageException(
                        FAILED, what + "the disk is full. Make room there or name another data folder", exception)
                : new ImageException(FAILED, what + exception.getMessage(), exception);
    }

    private static void pause() {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new ImageException(FAILED, "interrupted while waiting for an image", exception);
        }
    }
}
