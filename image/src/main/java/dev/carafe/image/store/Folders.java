package dev.carafe.image.store;

import static dev.carafe.image.error.ImageException.Kind.FAILED;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.TreeRemoval;
import dev.carafe.oci.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The store's folders, which only this class knows:
 *
 * <pre>
 * index.db                        names, leases, and what is whole
 * reserve-N                       room and inodes that are given up so that something can be removed from a full disk
 * blobs/sha256/HEX                a blob that is whole
 * blobs/sha256/HEX.unfinished     one on its way; who writes it holds its lock
 * layers/sha256/HEX               a layer's folder, by chain ID
 * layers/sha256/HEX.unfinished    likewise
 * recipes/sha256/HEX              how a blob is made of a layer's folder, by the blob's digest
 * recipes/sha256/HEX.unfinished   likewise
 * swept/                          what nobody needs any more and is being removed
 * swept/used-RANDOM               a folder for a moment; who uses it holds its lock
 * </pre>
 *
 * A lock goes with the process that holds it. What is unfinished and not locked was left behind.
 */
final class Folders {

    /** What a folder is for. */
    enum Kind {
        BLOBS("blobs"),
        LAYERS("layers"),
        RECIPES("recipes");

        private final String folder;

        Kind(String folder) {
            this.folder = folder;
        }

        private String folder() {
            return folder;
        }
    }

    static final String UNFINISHED = ".unfinished";
    private static final String SWEPT = "swept";
    private static final String USED = "used-";
    private static final List<String> RESERVE = List.of("reserve-1", "reserve-2");
    /** What the database needs beside itself to forget what is removed, generously. */
    private static final int RESERVED = 512 << 10;
    /** What SQLite needs beside its database: an index of its log, and some pages of that. */
    private static final int ROOM = 128 << 10;
    /** Of SQLite's, wherever it runs. */
    private static final int PAGE = 4096;
    /** Users of the machine must not reach files that may have any rights in a container. */
    private static final int CLOSED = 0700;

    private static final int FOLDER = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;
    private static final Duration POLL = Duration.ofMillis(10);

    private final Files files;
    private final TreeRemoval removal;
    private final Path top;

    Folders(Kernel kernel, Path top) {
        this.files = kernel.files();
        this.removal = new TreeRemoval(kernel);
        this.top = top;
    }

