package dev.carafe.daemon;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCallException;
import dev.carafe.runtime.RuntimeFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * A daemon's part of a state folder: the socket that it listens on, and the lock by which it is the only one there.
 *
 * <p>The lock ends with its holder, however that ends; a socket may be left behind, and then nobody answers at it. Only
 * the holder of the lock makes or removes a socket.
 */
final class DaemonFolder implements AutoCloseable {

    static final String SOCKET = "daemon.sock";
    static final String LOCK = "daemon.lock";
    static final String LOG = "daemon.log";

    private static final int MODE = 0700;
    private static final int FILE_MODE = 0600;
    private static final int WRITABLE_BY_OTHERS = 0022;
    private static final int BACKLOG = 128;

    private final Kernel kernel;
    private final Path path;
    private final Fd folder;

    private DaemonFolder(Kernel kernel, Path path, Fd folder) {
        this.kernel = kernel;
        this.path = path;
        this.folder = folder;
    }

    /** The folder, made if it is missing. Nobody else may write to it: whoever could might listen in our place. */
    static DaemonFolder make(Kernel kernel, Path path, long uid) {
        try {
            java.nio.file.Files.createDirectories(
                    path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException exception) {
            throw new RuntimeFailure("cannot make the state folder " + path + ": " + exception, exception);
        }
        DaemonFolder made = find(kernel, path).orElseThrow(() -> new RuntimeFailure(path + " was removed meanwhile"));
        FileStatus status = kernel.files().status(made.folder);
        if (status.uid() != uid || (status.mode() & WRITABLE_BY_OTHERS) != 0) {
            made.close();
            throw new RuntimeFailure("the state folder " + path + " belongs to another user or can be written to by"
                    + " others: give it to yourself and mode " + Integer.toOctalString(MODE));
        }
        return made;
    }

    static Optional<DaemonFolder> find(Kernel kernel, Path path) {
        try {
            return Optional.of(new DaemonFolder(
                    kernel,
                    path,
                    kernel.files().open(Fd.CWD, path.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /**
     * Becomes the only daemon there is, for as long as the descriptor is open.
     *
     * @throws RuntimeFailure if there is another
     */
    Fd lock() {
        Fd lock = open(LOCK, OpenFlags.RDWR | OpenFlags.CREAT);
        try {
            kernel.files().lock(lock, Files.LOCK_EXCLUSIVE | Files.LOCK_NONBLOCKING);
            return lock;
        } catch (SystemCallException exception) {
            lock.close();
            if (exception.errno() == Errno.EAGAIN) {
                throw new RuntimeFailure(
                        "a daemon runs for " + path + " already; \"carafe daemon stop\" ends it", exception);
            }
            throw exception;
        }
    }

    /** Begins to listen. What a daemon that was killed has left behind makes way. */
    Fd listen() {
        remove();
        Sockets sockets = kernel.sockets();
        Fd listener = sockets.open(Sockets.Type.SEQUENCED_PACKETS);
        sockets.bind(listener, folder, SOCKET);
        // Nobody can have connected before: until it listens, it refuses.
        kernel.files().changeMode(folder, SOCKET, FILE_MODE);
        sockets.listen(listener, BACKLOG);
        return listener;
    }

    /** A connection to the daemon that listens here. */
    Optional<Fd> connect() {
        Fd socket = kernel.sockets().open(Sockets.Type.SEQUENCED_PACKETS);
        try {
            kernel.sockets().connect(socket, folder, SOCKET);
            return Optional.of(socket);
        } catch (SystemCallException exception) {
            socket.close();
            if (exception.errno() == Errno.ENOENT || exception.errno() == Errno.ECONNREFUSED) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /** Removes the socket. */
    void remove() {
        try {
            kernel.files().unlink(folder, SOCKET, 0);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
        }
    }

    /** A new log, in place of the last one. */
    Fd log() {
        return open(LOG, OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.TRUNC | OpenFlags.APPEND);
    }

    private Fd open(String name, int flags) {
        return kernel.files().open(folder, name, flags | OpenFlags.NOFOLLOW, FILE_MODE, 0);
    }

    @Override
    public void close() {
        folder.close();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
