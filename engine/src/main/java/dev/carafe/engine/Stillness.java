package dev.carafe.engine;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.runtime.Containers;
import java.nio.file.Path;
import java.util.List;

/**
 * Instances that stand still while somebody looks at their files. Who had one stopped may be killed before he lets it go
 * on, so that it is written down: whoever is at work on it next lets it, and so does the daemon, which looks for such.
 *
 * <p>All of this is the business of who has the instance's lock. What a restart of the machine leaves means nothing.
 */
final class Stillness {

    private static final int FILE_MODE = 0600;
    private static final int FOLDER_MODE = 0700;

    private final Files files;
    private final Containers containers;
    private final Path folder;

    /** @param folder absolute; made when there is something to write down */
    Stillness(Kernel kernel, Containers containers, Path folder) {
        this.files = kernel.files();
        this.containers = containers;
        this.folder = folder;
    }

    /** Has an instance that runs stand still. */
    void begin(String id) {
        files.makeDirectories(folder.toString(), FOLDER_MODE, FOLDER_MODE);
        files.open(Fd.CWD, mark(id), OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.NOFOLLOW, FILE_MODE, 0)
                .close();
        containers.pause(id);
    }

    /** Lets it go on. */
    void end(String id) {
        try {
            if (containers.running(id).filter(Containers.Running::paused).isPresent()) {
                containers.resume(id);
            }
        } finally {
            forget(id);
        }
    }

    /** Lets it go on if whoever had it stopped was killed. */
    void endLeft(String id) {
        if (files.exists(Fd.CWD, mark(id))) {
            end(id);
        }
    }

    /** Of whom it is written down. */
    List<String> ids() {
        try (Fd open = files.open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            return files.list(open);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return List.of();
            }
            throw exception;
        }
    }

    /** Of an instance that is gone. */
    void forget(String id) {
        try {
            files.unlink(Fd.CWD, mark(id), 0);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
        }
    }

    private String mark(String id) {
        return folder.resolve(id).toString();
    }
}
