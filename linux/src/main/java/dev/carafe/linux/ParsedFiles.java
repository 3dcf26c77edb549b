package dev.carafe.linux;

import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What small files say, in the form that it was parsed to: a file that is still the one that was read is only looked at.
 *
 * <p>For files that are replaced by others and never written to again. One is known by its inode, size and time of
 * writing; a younger one may have all three of an older if both were written within one tick of the kernel's clock, so
 * that nothing is remembered of a file that was young when it was read. Thread-safe; holds at most some thousand files.
 */
public final class ParsedFiles {

    private static final int MOST_FILES = 4096;
    private static final long MOST_BYTES = 16 * 1024;
    /** More than the coarsest clock that kernels stamp files with ticks. */
    private static final Duration YOUNG = Duration.ofMillis(100);

    private final Files files;
    private final Clock clock;
    private final Map<Place, Parsed> known = new LinkedHashMap<>(16, 0.75f, true);

    private record Place(long device, long inode) {}

    private record Parsed(long size, long modifiedNanos, Object content) {}

    ParsedFiles(Files files, Clock clock) {
        this.files = files;
        this.clock = clock;
    }

    /**
     * What a file says; empty if it is not there.
     *
     * @param most the bytes that the caller is ready to hold
     * @param type of which the content is from then on; immutable
     * @param parse of the file's bytes; what it throws is thrown
     * @throws SystemCallException as {@link Files#open} and {@link Files#readAll}; a symbolic link is not followed
     */
    public <T> Optional<T> read(Fd directory, String name, int most, Class<T> type, Function<byte[], T> parse) {
        try {
            Optional<T> remembered = remembered(files.status(directory, name, Files.NOFOLLOW), type);
            if (remembered.isPresent()) {
                return remembered;
            }
            try (Fd file = files.open(directory, name, OpenFlags.RDONLY | OpenFlags.NOFOLLOW)) {
                FileStatus status = files.status(file);
                T content = parse.apply(files.readAll(file, most));
                remember(status, content);
                return Optional.of(content);
            }
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    private <T> Optional<T> remembered(FileStatus status, Class<T> type) {
        Parsed parsed;
        synchronized (known) {
            parsed = known.get(place(status));
        }
        return parsed != null
                        && parsed.size() == status.size()
                        && parsed.modifiedNanos() == status.modifiedNanos()
                        && type.isInstance(parsed.content())
                ? Optional.of(type.cast(parsed.content()))
                : Optional.empty();
    }

    private void remember(FileStatus status, Object content) {
        long age = clock.millis() - Duration.ofNanos(status.modifiedNanos()).toMillis();
        synchronized (known) {
            if (status.size() > MOST_BYTES || age < YOUNG.toMillis()) {
                known.remove(place(status));
                return;
            }
            known.put(place(status), new Parsed(status.size(), status.modifiedNanos(), content));
            if (known.size() > MOST_FILES) {
                known.remove(known.keySet().iterator().next());
            }
        }
    }

    private static Place place(FileStatus status) {
        return new Place(status.device(), status.inode());
    }
}
