package dev.carafe.engine.log;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Sockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class InstanceLogTest {

    private static final Instant START = Instant.parse("2016-10-06T00:17:09.000000000Z");

    private final Kernel kernel = Kernel.host();

    @TempDir
    private Path folder;

    /** A record at so many seconds. */
    private static String record(int second, String rest) {
        return "2016-10-06T00:17:%02d.%09dZ %s\n".formatted(9 + second, second, rest);
    }

    private void write(String name, String... records) throws IOException {
        Files.write(
                folder.resolve(name),
                String.join("", records).getBytes(ISO_8859_1),
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    private List<String> read(LogQuery query) {
        List<String> read = new ArrayList<>();
        new InstanceLog(kernel, folder).read(query, entry -> read.add(shown(entry)));
        return read;
    }

    static String shown(LogEntry entry) {
        return switch (entry) {
            case LogEntry.Line line ->
                (line.begins() ? "" : "…")
                        + (line.stream() == LogEntry.Stream.ERROR ? "err:" : "")
                        + new String(line.text(), ISO_8859_1)
                        + (line.ends() ? "" : "…");
            case LogEntry.Gap gap -> "[" + gap.reason() + " " + gap.bytes() + "]";
        };
    }

    @Test
    void a_log_that_nothing_was_written_to_yet_is_empty() {
        assertThat(read(LogQuery.ALL)).isEmpty();
        assertThat(read(LogQuery.ALL.tail(5))).isEmpty();
    }

    @Test
    void lines_come_with_their_stream_and_time_from_the_oldest_file_on() throws IOException {
        write("log.2", record(0, "stdout F one"));
        write("log.1", record(1, "stderr F two"));
        write("log", record(2, "stdout F "), record(3, "stdout F a b  c "));
        assertThat(read(LogQuery.ALL)).containsExactly("one", "err:two", "", "a b  c ");
        List<Instant> times = new ArrayList<>();
        new InstanceLog(kernel, folder).read(LogQuery.ALL, entry -> times.add(((LogEntry.Line) entry).time()));
        assertThat(times)
                .containsExactly(
                        START,
                        START.plusSeconds(1).plusNanos(1),
                        START.plusSeconds(2).plusNanos(2),
                        START.plusSeconds(3).plusNanos(3));
    }

    @Test
    void parts_of_a_line_are_joined_even_with_the_other_stream_between_them_and_across_files() throws IOException {
        write("log.1", record(0, "stdout P one "), record(1, "stderr F other"));
        write("log", record(2, "stdout P line"), record(3, "stdout F !"), record(4, "stdout F next"));
        assertThat(read(LogQuery.ALL)).containsExactly("err:other", "one line!", "next");
        assertThat(read(LogQuery.ALL.tail(2))).containsExactly("one line!", "next");
        assertThat(read(LogQuery.ALL.tail(3))).containsExactly("err:other", "one line!", "next");
    }

    @Test
    void what_is_not_finished_is_shown_as_such() throws IOException {
        write("log", record(0, "stdout P password: "), record(1, "stderr P x"));
        assertThat(read(LogQuery.ALL)).containsExactly("password: …", "err:x…");
        write("log", "2016-10-06T00:17:09.000000000Z stdout F to");
        assertThat(read(LogQuery.ALL)).containsExactly("password: to…", "err:x…");
        assertThat(read(LogQuery.ALL.tail(0))).isEmpty();
    }

    @Test
    void of_a_time_only_what_is_wanted_comes() throws IOException {
        write("log.1", record(0, "stdout F 0"), record(1, "stdout F 1"));
        write("log", record(2, "stdout F 2"), record(3, "stdout F 3"), record(4, "stdout F 4"));
        assertThat(read(LogQuery.ALL.since(START.plusSeconds(2)))).containsExactly("2", "3", "4");
        assertThat(read(LogQuery.ALL.since(START.plusSeconds(1)))).containsExactly("1", "2", "3", "4");
        assertThat(read(LogQuery.ALL.until(START.plusSeconds(3)))).containsExactly("0", "1", "2");
        assertThat(read(LogQuery.ALL
                        .since(START.plusSeconds(1))
                        .until(START.plusSeconds(3))
                        .tail(4)))
                .containsExactly("1", "2");
        assertThat(read(LogQuery.ALL.since(START.plusSeconds(100)))).isEmpty();
    }

    @Test
    void what_could_not_be_written_is_told_of_where_it_is_missing() throws IOException {
        write(
                "log",
                record(0, "stdout F before"),
                record(1, "stderr F:lost 12345 bytes are missing here, as the log could not be written"),
                record(2, "stdout F after"));
        assertThat(read(LogQuery.ALL)).containsExactly("before", "[NOT_WRITTEN 12345]", "after");
        assertThat(read(LogQuery.ALL.tail(1))).containsExactly("after");
    }

    @Test
    void what_comes_behind_a_gap_is_not_the_rest_of_a_line() throws IOException {
        write(
                "log",
                record(0, "stdout P cut"),
                record(1, "stderr F:lost 10 bytes are missing here, as the log could not be written"),
                record(2, "stdout F after"));
        List<String> read = read(LogQuery.ALL);
        assertThat(read).containsExactly("cut", "[NOT_WRITTEN 10]", "after");
    }

    @Test
    void what_is_damaged_is_told_of_and_read_past() throws IOException {
        String[] damages = {
            "\0".repeat(5000) + "\n",
            "\0".repeat(5000),
            "2016-10-0\n",
            "2016-10-06T00:17:09.000000000Z stdout X text\n",
            "2016-13-06T00:17:09.000000000Z stdout F text\n",
            "2016-10-06T00:17:09.000000000Z stdlog F text\n",
            "2016-10-06T00:17:09.000000000Z stdout F\n",
            "2016-10-06T00:17:09.Z stdout F text\n",
            "\n\n\n",
            "x".repeat(3_000_000) + "\n"
        };
        for (String damage : damages) {
            Files.deleteIfExists(folder.resolve("log"));
            write("log", record(0, "stdout F before"), damage, record(1, "stdout F after"));
            List<String> read = read(LogQuery.ALL);
            assertThat(read.getFirst()).isEqualTo("before");
            assertThat(read.getLast()).isEqualTo("after");
            assertThat(read.subList(1, read.size() - 1))
                    .as(damage.substring(0, Math.min(60, damage.length())))
                    .isNotNull()
                    .allMatch(entry -> entry.startsWith("[DAMAGED "));
            assertThat(read(LogQuery.ALL.tail(2))).startsWith("before").endsWith("after");
        }
    }

    @Test
    void tags_of_later_versions_mean_no_harm() throws IOException {
        write("log", record(0, "stdout P:x:y one "), record(1, "stdout F:new line"));
        assertThat(read(LogQuery.ALL)).containsExactly("one line");
    }

    /** Somebody who follows the log, and what he has seen. */
    private final class Follower implements AutoCloseable {
        private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
        private final Sockets.Pair monitor = kernel.sockets().pair(Sockets.Type.SEQUENCED_PACKETS);
        private final Thread thread;

        Follower(LogQuery query) {
            Fd ended = monitor.second();
            thread = Thread.ofPlatform().start(() -> {
                try {
                    new InstanceLog(kernel, folder).follow(query, ended, entry -> seen.add(shown(entry)));
                    seen.add("end");
                } catch (InterruptedException exception) {
                    seen.add("interrupted");
                }
            });
        }

        String next() throws InterruptedException {
            String next = seen.poll(20, TimeUnit.SECONDS);
            return next == null ? "nothing" : next;
        }

        void endMonitor() {
            monitor.first().close();
        }

        @Override
        public void close() {
            thread.interrupt();
            try {
                thread.join(Duration.ofSeconds(20));
            } catch (InterruptedException exception) {
                throw new AssertionError(exception);
            }
            monitor.close();
        }
    }

    private void rotate(int most) throws IOException {
        for (int number = most; number > 0; number--) {
            Path from = folder.resolve(number == 1 ? "log" : "log." + (number - 1));
            if (Files.exists(from)) {
                Files.move(from, folder.resolve("log." + number), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    @Test
    void a_follower_sees_what_is_written_from_the_first_byte_across_rotations_to_the_end() throws Exception {
        try (Follower follower = new Follower(LogQuery.ALL)) {
            write("log", record(0, "stdout F one"));
            assertThat(follower.next()).isEqualTo("one");
            write("log", record(1, "stdout P prompt> "));
            assertThat(follower.next()).isEqualTo("prompt> …");
            write("log", record(1, "stdout F answer"));
            assertThat(follower.next()).isEqualTo("…answer");
            rotate(2);
            write("log", record(2, "stdout F three"));
            assertThat(follower.next()).isEqualTo("three");
            write("log", record(3, "stdout F four"));
            rotate(2);
            assertThat(follower.next()).isEqualTo("four");
            write("log", "2016-10-06T00:17:13.000000000Z stdout ");
            write("log", "F five\n");
            assertThat(follower.next()).isEqualTo("five");
            write("log", record(5, "stdout F six"));
            follower.endMonitor();
            assertThat(follower.next()).isEqualTo("six");
            assertThat(follower.next()).isEqualTo("end");
        }
    }

    @Test
    void a_follower_may_begin_with_the_last_lines_and_give_up() throws Exception {
        write("log.1", record(0, "stdout F one"), record(1, "stdout F two"));
        write("log", record(2, "stdout F three"));
        Follower follower = new Follower(LogQuery.ALL.tail(2));
        assertThat(follower.next()).isEqualTo("two");
        assertThat(follower.next()).isEqualTo("three");
        follower.close();
        assertThat(follower.next()).isEqualTo("interrupted");
    }

    @Test
    void a_follower_who_is_overtaken_hears_that_something_is_missing() throws Exception {
        write("log", record(0, "stdout F one"));
        List<String> seen = new ArrayList<>();
        try (Sockets.Pair monitor = kernel.sockets().pair(Sockets.Type.SEQUENCED_PACKETS)) {
            new InstanceLog(kernel, folder).follow(LogQuery.ALL, monitor.second(), entry -> {
                seen.add(shown(entry));
                try {
                    if (seen.size() == 1) {
                        Files.writeString(
                                folder.resolve("log"), record(1, "stdout F two"), UTF_8, StandardOpenOption.APPEND);
                        for (int i = 2; i < 5; i++) {
                            rotate(1);
                            write("log", record(i, "stdout F " + i));
                        }
                        monitor.first().close();
                    }
                } catch (IOException exception) {
                    throw new java.io.UncheckedIOException(exception);
                }
            });
        }
        assertThat(seen).containsExactly("one", "two", "[ROTATED_AWAY 0]", "3", "4");
    }
}
