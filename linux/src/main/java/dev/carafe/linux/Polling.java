package dev.carafe.linux;

import static dev.carafe.linux.Struct.u16;
import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.Struct.u64;
import static dev.carafe.linux.SystemCallException.check;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Waiting for descriptors to become ready: {@code ppoll(2)} for a few, once; {@link Epoll} for many, again and again.
 *
 * <p>Signals do not end a wait. A wait holds its thread.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/poll.2.html">poll(2)</a>
 */
public final class Polling {

    /** There is something to read, a peer to accept, a process that has ended. */
    public static final int IN = 0x1;
    /** There is something exceptional, such as a changed control file of a cgroup. */
    public static final int PRIORITY = 0x2;
    /** Writing would not wait. */
    public static final int OUT = 0x4;
    /** An error is pending; reported unasked. */
    public static final int ERROR = 0x8;
    /** The other end has closed; reported unasked. */
    public static final int HANG_UP = 0x10;
    /** The descriptor is not open; reported unasked by {@link #poll}. */
    public static final int INVALID = 0x20;
    /** The other end of a stream has ended its sending. */
    public static final int READ_HANG_UP = 0x2000;

    /** A timeout that never comes. */
    public static final Duration FOREVER = ChronoUnit.FOREVER.getDuration();

    /** A descriptor and which events to wait for on it. */
    public record Interest(Fd fd, int events) {}

    static final Struct POLLFD = Struct.of("pollfd", u32("fd"), u16("events"), u16("revents"));

    static final Struct TIMESPEC = Struct.of("timespec", u64("tv_sec"), u64("tv_nsec"));

    private static final long NANOS_A_SECOND = 1_000_000_000L;

    private final SystemCalls calls;

    Polling(SystemCalls calls) {
        this.calls = calls;
    }

    /**
     * Waits until one of several descriptors is ready.
     *
     * @param timeout zero or less to look without waiting, or {@link #FOREVER}
     * @return the events of each, in the order asked; all 0 when the time is over
     */
    public int[] poll(List<Interest> interests, Duration timeout) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment descriptors = POLLFD.allocate(arena, interests.size());
            for (int i = 0; i < interests.size(); i++) {
                int at = i * POLLFD.size();
                Memory.setInt(
                        descriptors,
                        at + POLLFD.offset("fd"),
                        interests.get(i).fd().number());
                Memory.setShort(descriptors, at + POLLFD.offset("events"), (short)
                        interests.get(i).events());
            }
            MemorySegment rest = TIMESPEC.allocate(arena);
            Deadline deadline = Deadline.in(timeout);
            long result;
            do {
                long nanos = deadline.remainingNanos();
                Memory.setLong(rest, TIMESPEC.offset("tv_sec"), nanos / NANOS_A_SECOND);
                Memory.setLong(rest, TIMESPEC.offset("tv_nsec"), nanos % NANOS_A_SECOND);
                result = calls.call(
                        SystemCall.PPOLL,
                        descriptors.address(),
                        interests.size(),
                        deadline.never() ? 0 : rest.address(),
                        0,
                        0,
                        0);
            } while (result == -Errno.EINTR.number());
            check(result, SystemCall.PPOLL, interests);
            int[] ready = new int[interests.size()];
            for (int i = 0; i < ready.length; i++) {
                int at = i * POLLFD.size() + POLLFD.offset("revents");
                ready[i] = Short.toUnsignedInt(Memory.getShort(descriptors, at));
            }
            return ready;
        }
    }

    /** Waits until there is something to read on a descriptor, or its end; {@code false} when the time is over. */
    public boolean awaitReadable(Fd fd, Duration timeout) {
        return poll(List.of(new Interest(fd, IN)), timeout)[0] != 0;
    }

    /** A new set of descriptors to wait on. */
    public Epoll epoll() {
        return new Epoll(calls);
    }

    /** A point in monotonic time, for a wait that may have to begin again. */
    record Deadline(long at, boolean never) {
        static Deadline in(Duration timeout) {
            boolean never = timeout.compareTo(Duration.ofNanos(Long.MAX_VALUE / 2)) > 0;
            return new Deadline(never ? 0 : System.nanoTime() + (timeout.isNegative() ? 0 : timeout.toNanos()), never);
        }

        long remainingNanos() {
            return never ? 0 : Math.max(0, at - System.nanoTime());
        }
    }
}
