package dev.carafe.engine;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.InvalidDocumentException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What happens, as lines of JSON in a file of the state folder: whoever does something appends it, and all processes of
 * an installation see the same. The file is put aside when it has grown, and one such older file is kept.
 *
 * <p>An event that cannot be written, as the disk is full, is lost and stops nobody.
 */
public final class Events {

    private static final String FILE = "events";
    private static final String OLDER = "events.1";
    private static final int FILE_MODE = 0600;
    private static final int FOLDER_MODE = 0700;
    private static final long MOST_BYTES = 4L << 20;
    private static final int READ_AT_ONCE = 1 << 16;
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

    private final Files files;
    private final Path folder;

    /** @param folder absolute; made when something happens first */
    Events(Kernel kernel, Path folder) {
        this.files = kernel.files();
        this.folder = folder;
    }

    /** Tells that something has happened. */
    void add(Event... happened) {
        StringBuilder lines = new StringBuilder();
        for (Event event : happened) {
            lines.append(event.text()).append('\n');
        }
        try (Fd file = openToAppend()) {
            files.write(file, lines.toString().getBytes(StandardCharsets.UTF_8));
            if (files.status(file).size() > MOST_BYTES) {
                putAside(file);
            }
        } catch (SystemCallException lost) {
            // Nothing that has been done is undone for want of its event.
        }
    }

    private Fd openToAppend() {
        int flags = OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.APPEND | OpenFlags.NOFOLLOW;
        String path = folder.resolve(FILE).toString();
        try {
            return files.open(Fd.CWD, path, flags, FILE_MODE, 0);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
            files.makeDirectories(folder.toString(), FOLDER_MODE, FOLDER_MODE);
            return files.open(Fd.CWD, path, flags, FILE_MODE, 0);
        }
    }

    private void putAside(Fd file) {
        files.lock(file, Files.LOCK_EXCLUSIVE);
        String path = folder.resolve(FILE).toString();
        if (files.status(Fd.CWD, path, 0).inode() == files.status(file).inode()) { // nobody else has done it
            files.rename(Fd.CWD, path, Fd.CWD, folder.resolve(OLDER).toString());
        }
    }

    /**
     * Hands on what has happened, oldest first.
     *
     * @param since only what has happened then or later
     * @param until only what has happened before; empty to wait for more, until the thread is interrupted
     */
    public void follow(Instant since, Optional<Instant> until, Predicate<Event> wanted, Consumer<Event> sink) {
        Instant begun = Instant.now();
        boolean older = since.isBefore(begun);
        Predicate<Event> inTime = event -> !event.time().isBefore(since)
                && until.filter(end -> !event.time().isBefore(end)).isEmpty();
        Consumer<Event> sieve = event -> {
            if (inTime.test(event) && wanted.test(event)) {
                sink.accept(event);
            }
        };
        @Nullable Reader current = null;
        try {
            if (older) {
                open(OLDER).ifPresent(it -> drain(it, sieve));
            }
            while (true) {
                if (current == null) {
                    current = open(FILE).orElse(null);
                    if (current != null && !older) {
                        older = true;
                        current.toEnd(files);
                    }
                }
                if (current != null) {
                    current.read(files, sieve);
                    if (current.isAside(files, folder.resolve(FILE))) {
                        current.read(files, sieve);
                        current.close();
                        current = null;
                        continue;
                    }
                }
                if (until.filter(end -> !Instant.now().isBefore(end)).isPresent()) {
                    return;
                }
                Thread.sleep(BETWEEN_LOOKS);
            }
        } catch (InterruptedException given) {
            Thread.currentThread().interrupt();
        } finally {
            if (current != null) {
                current.close();
            }
        }
    }

    private void drain(Reader reader, Consumer<Event> sink) {
        try (reader) {
            reader.read(files, sink);
        }
    }

    private Optional<Reader> open(String name) {
        try {
            return Optional.of(new Reader(
                    files.open(Fd.CWD, folder.resolve(name).toString(), OpenFlags.RDONLY | OpenFlags.NOFOLLOW)));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /** One of the files, on the way to its end. */
    private static final class Reader implements AutoCloseable {

        private final Fd file;
        private final ByteArrayOutputStream begun = new ByteArrayOutputStream();
        private long offset;

        Reader(Fd file) {
            this.file = file;
        }

        void toEnd(Files files) {
            offset = files.status(file).size();
        }

        /** Hands on each whole line that is there. One that makes no sense is left out: a crash may have cut it short. */
        void read(Files files, Consumer<Event> sink) {
            while (true) {
                byte[] bytes = files.readAt(file, offset, READ_AT_ONCE);
                if (bytes.length == 0) {
                    return;
                }
                offset += bytes.length;
                for (byte b : bytes) {
                    if (b == '\n') {
                        hand(sink);
                    } else if (begun.size() < READ_AT_ONCE) {
                        begun.write(b);
                    }
                }
            }
        }

        private void hand(Consumer<Event> sink) {
            byte[] line = begun.toByteArray();
            begun.reset();
            Event event;
            try {
                event = Event.parse(line);
            } catch (InvalidDocumentException | DateTimeException damaged) {
                return;
            }
            sink.accept(event);
        }

        /** Whether nobody writes to it any more. */
        boolean isAside(Files files, Path current) {
            try {
                FileStatus now = files.status(Fd.CWD, current.toString(), 0);
                return now.inode() != files.status(file).inode();
            } catch (SystemCallException exception) {
                return exception.errno() == Errno.ENOENT;
            }
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
