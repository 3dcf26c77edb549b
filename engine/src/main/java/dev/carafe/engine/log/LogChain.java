package dev.carafe.engine.log;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The files of a log, open, oldest first: {@code log.2}, {@code log.1}, {@code log}. */
final class LogChain implements AutoCloseable {

    private static final String NAME = "log";
    /** A log that is rotated this often while its files are opened is read as it is found. */
    private static final int ATTEMPTS = 20;

    private final Files files;
    private final Fd folder;
    private final List<Fd> open = new ArrayList<>();
    /** After a rotation it is missing until there is something to write. */
    private boolean hasNewest;

    private LogChain(Files files, Fd folder) {
        this.files = files;
        this.folder = folder;
    }

    /** Opens what there is, each file once even if it gets another name meanwhile. */
    static LogChain open(Files files, Fd folder) {
        for (int attempt = 1; ; attempt++) {
            LogChain chain = new LogChain(files, folder);
            chain.openAll();
            if (attempt == ATTEMPTS || chain.isAsItWas()) {
                return chain;
            }
            chain.close();
        }
    }

    private void openAll() {
        Optional<Fd> newest = openNumber(0);
        hasNewest = newest.isPresent();
        newest.ifPresent(open::addFirst);
        for (int number = 1; ; number++) {
            Optional<Fd> older = openNumber(number);
            if (older.isEmpty()) {
                return;
            }
            open.addFirst(older.get());
        }
    }

    /** Whether none has given its name to another. */
    private boolean isAsItWas() {
        Optional<Fd> newest = openNumber(0);
        if (newest.isEmpty() || !hasNewest) {
            newest.ifPresent(Fd::close);
            return newest.isPresent() == hasNewest;
        }
        try (Fd file = newest.get()) {
            return isSame(file, open.getLast());
        }
    }

    private boolean isSame(Fd one, Fd other) {
        FileStatus first = files.status(one);
        FileStatus second = files.status(other);
        return first.inode() == second.inode() && first.device() == second.device();
    }

    private Optional<Fd> openNumber(int number) {
        try {
            return Optional.of(files.open(
                    folder, number == 0 ? NAME : NAME + "." + number, OpenFlags.RDONLY | OpenFlags.NOFOLLOW));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /** Oldest first. */
    List<Fd> files() {
        return open;
    }

    /** Whether one of these files has got another name since it was opened. */
    boolean isRotated() {
        return !isAsItWas();
    }

    /** Where another chain's newest file is in this one; -1 if it is not. */
    int indexOf(Fd file) {
        for (int i = 0; i < open.size(); i++) {
            if (isSame(file, open.get(i))) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public void close() {
        open.forEach(Fd::close);
    }
}
