package dev.carafe.engine;

import dev.carafe.image.layer.FilesUnpacker;
import dev.carafe.image.layer.FilesWriter;
import dev.carafe.image.layer.LayerLimits;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/**
 * An instance's files, open at its root.
 *
 * <p>Of one that runs, as its first process sees them: its root is opened once, and from then on everything is resolved
 * by the kernel beneath that descriptor ({@code openat2(2)} with {@code RESOLVE_IN_ROOT}), so that no link, and nobody
 * who exchanges a folder for one meanwhile, leads out. Of one that does not run, as {@link StoppedRoot} mounts them for
 * nobody else to see; the instance's lock is held until this closes, so that it does not start meanwhile.
 *
 * <p>Nothing of an instance is executed or loaded here, and no library either that looks something up in its files.
 */
final class InstanceFiles implements AutoCloseable {

    private static final int CONFINED = OpenFlags.RESOLVE_IN_ROOT | OpenFlags.RESOLVE_NO_MAGICLINKS;
    private static final int FOLDER = OpenFlags.PATH | OpenFlags.DIRECTORY;

    private final Parts parts;
    private final String name;
    private final Fd root;
    private final AutoCloseable held;

    private InstanceFiles(Parts parts, String name, Fd root, AutoCloseable held) {
        this.parts = parts;
        this.name = name;
        this.root = root;
        this.held = held;
    }

    static InstanceFiles open(Parts parts, InstanceMaker maker, String id) {
        Optional<InstanceFiles> files = openIfSettled(parts, maker, id);
        if (files.isEmpty()) {
            parts.monitor(id).ifPresent(Monitor::awaitLastWork);
            files = openIfSettled(parts, maker, id);
        }
        return files.orElseThrow(() -> new EngineException(
                EngineException.Kind.CONFLICT,
                "the files of the instance " + id.substring(0, Instances.SHORT_ID)
                        + " are out of reach: it ends just now; try again"));
    }

    /** Empty while it ends: its process is gone, and its monitor still at work. */
    private static Optional<InstanceFiles> openIfSettled(Parts parts, InstanceMaker maker, String id) {
        // Whoever starts it holds the lock until its program has begun: until then its root may be the machine's.
        InstanceFolder folder = parts.lock(id, id.substring(0, Instances.SHORT_ID));
        boolean kept = false;
        try {
            InstanceRecord record = folder.require();
            State state = parts.state(folder, record);
            if (state.status().isAlive()) {
                return rootOfProcess(parts, record, state.pid())
                        .map(root -> new InstanceFiles(parts, record.name(), root, () -> {}));
            }
            Verb.COPY.require(record.name(), state);
            StoppedRoot mounted = StoppedRoot.mount(parts, maker, folder, record);
            kept = true;
            return Optional.of(new InstanceFiles(parts, record.name(), mounted.root(), () -> {
                mounted.close();
                folder.close();
            }));
        } finally {
            if (!kept) {
                folder.close();
            }
        }
    }

    /** @param pid 0 if it has ended */
    private static Optional<Fd> rootOfProcess(Parts parts, InstanceRecord record, int pid) {
        if (pid == 0) {
            return Optional.empty();
        }
        Files files = parts.kernel().files();
        try (Fd process = parts.kernel().processes().open(pid)) {
            // Asked when the descriptor is held: from here on the number is the instance's, as long as that lives.
            if (parts.containers()
                    .running(record.id())
                    .filter(it -> it.pid() == pid)
                    .isEmpty()) {
                return Optional.empty();
            }
            Fd root = files.open(Fd.CWD, "/proc/" + pid + "/root", FOLDER);
            if (parts.kernel().processes().isAlive(process) && !isOwnRoot(files, root)) {
                return Optional.of(root);
            }
            root.close();
            return Optional.empty();
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ESRCH || exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    private static boolean isOwnRoot(Files files, Fd root) {
        FileStatus its = files.status(root);
        FileStatus own = files.status(Fd.CWD, "/", 0);
        return its.device() == own.device() && its.inode() == own.inode();
    }

    Optional<PathStatus> status(String path, boolean follow) {
        try (Fd file = find(path, follow ? OpenFlags.PATH : OpenFlags.PATH | OpenFlags.NOFOLLOW)) {
            FileStatus status = files().status(file);
            return Optional.of(PathStatus.of(
                    status,
                    status.type() == FileStatus.TYPE_SYMLINK
                            ? Optional.of(files().readLink(file, ""))
                            : Optional.empty()));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT || exception.errno() == Errno.ENOTDIR) {
                return Optional.empty();
            }
            throw unreachable(path, exception);
        }
    }

    List<String> copyOut(String path, String as, boolean follow, OutputStream output) {
        try (Fd file = open(path, follow ? OpenFlags.PATH : OpenFlags.PATH | OpenFlags.NOFOLLOW)) {
            return FilesWriter.write(parts.kernel(), file, as, output);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    List<String> copyIn(String path, InputStream tar, boolean owners) {
        try (Fd folder = open(path, FOLDER)) {
            return FilesUnpacker.unpack(
                    parts.kernel(), tar, folder, new FilesUnpacker.Keeping(owners, true), LayerLimits.usual());
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private Files files() {
        return parts.kernel().files();
    }

    private Fd find(String path, int flags) {
        return files().open(root, path.isEmpty() ? "." : path, flags, 0, CONFINED);
    }

    private Fd open(String path, int flags) {
        try {
            return find(path, flags);
        } catch (SystemCallException exception) {
            throw unreachable(path, exception);
        }
    }

    private EngineException unreachable(String path, SystemCallException exception) {
        String place = "\"" + path.replaceAll("\\p{Cntrl}", "?") + "\" in the instance \"" + name + "\"";
        return switch (exception.errno()) {
            case ENOENT -> new EngineException(EngineException.Kind.NOT_FOUND, "there is no " + place);
            case ENOTDIR ->
                new EngineException(
                        EngineException.Kind.INVALID, place + " is no folder, or goes through what is none");
            case ELOOP ->
                new EngineException(
                        EngineException.Kind.INVALID, place + ": its links lead in circles, or to what is none's");
            default ->
                new EngineException(
                        EngineException.Kind.FAILED,
                        place + ": " + exception.errno().description());
        };
    }

    @Override
    public void close() {
        try {
            root.close();
            held.close();
        } catch (RuntimeException exception) {
            throw exception;
        } catch (Exception impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
