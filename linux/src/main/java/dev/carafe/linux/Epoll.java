package dev.carafe.linux;

import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.Struct.u64;
import static dev.carafe.linux.SystemCallException.check;
import static dev.carafe.linux.SystemCallException.hex;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A set of descriptors to wait on, level-triggered unless told otherwise. Events are those of {@link Polling}.
 *
 * <p>Thread-safe: one thread may wait while others add and remove.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/epoll.7.html">epoll(7)</a>
 */
public final class Epoll implements AutoCloseable {

    /** {@code EPOLLET}: report a change once rather than a state for as long as it lasts. */
    public static final int EDGE_TRIGGERED = 1 << 31;
    /** {@code EPOLLONESHOT}: report once, then nothing until {@link #modify}. */
    public static final int ONCE = 1 << 30;

    /**
     * A descriptor that is ready.
     *
     * @param token what it was added with
     * @param events why
     */
    public record Ready(long token, int events) {}

    /** Packed on amd64 alone, for the sake of its 32-bit form. */
    static final Struct EPOLL_EVENT = Architecture.current() == Architecture.AMD64
            ? Struct.packed("epoll_event", u32("events"), u64("data"))
            : Struct.of("epoll_event", u32("events"), u64("data"));

    private static final int EPOLL_CLOEXEC = 02000000;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLL_CTL_MOD = 3;
    private static final long NANOS_A_MILLISECOND = 1_000_000;
    private static final int DATA = EPOLL_EVENT.offset("data");

    private final SystemCalls calls;
    private final Fd epoll;

    Epoll(SystemCalls calls) {
        this.calls = calls;
        this.epoll = Fd.of(calls, (int)
                check(calls.call(SystemCall.EPOLL_CREATE1, EPOLL_CLOEXEC, 0, 0, 0, 0, 0), SystemCall.EPOLL_CREATE1));
    }

    /** Adds a descriptor; {@code token} will tell it apart. It leaves by itself when its open file closes. */
    public void add(Fd fd, int events, long token) {
        control(EPOLL_CTL_ADD, fd, events, token);
    }

    /** Waits for other events on a descriptor of the set. */
    public void modify(Fd fd, int events, long token) {
        control(EPOLL_CTL_MOD, fd, events, token);
    }

    /** Takes a descriptor out of the set. */
    public void remove(Fd fd) {
        control(EPOLL_CTL_DEL, fd, 0, 0);
    }

    /**
     * Waits until a descriptor is ready.
     *
     * @param most how many to return at the most, at least 1
     * @param timeout zero or less to look without waiting, or {@link Polling#FOREVER}; rounded up to milliseconds, 24
     *     days at the most
     * @return empty when the time is over
     */
    public List<Ready> await(int most, Duration timeout) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment events = EPOLL_EVENT.allocate(arena, most);
            Polling.Deadline deadline = Polling.Deadline.in(timeout);
            long result;
            do {
                long milliseconds = Math.ceilDiv(deadline.remainingNanos(), NANOS_A_MILLISECOND);
                result = calls.call(
                        SystemCall.EPOLL_PWAIT,
                        epoll.number(),
                        events.address(),
                        most,
                        deadline.never() ? -1 : Math.min(milliseconds, Integer.MAX_VALUE),
                        0,
                        0);
            } while (result == -Errno.EINTR.number());
            check(result, SystemCall.EPOLL_PWAIT, epoll, most);
            List<Ready> ready = new ArrayList<>((int) result);
            for (long at = 0; at < result * EPOLL_EVENT.size(); at += EPOLL_EVENT.size()) {
                ready.add(new Ready(Memory.getLong(events, at + DATA), Memory.getInt(events, at)));
            }
            return ready;
        }
    }

    @Override
    public void close() {
        epoll.close();
    }

    private void control(int operation, Fd fd, int events, long token) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = EPOLL_EVENT.allocate(arena);
            Memory.setInt(event, 0, events);
            Memory.setLong(event, DATA, token);
            check(
                    calls.call(SystemCall.EPOLL_CTL, epoll.number(), operation, fd.number(), event.address(), 0, 0),
                    SystemCall.EPOLL_CTL,
                    epoll,
                    operation,
                    fd,
                    hex(Integer.toUnsignedLong(events)));
        }
    }
}
