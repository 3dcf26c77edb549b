package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.ConfigReader;
import dev.carafe.oci.runtime.ConfigWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * One container's folder under the state root, open and locked: whoever holds it is alone with the container.
 *
 * <p>It owns the descriptor of the state root that it was opened with.
 *
 * <p>The lock is the folder's own ({@code flock(2)}) and ends with the process that holds it, however that ends.
 */
final class StateFolder implements AutoCloseable {

    /**
     * While it is there, the container waits to be started. One byte into it is the word to, and when that has been read
     * the container tells here why it could not begin. Its name is runC's, as everybody sees it who looks at the process.
     */
    static final String START = "exec.fifo";
    /** What the container was made from; later changes to the bundle's have no effect. */
    static final String CONFIG = "config.json";
    /** How the container's first process ended, as its monitor has seen it. */
    static final String EXIT = "exit";
    /** Where its monitor takes on who attaches. */
    static final String ATTACH = "attach.sock";

    private static final int FOLDER_MODE = 0700;
    private static final int FILE_MODE = 0600;
    private static final int BACKLOG = 64;
    /** More than the two files that a monitor makes. */
    private static final int REMOVAL_ATTEMPTS = 10;

    private final Kernel kernel;
    private final Files files;
    private final Fd root;
    private final String id;
    private final Fd folder;

    private StateFolder(Kernel kernel, Fd root, String id, Fd folder) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.root = root;
        this.id = id;
        this.folder = folder;
    }

    /**
     * Makes the folder of a new container.
     *
     * @throws RuntimeFailure if the id is taken
     */
    static StateFolder create(Kernel kernel, Fd root, String id) {
        try {
            kernel.files().makeDirectory(root, id, FOLDER_MODE);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.EEXIST) {
                throw new RuntimeFailure("container with id exists: " + id + "; delete it first or take another id");
            }
            throw exception;
        }
        return lock(kernel, root, id)
                .orElseThrow(() -> new RuntimeFailure("container " + id + " was deleted meanwhile"));
    }

    /** Waits for the container to be nobody else's; empty if there is no such container. */
    static Optional<StateFolder> lock(Kernel kernel, Fd root, String id) {
        Files files = kernel.files();
        while (true) {
            Fd folder;
            try {
                folder = files.open(root, id, OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW);
            } catch (SystemCallException exception) {
                if (exception.errno() == Errno.ENOENT) {
                    return Optional.empty();
                }
                throw exception;
            }
            files.lock(folder, Files.LOCK_EXCLUSIVE);
            // Whoever held it may have removed it, and another may have made one of the same name.
            FileStatus locked = files.status(folder);
            if (locked.links() > 0 && isStill(files, root, id, locked)) {
                return Optional.of(new StateFolder(kernel, root, id, folder));
            }
            folder.close();
        }
    }

    /** Only looks, without waiting for whoever is at work on it; empty if there is no such container. */
    static Optional<StateFolder> look(Kernel kernel, Fd root, String id) {
        try {
            Fd folder = kernel.files().open(root, id, OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW);
            return Optional.of(new StateFolder(kernel, root, id, folder));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    private static boolean isStill(Files files, Fd root, String id, FileStatus locked) {
        try {
            return files.status(root, id, Files.NOFOLLOW).inode() == locked.inode();
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return false;
            }
            throw exception;
        }
    }

    /** The record; empty in a container whose making was cut short. */
    Optional<ContainerRecord> read() {
        try {
            return kernel.parsedFiles()
                    .read(
                            folder,
                            ContainerRecord.FILE,
                            ContainerRecord.MOST_BYTES,
                            ContainerRecord.class,
                            ContainerRecord::parse);
        } catch (InvalidDocumentException damaged) {
            throw new RuntimeFailure(
                    "container " + id + ": its record is damaged, " + damaged.getMessage()
                            + "; \"delete --force\" clears it",
                    damaged);
        }
    }

    /** Keeps a record, wholly or not at all. */
    void write(ContainerRecord record) {
        write(ContainerRecord.FILE, record.toBytes());
    }

    /** Keeps what the container is made from. */
    void write(Config config) {
        write(CONFIG, ConfigWriter.text(config).getBytes(StandardCharsets.UTF_8));
    }

    /** What the container was made from. */
    Config config() {
        try (Fd file = files.open(folder, CONFIG, OpenFlags.RDONLY)) {
            return new ConfigReader().config(files.readAll(file, ContainerRecord.MOST_BYTES));
        } catch (InvalidDocumentException | SystemCallException damaged) {
            throw new RuntimeFailure(
                    "container " + id + ": its configuration is damaged, " + damaged.getMessage()
                            + "; \"delete --force\" clears it",
                    damaged);
        }
    }

    private void write(String name, byte[] content) {
        files.replace(folder, name, content, FILE_MODE, false);
    }

    /** The fifo through which {@code start} speaks with the container. */
    void makeFifo() {
        files.makeNode(folder, START, FileStatus.TYPE_FIFO | FILE_MODE, 0);
    }

    /** Where a monitor is to listen. */
    Fd listen(Sockets sockets) {
        Fd listener = sockets.open(Sockets.Type.SEQUENCED_PACKETS);
        try {
            sockets.bind(listener, folder, ATTACH);
            sockets.listen(listener, BACKLOG);
            return listener;
        } catch (SystemCallException exception) {
            listener.close();
            throw exception;
        }
    }

    /** A connection to the monitor. */
    Fd connect(Sockets sockets) {
        Fd connection = sockets.open(Sockets.Type.SEQUENCED_PACKETS);
        try {
            connect(sockets, connection);
            return connection;
        } catch (SystemCallException exception) {
            connection.close();
            if (exception.errno() == Errno.ENOENT || exception.errno() == Errno.ECONNREFUSED) {
                throw new RuntimeFailure(
                        "container " + id + ": cannot attach, as nobody keeps its streams (any more)", exception);
            }
            throw exception;
        }
    }

    void connect(Sockets sockets, Fd socket) {
        sockets.connect(socket, folder, ATTACH);
    }

    boolean has(String name) {
        return files.exists(folder, name);
    }

    Fd open(String name, int flags) {
        return files.open(folder, name, flags);
    }

    void remove(String name) {
        try {
            files.unlink(folder, name, 0);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
        }
    }

    /**
     * Removes the folder with all that is in it. A monitor may be about to leave its last word there, or, where the
     * container is to go with its end, to remove the folder itself.
     */
    void removeAll() {
        for (int attempt = 1; ; attempt++) {
            try {
                for (String name : files.list(folder)) {
                    remove(name);
                }
                files.unlink(root, id, Files.REMOVE_DIRECTORY);
                return;
            } catch (SystemCallException exception) {
                if (exception.errno() == Errno.ENOENT) {
                    return; // The monitor was to remove it, and has.
                }
                if (exception.errno() != Errno.ENOTEMPTY || attempt == REMOVAL_ATTEMPTS) {
                    throw exception;
                }
            }
        }
    }

    /** Lets go of the container. */
    @Override
    public void close() {
        folder.close();
        root.close();
    }
}
