package dev.carafe.linux;

/**
 * An open file descriptor, owned by whoever holds this object.
 *
 * <p>Thread-safe; closing twice is harmless. A descriptor that is never closed stays open until the JVM ends: no
 * cleaner looks after it.
 */
public final class Fd implements AutoCloseable {

    /** {@code AT_FDCWD}: the directory that relative paths start from. Closing it does nothing. */
    public static final Fd CWD = new Fd(SystemCalls.ofKernel(), -100);

    private static final int CLOSED = -1;

    private final SystemCalls calls;
    private int number;

    private Fd(SystemCalls calls, int number) {
        this.calls = calls;
        this.number = number;
    }

    /** Takes over an open descriptor. */
    public static Fd of(SystemCalls calls, int number) {
        if (number < 0) {
            throw new IllegalArgumentException("not an open descriptor: " + number);
        }
        return new Fd(calls, number);
    }

    /**
     * Its number.
     *
     * @throws IllegalStateException if it is closed
     */
    public synchronized int number() {
        if (number == CLOSED) {
            throw new IllegalStateException("the descriptor is closed");
        }
        return number;
    }

    /** Gives up ownership: the number stays open and this object counts as closed. */
    public synchronized int release() {
        int released = number();
        number = CLOSED;
        return released;
    }

    /** Closes it; an error is not reported, as {@code close(2)} has freed the number even so. */
    @Override
    public synchronized void close() {
        if (number >= 0) {
            int closing = number;
            number = CLOSED;
            calls.call(SystemCall.CLOSE, closing, 0, 0, 0, 0, 0);
        }
    }

    @Override
    public synchronized String toString() {
        return this == CWD ? "AT_FDCWD" : number == CLOSED ? "closed" : Integer.toString(number);
    }
}
