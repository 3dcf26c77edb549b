package dev.carafe.engine;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.ParsedFiles;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.InvalidDocumentException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The health of instances that run, a file each in a folder of its own: only who checks it writes there, so that nothing of
 * this comes while a monitor removes an instance. It outlives the daemon, and no restart of the machine; what is kept of
 * a program means nothing to the next one of the same instance.
 */
final class HealthFiles {

    private static final int MOST_BYTES = 1 << 20;
    private static final int FILE_MODE = 0600;
    private static final int FOLDER_MODE = 0700;
    /** Before an id: a file that is locked by the process which checks that instance. */
    private static final String CLAIM = ".";

    private final Files files;
    private final ParsedFiles parsed;
    private final Path folder;

    /** @param folder absolute; made when there is something to keep */
    HealthFiles(Kernel kernel, Path folder) {
        this.files = kernel.files();
        this.parsed = kernel.parsedFiles();
        this.folder = folder;
    }

    /** What is known of the program that runs in an instance now. */
    Health read(String id, Instant started) {
        return kept(id).filter(it -> it.started().equals(started))
                .map(Health.Kept::health)
                .orElse(Health.STARTING);
    }

    private Optional<Health.Kept> kept(String id) {
        try {
            return parsed.read(
                    Fd.CWD, folder.resolve(id).toString(), MOST_BYTES, Health.Kept.class, Health.Kept::parse);
        } catch (InvalidDocumentException damaged) {
            return Optional.empty();
        }
    }

    /** Keeps what is known now, wholly or not at all. */
    void write(String id, Instant started, Health health) {
        try (Fd open = openFolder()) {
            files.replace(open, id, health.toBytes(started), FILE_MODE, false);
        }
    }

    /**
     * Makes this process the one that checks an instance, until the claim is closed or the process has ended.
     *
     * @return empty if another one is
     */
    Optional<Fd> claim(String id) {
        try (Fd open = openFolder()) {
            Fd file = files.open(open, CLAIM + id, OpenFlags.RDWR | OpenFlags.CREAT, FILE_MODE, 0);
            if (isLocked(file)) {
                file.close();
                return Optional.empty();
            }
            return Optional.of(file);
        }
    }

    /** Whether somebody else has a file locked; if not, it is from now on. */
    private boolean isLocked(Fd file) {
        try {
            files.lock(file, Files.LOCK_EXCLUSIVE | Files.LOCK_NONBLOCKING);
            return false;
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.EAGAIN) {
                throw exception;
            }
            return true;
        }
    }

    private Fd openFolder() {
        try {
            return open();
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
            files.makeDirectories(folder.toString(), FOLDER_MODE, FOLDER_MODE);
            return open();
        }
    }

    private Fd open() {
        return files.open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY);
    }

    /** Nothing of an instance is kept any more. */
    void forget(String id) {
        try (Fd open = open()) {
            forget(open, id);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
        }
    }

    private void forget(Fd open, String id) {
        for (String name : List.of(id, CLAIM + id)) {
            try {
                files.unlink(open, name, 0);
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.ENOENT) {
                    throw exception;
                }
            }
        }
    }

    /** Keeps only what is of these, and of those that others check; others have ended while nobody was there to hear of it. */
    void keepOnly(Predicate<String> ids) {
        try (Fd open = open()) {
            for (String name : files.list(open)) {
                String id = name.startsWith(CLAIM) ? name.substring(CLAIM.length()) : name;
                if (!ids.test(id) && claim(id).map(HealthFiles::released).orElse(false)) {
                    forget(open, id);
                }
            }
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
        }
    }

    private static boolean released(Fd claim) {
        claim.close();
        return true;
    }
}