    void make() {
        for (Kind kind : Kind.values()) {
            for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
                files.makeDirectories(folder(kind, algorithm).toString(), CLOSED, 0711);
            }
            files.changeMode(Fd.CWD, top.resolve(kind.folder()).toString(), CLOSED);
        }
        files.makeDirectories(top.resolve(SWEPT).toString(), CLOSED, 0711);
    }

    /** Does something while nobody else does so. */
    <T> T alone(Supplier<T> work) {
        try (Fd folder = files.open(Fd.CWD, top.toString(), FOLDER)) {
            while (true) {
                try {
                    files.lock(folder, Files.LOCK_EXCLUSIVE | Files.LOCK_NONBLOCKING);
                    return work.get();
                } catch (SystemCallException exception) {
                    if (exception.errno() != Errno.EAGAIN) {
                        throw exception;
                    }
                }
                pause();
            }
        }
    }

    Path database() {
        return top.resolve("index.db");
    }

    /** Which file something is, whatever it is called. */
    record Identity(long device, long inode) {}

    /** Which file the database is; nothing if there is none. */
    Optional<Identity> identity() {
        try {
            FileStatus status = files.status(Fd.CWD, database().toString(), Files.NOFOLLOW);
            return Optional.of(new Identity(status.device(), status.inode()));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /**
     * Sees whether there is room to open a database, so that it does not run out in the middle of that.
     *
     * @throws ImageException if there is too little room
     */
    void requireRoom() {
        Path probe = top.resolve(SWEPT)
                .resolve("probe-" + Long.toHexString(ThreadLocalRandom.current().nextLong()));
        try (Fd file = files.open(
                Fd.CWD,
                probe.toString(),
                OpenFlags.RDWR | OpenFlags.CREAT | OpenFlags.EXCL | OpenFlags.NOFOLLOW,
                0600,
                0)) {
            files.unlink(Fd.CWD, probe.toString(), 0);
            allocate(file, ROOM);
        } catch (SystemCallException exception) {
            throw ImageException.unwritten(database(), exception);
        }
    }

    /**
     * Whether SQLite may map its files. What it maps it writes to in pages, of which each has room at its end; where blocks
     * are smaller, a page may have holes before that, and a hole that finds no room when it is written to is no error but
     * the end of the process (SIGBUS). It cannot be filled by us: to close a file that SQLite has locked is to unlock it.
     */
    boolean mayMap() {
        try (Fd folder = files.open(Fd.CWD, top.toString(), FOLDER)) {
            return files.fileSystem(folder).blockSize() >= PAGE;
        }
    }

    private void allocate(Fd file, long bytes) {
        try {
            files.allocate(file, bytes);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.EOPNOTSUPP) {
                throw exception;
            }
        }
    }

    /** Keeps some room for when there is no other; not now, if there is none now. */
    void keepReserve() {
        for (String name : RESERVE) {
            if (!files.exists(Fd.CWD, top.resolve(name).toString())) {
                try {
                    java.nio.file.Files.write(top.resolve(name), new byte[RESERVED]);
                } catch (IOException full) {
                    giveUpReserve();
                    return;
                }
            }
        }
    }

    /**
     * Lets others have it.
     *
     * @return whether there was any
     */
    boolean giveUpReserve() {
        boolean was = false;
        for (String name : RESERVE) {
            try {
                files.unlink(Fd.CWD, top.resolve(name).toString(), 0);
                was = true;
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.ENOENT && exception.errno() != Errno.EROFS) {
                    throw exception;
                }
            }
        }
        return was;
    }

    Path folder(Kind kind, Digest.Algorithm algorithm) {
        return top.resolve(kind.folder()).resolve(algorithm.toString());
    }

    /** Where something whole is, or would be. */
    Path path(Kind kind, Digest digest) {
        return folder(kind, digest.algorithm()).resolve(digest.hex());
    }

    private Path unfinished(Kind kind, Digest digest) {
        return folder(kind, digest.algorithm()).resolve(digest.hex() + UNFINISHED);
    }

    /**
     * Something on its way, locked: nobody else writes it.
     *
     * @param file the blob's file, or the layer's folder
     */
    record Unfinished(Folders folders, Kind kind, Digest digest, Fd file) implements AutoCloseable {

        Path path() {
            return folders.unfinished(kind, digest);
        }

        /** It is whole: it moves to its place, where something that is not known to be whole may lie. */
        void finish() {
            folders.sweep(kind, digest);
            folders.files.rename(
                    Fd.CWD,
                    path().toString(),
                    Fd.CWD,
                    folders.path(kind, digest).toString());
        }

        @Override
        public void close() {
            file.close();
        }
    }

    /**
     * Takes the lock of something that is to come, which is made if there is nothing yet.
     *
     * @param whole whether it is there by now; asked again after every wait
     * @param waiting told once, if another process or thread is at it
     * @return nothing if it is whole
     */
    Optional<Unfinished> begin(Kind kind, Digest digest, BooleanSupplier whole, Runnable waiting) {
        try {
            return beginAny(kind, digest, whole, waiting);
        } catch (SystemCallException exception) {
            throw ImageException.refused(path(kind, digest), exception);
        }
    }

    private Optional<Unfinished> beginAny(Kind kind, Digest digest, BooleanSupplier whole, Runnable waiting) {
        boolean told = false;
        while (!whole.getAsBoolean()) {
            Fd file = openUnfinished(kind, digest);
            try {
                files.lock(file, Files.LOCK_EXCLUSIVE | Files.LOCK_NONBLOCKING);
                // Whoever had the lock may have finished or removed what this is.
                if (isAt(file, unfinished(kind, digest))
                        && !whole.getAsBoolean()
                        && !(kind == Kind.BLOBS && distrust(digest))) {
                    return Optional.of(new Unfinished(this, kind, digest, file));
                }
                file.close();
            } catch (SystemCallException exception) {
                file.close();
                if (exception.errno() != Errno.EAGAIN) {
                    throw exception;
                }
                if (!told) {
                    waiting.run();
                    told = true;
                }
                pause();
            } catch (RuntimeException exception) {
                file.close();
                throw exception;
            }
        }
        return Optional.empty();
    }

    private Fd openUnfinished(Kind kind, Digest digest) {
        String path = unfinished(kind, digest).toString();
        if (kind != Kind.LAYERS) {
            return files.open(Fd.CWD, path, OpenFlags.RDWR | OpenFlags.CREAT | OpenFlags.NOFOLLOW, 0600, 0);
        }
        while (true) {
            try {
                return files.open(Fd.CWD, path, FOLDER);
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.ENOENT) {
                    throw exception;
                }
            }
            try {
                files.makeDirectory(Fd.CWD, path, CLOSED);
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.EEXIST) {
                    throw exception;
                }
            }
        }
    }

    private boolean isAt(Fd file, Path path) {
        try {
            FileStatus here = files.status(file);
            FileStatus there = files.status(Fd.CWD, path.toString(), Files.NOFOLLOW);
            return here.inode() == there.inode() && here.device() == there.device();
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return false;
            }
            throw exception;
        }
    }

    /** What a folder has: digests of what is whole or looks so, and of what is unfinished. */
    record Content(List<Digest> whole, List<Digest> unfinished) {}

    Content content(Kind kind) {
        List<Digest> whole = new ArrayList<>();
        List<Digest> unfinished = new ArrayList<>();
        for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
            try (Fd folder = files.open(Fd.CWD, folder(kind, algorithm).toString(), FOLDER)) {
                for (String name : files.list(folder)) {
                    boolean begun = name.endsWith(UNFINISHED);
                    String hex = begun ? name.substring(0, name.length() - UNFINISHED.length()) : name;
                    (begun ? unfinished : whole).add(new Digest(algorithm, hex));
                }
            }
        }
        return new Content(whole, unfinished);
    }

    /**
     * Takes something away from where it is found, to be removed by {@link #empty}.
     *
     * @return the bytes of its file; of a folder, 0
     */
    long sweep(Kind kind, Digest digest) {
        return sweep(path(kind, digest));
    }

    /**
     * Likewise what is unfinished, unless somebody is at it.
     *
     * @param untouched how long nothing must have come of it
     * @return the bytes of its file; nothing if it stays
     */
    OptionalLong sweepUnfinished(Kind kind, Digest digest, Duration untouched) {
        Path path = unfinished(kind, digest);
        try (Fd file = files.open(Fd.CWD, path.toString(), OpenFlags.RDONLY | OpenFlags.NOFOLLOW)) {
            long age = System.currentTimeMillis() - files.status(file).modifiedNanos() / 1_000_000;
            if (age < untouched.toMillis()) {
                return OptionalLong.empty();
            }
            files.lock(file, Files.LOCK_EXCLUSIVE | Files.LOCK_NONBLOCKING);
            return isAt(file, path) ? OptionalLong.of(sweep(path)) : OptionalLong.empty();
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.EAGAIN || exception.errno() == Errno.ENOENT) {
                return OptionalLong.empty();
            }
            throw exception;
        }
    }

    /** Likewise what the caller has locked. */
    void sweepUnfinished(Unfinished unfinished) {
        sweep(unfinished.path());
    }

    private long sweep(Path path) {
        try {
            FileStatus status = files.status(Fd.CWD, path.toString(), Files.NOFOLLOW);
            String name = Long.toHexString(ThreadLocalRandom.current().nextLong());
            files.rename(
                    Fd.CWD,
                    path.toString(),
                    Fd.CWD,
                    top.resolve(SWEPT).resolve(name).toString());
            return status.isDirectory() ? 0 : status.size();
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return 0;
            }
            throw exception;
        }
    }

    /**
     * What lies at a blob's place without being known as whole may not be so: whoever was to make it known has ended, or
     * the machine was off. It is gone on with, and so checked.
     *
     * @return whether there was something
     */
    boolean distrust(Digest blob) {
        Path path = path(Kind.BLOBS, blob);
        try {
            files.rename(
                    Fd.CWD,
                    path.toString(),
                    Fd.CWD,
                    unfinished(Kind.BLOBS, blob).toString());
            return true;
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
            return false;
        }
    }

    /** Removes what was swept. */
    void empty() {
        try (Fd swept = files.open(Fd.CWD, top.resolve(SWEPT).toString(), FOLDER)) {
            for (String name : files.list(swept)) {
                if (!name.startsWith(USED) || !isLocked(swept, name)) {
                    Failpoint.COLLECTION_PART_REMOVED.reach();
                    removal.remove(swept, name);
                }
            }
        }
    }

    private boolean isLocked(Fd directory, String name) {
        try (Fd file = files.open(directory, name, OpenFlags.RDONLY | OpenFlags.NOFOLLOW)) {
            files.lock(file, Files.LOCK_SHARED | Files.LOCK_NONBLOCKING);
            return false;
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.EAGAIN || exception.errno() == Errno.ENOENT) {
                return true;
            }
            throw exception;
        }
    }

    /** Removes all in an unfinished layer's folder, which somebody left behind. */
    void clear(Fd folder) {
        removal.clear(folder);
    }

    /** Gives somebody an empty folder on the same file system, which is removed again. */
    void besides(Consumer<Fd> work) {
        String name = USED + Long.toHexString(ThreadLocalRandom.current().nextLong());
        try (Fd swept = files.open(Fd.CWD, top.resolve(SWEPT).toString(), FOLDER)) {
            try (Fd folder = lockedFolder(swept, name)) {
                work.accept(folder);
            } finally {
                removal.remove(swept, name);
            }
        }
    }

    /** Nobody {@linkplain #empty removes} it while it is open. */
    private Fd lockedFolder(Fd directory, String name) {
        while (true) {
            try {
                files.makeDirectory(directory, name, CLOSED);
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.EEXIST) {
                    throw exception;
                }
            }
            Optional<Fd> folder = Optional.empty();
            try {
                folder = Optional.of(files.open(directory, name, FOLDER));
                files.lock(folder.get(), Files.LOCK_EXCLUSIVE);
                if (files.exists(directory, name)) {
                    return folder.get();
                }
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.ENOENT) {
                    folder.ifPresent(Fd::close);
                    throw exception;
                }
            }
            folder.ifPresent(Fd::close); // removed before it was locked
        }
    }

    /** Gives somebody a file without a name. */
    Scratch scratch() {
        try {
            return Scratch.in(top.resolve(SWEPT));
        } catch (IOException exception) {
            throw ImageException.unwritten(top.resolve(SWEPT), exception);
        }
    }

    /** Waits until all that was written is on the disk. */
    void sync() {
        try (Fd folder = files.open(Fd.CWD, top.toString(), FOLDER)) {
            files.syncFileSystem(folder);
        }
    }

    /** Waits until the place of something is on the disk, that has moved there. */
    void sync(Kind kind, Digest digest) {
        try (Fd folder = files.open(Fd.CWD, folder(kind, digest.algorithm()).toString(), FOLDER)) {
            files.sync(folder);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new ImageException(FAILED, "interrupted while another process fetched the same content", exception);
        }
    }
}
