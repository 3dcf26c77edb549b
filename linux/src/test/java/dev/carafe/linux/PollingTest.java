package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Epoll.Ready;
import dev.carafe.linux.Polling.Interest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PollingTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final Kernel kernel = Kernel.host();
    private final Polling polling = kernel.polling();
    private final Sockets sockets = kernel.sockets();

    @Test
    void the_descriptor_that_is_ready_is_told_from_the_one_that_is_not() {
        try (Sockets.Pair quiet = sockets.pair(Sockets.Type.STREAM);
                Sockets.Pair busy = sockets.pair(Sockets.Type.STREAM)) {
            sockets.sendMessage(busy.first(), new byte[1], List.of());
            List<Interest> interests =
                    List.of(new Interest(quiet.second(), Polling.IN), new Interest(busy.second(), Polling.IN));
            assertThat(polling.poll(interests, Polling.FOREVER)).containsExactly(0, Polling.IN);
        }
    }

    @Test
    void a_peer_that_has_gone_is_reported_unasked() {
        try (Sockets.Pair pair = sockets.pair(Sockets.Type.STREAM)) {
            pair.first().close();
            assertThat(polling.poll(List.of(new Interest(pair.second(), 0)), LONG))
                    .containsExactly(Polling.HANG_UP);
        }
    }

    @Test
    void looking_without_waiting_returns_at_once_and_a_short_wait_takes_its_time() {
        try (Sockets.Pair pair = sockets.pair(Sockets.Type.STREAM)) {
            assertThat(polling.awaitReadable(pair.first(), Duration.ZERO)).isFalse();
            assertThat(polling.awaitReadable(pair.first(), Duration.ofSeconds(-1)))
                    .isFalse();
            long before = System.nanoTime();
            assertThat(polling.awaitReadable(pair.first(), Duration.ofMillis(20)))
                    .isFalse();
            assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(20_000_000);
        }
    }

    @Test
    void a_signal_neither_ends_a_wait_nor_prolongs_it() {
        var waits = new AtomicInteger();
        SystemCalls real = SystemCalls.ofKernel();
        Polling interrupted = Kernel.over((call, a, b, c, d, e, f) -> {
                    long result = real.call(call, a, b, c, d, e, f);
                    return (call == SystemCall.PPOLL || call == SystemCall.EPOLL_PWAIT)
                                    && waits.incrementAndGet() % 2 == 1
                            ? -Errno.EINTR.number()
                            : result;
                })
                .polling();
        try (Sockets.Pair pair = sockets.pair(Sockets.Type.STREAM);
                Epoll epoll = interrupted.epoll()) {
            long before = System.nanoTime();
            assertThat(interrupted.awaitReadable(pair.first(), Duration.ofMillis(30)))
                    .isFalse();
            epoll.add(pair.first(), Polling.IN, 1);
            assertThat(epoll.await(1, Duration.ofMillis(30))).isEmpty();
            assertThat(waits).hasValue(4);
            // The interrupted waits had used up all the time, so that the second ones only looked.
            assertThat(System.nanoTime() - before)
                    .isLessThan(Duration.ofSeconds(10).toNanos());
        }
    }

    @Test
    void epoll_reports_the_token_of_what_is_ready_until_it_is_removed() {
        try (Sockets.Pair first = sockets.pair(Sockets.Type.STREAM);
                Sockets.Pair second = sockets.pair(Sockets.Type.STREAM);
                Epoll epoll = polling.epoll()) {
            epoll.add(first.second(), Polling.IN, Long.MIN_VALUE + 1);
            epoll.add(second.second(), Polling.IN, Long.MAX_VALUE);
            assertThat(epoll.await(10, Duration.ZERO)).isEmpty();

            sockets.sendMessage(first.first(), new byte[1], List.of());
            assertThat(epoll.await(10, LONG)).containsExactly(new Ready(Long.MIN_VALUE + 1, Polling.IN));
            sockets.sendMessage(second.first(), new byte[1], List.of());
            assertThat(epoll.await(10, Polling.FOREVER))
                    .containsExactlyInAnyOrder(
                            new Ready(Long.MIN_VALUE + 1, Polling.IN), new Ready(Long.MAX_VALUE, Polling.IN));
            assertThat(epoll.await(1, LONG)).hasSize(1);

            epoll.remove(first.second());
            epoll.modify(second.second(), Polling.OUT, 7);
            assertThat(epoll.await(10, LONG)).containsExactly(new Ready(7, Polling.OUT));
            assertThatThrownBy(() -> epoll.remove(first.second())).hasMessageContaining("ENOENT");
        }
    }

    @Test
    void epoll_reports_once_what_it_was_asked_to_report_once() {
        try (Sockets.Pair pair = sockets.pair(Sockets.Type.STREAM);
                Epoll epoll = polling.epoll()) {
            epoll.add(pair.second(), Polling.IN | Epoll.ONCE, 1);
            sockets.sendMessage(pair.first(), new byte[1], List.of());
            assertThat(epoll.await(10, LONG)).hasSize(1);
            assertThat(epoll.await(10, Duration.ZERO)).isEmpty();
            epoll.modify(pair.second(), Polling.IN | Epoll.EDGE_TRIGGERED, 2);
            assertThat(epoll.await(10, LONG)).containsExactly(new Ready(2, Polling.IN));
            assertThat(epoll.await(10, Duration.ZERO)).isEmpty();
        }
    }
}
