package dev.carafe.engine.log;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The parts of a log, open, oldest first: {@code log.2}, {@code log.1}, {@code log}. */
final class LogChain implements AutoCloseable {

    private static final String NAME = "log";
    /** A log that is rotated this often while its parts are opened is read as it is found. */
    private static final int ATTEMPTS = 20;

    private final Files files;
    private final Fd folder;
    private final List<LogPart> open = new ArrayList<>();
    /** After a rotation it is missing until there is something to write. */
    private boolean hasNewest;

    private LogChain(Files files, Fd folder) {
        this.files = files;
        this.folder = folder;
    }

    /** Opens what there is, each once even if it gets another name meanwhile. */
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
        Optional<LogPart> newest = openNumber(0);
        hasNewest = newest.isPresent();
        newest.ifPresent(open::addFirst);
        for (int number = 1; ; number++) {
            Optional<LogPart> older = openNumber(number);
            if (older.isEmpty()) {
                return;
            }
            open.addFirst(older.get());
        }
    }

    /** Whether none has given its name to another. */
    private boolean isAsItWas() {
        Optional<LogPart> newest = openNumber(0);
        if (newest.isEmpty() || !hasNewest) {
            newest.ifPresent(LogPart::close);
            return newest.isPresent() == hasNewest;
        }
        try (LogPart part = newest.get()) {
            return part.isSame(open.getLast());
        }
    }

    private Optional<LogPart> openNumber(int number) {
        return LogPart.open(files, folder, number == 0 ? NAME : NAME + "." + number);
    }

    /** Oldest first. */
    List<LogPart> parts() {
        return open;
    }

    /** What tells of changes: the folder, and what is written to. */
    List<Fd> watched() {
        return hasNewest ? List.of(folder, open.getLast().changes()) : List.of(folder);
    }

    /** Whether one of these parts has got another name since it was opened. */
    boolean isRotated() {
        return !isAsItWas();
    }

    /** Where a part of another chain is in this one; -1 if it is not. */
    int indexOf(LogPart part) {
        for (int i = 0; i < open.size(); i++) {
            if (part.isSame(open.get(i))) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public void close() {
        open.forEach(LogPart::close);
    }
}
