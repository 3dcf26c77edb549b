package dev.carafe.engine.log;

import static dev.carafe.engine.log.WrittenLog.START;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Sockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class InstanceLogTest {

    private final Kernel kernel = Kernel.host();

    @TempDir
    private Path folder;

    private WrittenLog log;

    @BeforeEach
    void begin() {
        log = new WrittenLog(folder);
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
    void lines_come_with_their_stream_and_time_from_the_oldest_part_on() {
        log.output("one\n").rotate(2).error("two\n").rotate(2).output("\na b  c \n");
        assertThat(read(LogQuery.ALL)).containsExactly("one", "err:two", "", "a b  c ");
        List<Instant> times = new ArrayList<>();
        new InstanceLog(kernel, folder).read(LogQuery.ALL, entry -> times.add(((LogEntry.Line) entry).time()));
        Instant last = START.plusSeconds(2).plusNanos(2);
        assertThat(times).containsExactly(START, START.plusSeconds(1).plusNanos(1), last, last);
    }

    @Test
    void parts_of_a_line_are_joined_even_with_the_other_stream_between_them_and_across_files() {
        log.output("one ").error("other\n").rotate(1).output("line").output("!\nnext\n");
        assertThat(read(LogQuery.ALL)).containsExactly("err:other", "one line!", "next");
        assertThat(read(LogQuery.ALL.tail(2))).containsExactly("one line!", "next");
        assertThat(read(LogQuery.ALL.tail(3))).containsExactly("err:other", "one line!", "next");
    }

    @Test
    void what_is_not_finished_is_shown_as_such() {
        log.output("password: ").error("x");
        assertThat(read(LogQuery.ALL)).containsExactly("password: …", "err:x…");
        log.output("to");
        assertThat(read(LogQuery.ALL)).containsExactly("password: to…", "err:x…");
        assertThat(read(LogQuery.ALL.tail(0))).isEmpty();
    }

    @Test
    void the_last_words_of_a_monitor_that_was_killed_are_read_though_they_have_no_time() {
        log.output("one\n").text("two\nthr");
        assertThat(read(LogQuery.ALL)).containsExactly("one", "two", "thr…");
        assertThat(read(LogQuery.ALL.tail(2))).containsExactly("two", "thr…");
        assertThat(read(LogQuery.ALL.tail(1))).containsExactly("thr…");
        log.begun().error("four\n");
        assertThat(read(LogQuery.ALL)).containsExactly("one", "two", "thr", "err:four");
        assertThat(read(LogQuery.ALL.tail(2))).containsExactly("thr", "err:four");
    }

    @Test
    void text_without_any_mark_is_read_too() {
        log.text("one\ntwo\n");
        assertThat(read(LogQuery.ALL)).containsExactly("one", "two");
        assertThat(read(LogQuery.ALL.tail(1))).containsExactly("two");
    }

    @Test
    void what_another_monitor_writes_does_not_go_on_with_a_line_of_the_one_before() {
        log.output("prompt> ").error("x").begun().output("again\n");
        assertThat(read(LogQuery.ALL)).containsExactly("prompt> ", "err:x", "again");
        assertThat(read(LogQuery.ALL.tail(1))).containsExactly("again");
        assertThat(read(LogQuery.ALL.tail(2))).containsExactly("err:x", "again");
    }

    @Test
    void of_a_time_only_what_is_wanted_comes() {
        log.output("0\n").output("1\n").rotate(1).output("2\n").output("3\n").output("4\n");
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
    void what_could_not_be_written_is_told_of_once_where_it_is_missing() {
        log.output("before\n").lost(12_000).lost(345).output("after\n");
        assertThat(read(LogQuery.ALL)).containsExactly("before", "[NOT_WRITTEN 12345]", "after");
        assertThat(read(LogQuery.ALL.tail(1))).containsExactly("after");
    }

    @Test
    void what_comes_behind_a_gap_is_not_the_rest_of_a_line() {
        log.output("cut").lost(10).output("after\n");
        assertThat(read(LogQuery.ALL)).containsExactly("cut", "[NOT_WRITTEN 10]", "after");
        assertThat(read(LogQuery.ALL.tail(1))).containsExactly("after");
        assertThat(read(LogQuery.ALL.tail(2))).containsExactly("cut", "[NOT_WRITTEN 10]", "after");
    }

    @Test
    void marks_that_make_no_sense_are_told_of_and_hide_no_text() {
        log.output("before\n").text("between\n").marks(new byte[32]).output("after\n");
        assertThat(read(LogQuery.ALL)).containsExactly("before", "[DAMAGED 32]", "between", "after");
        assertThat(read(LogQuery.ALL.tail(2))).containsExactly("between", "after");
        log.mark(77, 5).output("more\n");
        assertThat(read(LogQuery.ALL))
                .containsExactly("before", "[DAMAGED 32]", "between", "after", "[DAMAGED 16]", "more");
    }

    @Test
    void half_a_mark_is_none_yet() {
        log.output("one\n").marks(new byte[] {1, 2, 3});
        assertThat(read(LogQuery.ALL)).containsExactly("one");
    }

    @Test
    void text_that_the_disk_has_not_kept_is_not_made_up() throws IOException {
        log.output("one\n").output("two\n").error("three\n");
        Files.writeString(folder.resolve("log/text"), "one\ntw");
        assertThat(read(LogQuery.ALL)).containsExactly("one", "tw…");
        assertThat(read(LogQuery.ALL.tail(1))).containsExactly("tw…");
    }

    @Test
    void a_follower_of_a_log_that_somebody_empties_sees_what_comes_after() throws Exception {
        log.output("one\n").output("two\n").output("three\n");
        try (Follower follower = new Follower(LogQuery.ALL)) {
            for (String each : List.of("one", "two", "three")) {
                assertThat(follower.next()).isEqualTo(each);
            }
            Files.write(folder.resolve("log/text"), new byte[0]);
            Files.write(folder.resolve("log/times"), new byte[0]);
            log.output("four\n");
            assertThat(follower.next()).isEqualTo("four");
        }
    }

    @Test
    void a_long_line_and_much_text_at_once_are_read_whole() {
        String line = "x".repeat(700_000);
        log.output("one\n" + line + "\ntwo\n").output("three\n".repeat(50_000));
        List<String> read = read(LogQuery.ALL);
        assertThat(read).hasSize(50_003).startsWith("one", line, "two", "three").endsWith("three");
        assertThat(read(LogQuery.ALL.tail(50_002))).startsWith(line, "two").hasSize(50_002);
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

        /** Whether it has read all there is. */
        boolean waits() throws InterruptedException {
            for (int i = 0; i < 2000 && thread.getState() != Thread.State.RUNNABLE; i++) {
                Thread.sleep(1);
            }
            Thread.sleep(100);
            return seen.isEmpty();
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

    @Test
    void a_follower_sees_what_is_written_from_the_first_byte_across_rotations_to_the_end() throws Exception {
        try (Follower follower = new Follower(LogQuery.ALL)) {
            log.output("one\n");
            assertThat(follower.next()).isEqualTo("one");
            log.output("prompt> ");
            assertThat(follower.next()).isEqualTo("prompt> …");
            log.output("answer\n");
            assertThat(follower.next()).isEqualTo("…answer");
            log.rotate(2).output("three\n");
            assertThat(follower.next()).isEqualTo("three");
            log.output("four\n").rotate(2);
            assertThat(follower.next()).isEqualTo("four");
            log.output("fi").output("ve\n");
            assertThat(follower.next()).isEqualTo("five");
            log.output("six\n").text("last words");
            follower.endMonitor();
            assertThat(follower.next()).isEqualTo("six");
            assertThat(follower.next()).isEqualTo("last words…");
            assertThat(follower.next()).isEqualTo("end");
        }
    }

    @Test
    void a_follower_may_begin_with_the_last_lines_and_give_up() throws Exception {
        log.output("one\n").output("two\n").rotate(1).output("three\n");
        Follower follower = new Follower(LogQuery.ALL.tail(2));
        assertThat(follower.next()).isEqualTo("two");
        assertThat(follower.next()).isEqualTo("three");
        log.rotate(2).output("four\n");
        assertThat(follower.next()).isEqualTo("four");
        follower.close();
        assertThat(follower.next()).isEqualTo("interrupted");
    }

    @Test
    void a_follower_may_begin_with_what_comes_next() throws Exception {
        log.output("one\n");
        try (Follower follower = new Follower(LogQuery.ALL.tail(0))) {
            assertThat(follower.waits()).isTrue();
            log.output("two\n");
            assertThat(follower.next()).isEqualTo("two");
        }
    }

    @Test
    void a_follower_who_is_overtaken_hears_that_something_is_missing() throws Exception {
        log.output("one\n");
        List<String> seen = new ArrayList<>();
        try (Sockets.Pair monitor = kernel.sockets().pair(Sockets.Type.SEQUENCED_PACKETS)) {
            new InstanceLog(kernel, folder).follow(LogQuery.ALL, monitor.second(), entry -> {
                seen.add(shown(entry));
                if (seen.size() == 1) {
                    log.output("two\n");
                    for (int i = 2; i < 5; i++) {
                        log.rotate(1).output(i + "\n");
                    }
                    monitor.first().close();
                }
            });
        }
        assertThat(seen).containsExactly("one", "two", "[ROTATED_AWAY 0]", "3", "4");
    }
}
