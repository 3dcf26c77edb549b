package dev.carafe.engine;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.InvalidDocumentException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One instance's folder, open: what is kept of it, and the lock that makes whoever holds it alone with the instance.
 *
 * <p>The lock is the folder's own ({@code flock(2)}) and ends with the process that holds it, however that ends. The
 * monitor does not take it: it writes {@code exit} and {@code log}, which nobody else writes while it lives.
 */
final class InstanceFolder implements AutoCloseable {

    /** How the program ended, as its monitor has written it down. */
    static final String EXIT = "exit";
    /** Where the root is mounted, for the instance only. */
    static final String ROOT = "root";

    private static final int FILE_MODE = 0600;
    private static final int EXIT_MOST = 4096;

    private final Kernel kernel;
    private final Files files;
    private final String id;
    private final Path path;
    private final Fd folder;
    private final boolean alone;

    /** @param alone whether the lock is held by it */
    InstanceFolder(Kernel kernel, String id, Path path, Fd folder, boolean alone) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.id = id;
        this.path = path;
        this.folder = folder;
        this.alone = alone;
    }

    /** Whether it holds the instance's lock. */
    boolean isAlone() {
        return alone;
    }

    String id() {
        return id;
    }

    Path path() {
        return path;
    }

    /** What is kept; empty in one whose making was cut short, or is going on. */
    Optional<InstanceRecord> read() {
        return InstanceRecord.read(kernel, folder, InstanceRecord.FILE);
    }

    /**
     * What is kept.
     *
     * @throws EngineException if that makes no sense
     */
    InstanceRecord require() {
        try {
            return read().orElseThrow(() -> damaged("its making was cut short"));
        } catch (InvalidDocumentException exception) {
            throw damaged(String.valueOf(exception.getMessage()));
        }
    }

    private EngineException damaged(String what) {
        return new EngineException(
                EngineException.Kind.CONFLICT,
                "the instance " + id.substring(0, Instances.SHORT_ID) + " is broken: " + what
                        + "; it can only be removed, by force");
    }

    /** Keeps a record, wholly or not at all. */
    void write(InstanceRecord record) {
        files.replace(folder, InstanceRecord.FILE, record.toBytes(), FILE_MODE, false);
    }

    /** Keeps a record so that it outlasts a power cut. */
    void writeLastingly(InstanceRecord record) {
        files.replace(folder, InstanceRecord.FILE, record.toBytes(), FILE_MODE, true);
    }

    /** How the program ended the last time; empty while it runs, and if its monitor could not say. */
    Optional<Exit> exit() {
        try {
            return Exit.parse(files.readText(folder, EXIT, EXIT_MOST));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /** Writes down how the program ended, where its monitor could not. */
    void write(Exit exit) {
        files.replace(folder, EXIT, exit.line().getBytes(StandardCharsets.UTF_8), FILE_MODE, false);
    }

    void forgetExit() {
        try {
            files.unlink(folder, EXIT, 0);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
        }
    }

    Fd folder() {
        return folder;
    }

    /** Lets go of the instance. */
    @Override
    public void close() {
        folder.close();
    }
}
