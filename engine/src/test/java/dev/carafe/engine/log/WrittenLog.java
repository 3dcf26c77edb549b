package dev.carafe.engine.log;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.stream.Stream;

/** Writes a log as monitors do: a second later each time, from {@link #START} on. */
final class WrittenLog {

    static final Instant START = Instant.parse("2016-10-06T00:17:09.000000000Z");

    private static final int OUTPUT = 0;
    private static final int ERROR = 1;
    private static final int LOST = 2;
    private static final int BEGUN = 3;

    private final Path folder;
    private int seconds;

    WrittenLog(Path folder) {
        this.folder = folder;
    }

    /** When what is written next is. */
    Instant now() {
        return START.plusSeconds(seconds).plusNanos(seconds);
    }

    WrittenLog output(String text) {
        return text(text).mark(OUTPUT, size());
    }

    WrittenLog error(String text) {
        return text(text).mark(ERROR, size());
    }

    WrittenLog lost(long bytes) {
        return mark(LOST, bytes);
    }

    WrittenLog begun() {
        return mark(BEGUN, size());
    }

    /** Text without its mark. */
    WrittenLog text(String text) {
        append("log/text", text.getBytes(ISO_8859_1));
        return this;
    }

    WrittenLog mark(int kind, long value) {
        Instant now = now();
        seconds++;
        ByteBuffer mark = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        mark.putLong(now.getEpochSecond() * 1_000_000_000 + now.getNano());
        mark.putLong((long) kind << 56 | value);
        return marks(mark.array());
    }

    WrittenLog marks(byte[] bytes) {
        append("log/times", bytes);
        return this;
    }

    /** Behind the newest text. */
    long size() {
        try {
            Path text = folder.resolve("log/text");
            return Files.exists(text) ? Files.size(text) : 0;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private void append(String name, byte[] bytes) {
        try {
            if (!Files.exists(folder.resolve("log"))) {
                Path made = Files.createDirectories(folder.resolve("log.new"));
                Files.createFile(made.resolve("text"));
                Files.createFile(made.resolve("times"));
                Files.move(made, folder.resolve("log"));
            }
            Files.write(folder.resolve(name), bytes, StandardOpenOption.APPEND);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Keeps so many older ones. */
    WrittenLog rotate(int most) {
        try {
            remove(folder.resolve("log." + most));
            for (int number = most; number > 0; number--) {
                Path from = folder.resolve(number == 1 ? "log" : "log." + (number - 1));
                if (Files.exists(from)) {
                    Files.move(from, folder.resolve("log." + number), StandardCopyOption.ATOMIC_MOVE);
                }
            }
            return this;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    static void remove(Path path) {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> all = Files.walk(path)) {
            for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
