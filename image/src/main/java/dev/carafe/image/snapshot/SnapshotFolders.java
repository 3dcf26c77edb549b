package dev.carafe.image.snapshot;

import static dev.carafe.image.error.ImageException.Kind.FAILED;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.ProcessIdentity;
import dev.carafe.linux.SystemCallException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * The folders of a data folder's snapshots, which only this class knows:
 *
 * <pre>
 * driver                      which one it is, in a word
 * empty/                      what stands on nothing stands on this
 * unfinished/PID-START-N/     a snapshot while it is made, by the process of that number and start
 * grounds/HEX/                an image as one tree, for drivers that want one
 * active/KEY/                 a snapshot that takes changes, or a view
 * committed/KEY/              one that takes none any more
 * swept/N/                    what nobody needs and is being removed
 * </pre>
 *
 * A snapshot's folder has {@code about}, which says what it is, and what its driver keeps. It comes to be and goes by
 * being renamed, always downwards in this list: who looks through the places in this order sees it in one of them.
 */
final class SnapshotFolders {

    /** Where a snapshot may be, in the order in which it passes through. */
    enum Place {
        UNFINISHED,
        GROUNDS,
        ACTIVE,
        COMMITTED,
        SWEPT;

        private String folder() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A snapshot that is being made. */
    record Unfinished(String name, Path path, Fd folder) implements AutoCloseable {
        @Override
        public void close() {
            folder.close();
        }
    }

    private static final String ABOUT = "about";
    private static final String DRIVER = "driver";
    private static final int DRIVER_MOST = 64;
    private static final String EMPTY = "empty";
    /** Users of the machine must not reach files that may have any rights in a container. */
    private static final int CLOSED = 0700;

    private static final int FOLDER = Driver.FOLDER;
    private static final Duration POLL = Duration.ofMillis(5);

    private final Kernel kernel;
    private final Files files;
    private final Disposal disposal;
    private final Path top;

    SnapshotFolders(Kernel kernel, Path top) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.disposal = new Disposal(kernel);
        this.top = top;
    }

    Path top() {
        return top;
    }

    Path path(Place place, String name) {
        return top.resolve(place.folder()).resolve(name);
    }

    Path empty() {
        return top.resolve(EMPTY);
    }

    /** The driver that was chosen for these folders; nothing if they have not been made yet. */
    Optional<String> driver() {
        try {
            return Optional.of(files.readText(Fd.CWD, top.resolve(DRIVER).toString(), DRIVER_MOST)
                    .strip());
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /** Makes the folders. */
    void make() {
        files.makeDirectories(top.toString(), CLOSED, 0711);
        for (Place place : Place.values()) {
            files.makeDirectories(top.resolve(place.folder()).toString(), CLOSED, 0711);
        }
        files.makeDirectories(empty().toString(), CLOSED, 0711);
        files.changeMode(Fd.CWD, empty().toString(), 0755);
    }

    /** Remembers the driver. */
    void choose(DriverKind kind) {
        Path unfinished = path(Place.UNFINISHED, newName());
        try (Fd file = files.open(
                Fd.CWD, unfinished.toString(), OpenFlags.CREAT | OpenFlags.EXCL | OpenFlags.WRONLY, 0600, 0)) {
            files.write(file, (kind + "\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            files.rename(
                    Fd.CWD, unfinished.toString(), Fd.CWD, top.resolve(DRIVER).toString());
        }
    }

    /** Does something while nobody does so alone. */
    <T> T together(Supplier<T> work) {
        return locked(Files.LOCK_SHARED, work);
    }

    /** Does something while nobody else does so, nor together. */
    <T> T alone(Supplier<T> work) {
        return locked(Files.LOCK_EXCLUSIVE, work);
    }

    private <T> T locked(int operation, Supplier<T> work) {
        try (Fd folder = files.open(Fd.CWD, top.toString(), FOLDER)) {
            while (true) {
                try {
                    files.lock(folder, operation | Files.LOCK_NONBLOCKING);
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

    /** The names in a place. */
    List<String> names(Place place) {
        try (Fd folder = files.open(Fd.CWD, top.resolve(place.folder()).toString(), FOLDER)) {
            return files.list(folder).stream().sorted().toList();
        }
    }

    boolean has(Place place, String name) {
        return files.exists(Fd.CWD, path(place, name).toString());
    }

    /** Opens a snapshot's folder. */
    Optional<Fd> open(Place place, String name) {
        return ifThere(() -> files.open(Fd.CWD, path(place, name).toString(), FOLDER));
    }

    /**
     * What is written down of a snapshot; nothing if it is not there, or was not written yet when its maker was killed or
     * the machine lost its power.
     */
    Optional<About> about(Place place, String name) {
        Path file = path(place, name).resolve(ABOUT);
        return ifThere(() -> {
                    try (Fd about = files.open(Fd.CWD, file.toString(), OpenFlags.RDONLY | OpenFlags.NOFOLLOW)) {
                        return files.readAll(about, About.BYTES_MOST);
                    }
                })
                .filter(bytes -> bytes.length > 0)
                .map(bytes -> About.read(file, bytes));
    }

    /** When a snapshot was committed: it has no room for more than a file's time where a limit is reached. */
    Instant committed(String name) {
        long nanos = files.status(
                        Fd.CWD, path(Place.COMMITTED, name).resolve(ABOUT).toString(), Files.NOFOLLOW)
                .modifiedNanos();
        return Instant.ofEpochSecond(0, nanos);
    }

    /** Notes when that is, in a snapshot that is about to be. */
    void setCommitted(Fd folder, Instant time) {
        files.setTimes(folder, ABOUT, time.getEpochSecond(), time.getNano(), Files.NOFOLLOW);
    }

    private static <T> Optional<T> ifThere(Supplier<T> look) {
        try {
            return Optional.of(look.get());
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /**
     * Begins a snapshot: a folder under a name that only tells who makes it.
     *
     * @param limit makes the folder able to limit what is in it
     */
    Unfinished begin(About about, Optional<SpaceLimit> limit) {
        String name = newName();
        Path path = path(Place.UNFINISHED, name);
        if (limit.isPresent() && limit.get().wantsSubvolume()) {
            try (Fd parent =
                    files.open(Fd.CWD, top.resolve(Place.UNFINISHED.folder()).toString(), FOLDER)) {
                kernel.btrfs().makeSubvolume(parent, name);
            }
            files.changeMode(Fd.CWD, path.toString(), CLOSED);
        } else {
            files.makeDirectory(Fd.CWD, path.toString(), CLOSED);
        }
        Fd folder = files.open(Fd.CWD, path.toString(), FOLDER);
        try {
            OptionalInt project = limit.map(it -> it.apply(folder)).orElse(OptionalInt.empty());
            About told = project.isPresent() ? about.with(project.getAsInt()) : about;
            try (Fd file = files.open(folder, ABOUT, OpenFlags.CREAT | OpenFlags.EXCL | OpenFlags.WRONLY, 0600, 0)) {
                files.write(file, told.bytes());
            }
            return new Unfinished(name, path, folder);
        } catch (RuntimeException exception) {
            folder.close();
            discard(Place.UNFINISHED, name, exception);
            throw exception;
        }
    }

    /** Removes what could not be finished. */
    void discard(Place place, String name, RuntimeException reason) {
        try {
            sweep(place, name).ifPresent(this::remove);
        } catch (RuntimeException remains) {
            reason.addSuppressed(remains);
        }
    }

    private String newName() {
        ProcessIdentity self = kernel.processes().identifyCurrent();
        return self.pid() + "-" + self.startTime() + "-"
                + Long.toHexString(ThreadLocalRandom.current().nextLong());
    }

    /** Whether whoever makes something unfinished is gone. */
    boolean isAbandoned(String unfinished) {
        String[] parts = unfinished.split("-", -1);
        try {
            return !kernel.processes()
                    .isAlive(new ProcessIdentity(Integer.parseInt(parts[0]), Long.parseLong(parts[1])));
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException ofNobody) {
            return true;
        }
    }

    /**
     * Moves a snapshot on.
     *
     * @return whether it could: else there is one of that name
     * @throws SystemCallException with {@code ENOENT} if it is not there
     */
    boolean move(Place from, String name, Place to, String newName) {
        try {
            files.rename(
                    Fd.CWD,
                    path(from, name).toString(),
                    Fd.CWD,
                    path(to, newName).toString());
            return true;
        } catch (SystemCallException exception) {
            // One that is there is never empty.
            if (exception.errno() == Errno.ENOTEMPTY || exception.errno() == Errno.EEXIST) {
                return false;
            }
            throw exception;
        }
    }

    /** Waits until the names in the places are on the disk. */
    void sync(Place... places) {
        for (Place place : places) {
            try (Fd folder = files.open(Fd.CWD, top.resolve(place.folder()).toString(), FOLDER)) {
                files.sync(folder);
            }
        }
    }

    /**
     * Takes a snapshot away from where it is, for {@link #remove} to remove it.
     *
     * @return its name there; nothing if it was not there any more
     */
    Optional<String> sweep(Place place, String name) {
        String swept = Long.toHexString(ThreadLocalRandom.current().nextLong());
        return ifThere(() -> {
            files.rename(
                    Fd.CWD,
                    path(place, name).toString(),
                    Fd.CWD,
                    path(Place.SWEPT, swept).toString());
            return swept;
        });
    }

    /** Removes what was swept; others may be at it as well. */
    void remove(String swept) {
        try (Fd folder = files.open(Fd.CWD, top.resolve(Place.SWEPT.folder()).toString(), FOLDER)) {
            OptionalInt project = project(swept);
            while (files.exists(folder, swept)) {
                try {
                    disposal.remove(folder, swept);
                } catch (SystemCallException exception) {
                    if (exception.errno() != Errno.ENOENT) {
                        throw exception;
                    }
                }
            }
            project.ifPresent(it -> SpaceLimit.forget(kernel, folder, it));
        }
    }

    private OptionalInt project(String swept) {
        try {
            return about(Place.SWEPT, swept).map(About::project).orElse(OptionalInt.empty());
        } catch (ImageException damaged) {
            return OptionalInt.empty();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new ImageException(FAILED, "interrupted while another process removed snapshots", exception);
        }
    }
}
