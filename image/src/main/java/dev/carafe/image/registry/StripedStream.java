package dev.carafe.image.registry;

import dev.carafe.image.error.ImageException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A blob in order that comes in stripes. The first shows how fast one connection is: if that is enough the rest comes
 * over one as well, else in several stripes at once. Each of these has room in memory, so that none waits for those
 * before it; there are never more than connections. If one fails, the rest comes over one connection, from where the
 * reader is.
 */
final class StripedStream extends InputStream {

    private static final int PIECE = 128 << 10;

    /** Gives the blob from one place on. */
    interface Source {
        /** Up to another place. */
        BlobStream stripe(long from, long to);

        /** Up to its end. */
        BlobStream rest(long from);
    }

    private final Source source;
    private final Striping striping;
    private final long size;
    private final Deque<Stripe> coming = new ArrayDeque<>();
    private long position;
    private long asked;
    /** The first stripe, until it has been read. */
    private @Nullable BlobStream first;

    private long waited;
    private @Nullable BlobStream rest;

    /** @param first has begun already; it goes up to the first stripe's end */
    StripedStream(Source source, Striping striping, BlobStream first, long offset, long size) {
        this.source = source;
        this.striping = striping;
        this.size = size;
        this.first = first;
        this.position = offset;
        this.asked = offset + striping.bytes();
    }

    private void goOn() {
        if (striping.bytes() * 1e9 / Math.max(1, waited) >= striping.enough()) {
            rest = source.rest(position);
        }
        while (rest == null && coming.size() < striping.connections() && asked < size) {
            begin(new byte[striping.bytes()]);
        }
    }

    private void begin(byte[] room) {
        long from = asked;
        long to = Math.min(size, from + striping.bytes());
        asked = to;
        Stripe stripe = new Stripe(room, (int) (to - from));
        coming.add(stripe);
        stripe.thread = Thread.ofVirtual().name("stripe").start(() -> stripe.fill(() -> source.stripe(from, to)));
    }

    private int readFirst(BlobStream stripe, byte[] buffer, int offset, int length) {
        long begun = System.nanoTime();
        int count = stripe.read(buffer, offset, length);
        waited += System.nanoTime() - begun;
        position += Math.max(0, count);
        if (position == asked) {
            stripe.close();
            first = null;
            goOn();
        }
        return count;
    }

    @Override
    public int read() throws InterruptedIOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws InterruptedIOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (length == 0) {
            return 0;
        }
        if (position == size) {
            return -1;
        }
        if (first != null) {
            try {
                return readFirst(first, buffer, offset, length);
            } catch (ImageException failed) {
                if (Thread.currentThread().isInterrupted()) {
                    throw failed;
                }
                giveUp();
                rest = source.rest(position);
            }
        }
        BlobStream alone = rest;
        if (alone == null) {
            Stripe stripe = coming.getFirst();
            try {
                int count = stripe.take(buffer, offset, length);
                position += count;
                if (stripe.isTaken()) {
                    coming.removeFirst();
                    if (asked < size) {
                        begin(stripe.room);
                    }
                }
                return count;
            } catch (ImageException failed) {
                if (Thread.currentThread().isInterrupted()) {
                    throw failed;
                }
                giveUp();
                alone = source.rest(position);
                rest = alone;
            }
        }
        int count = alone.read(buffer, offset, length);
        position += Math.max(0, count);
        return count;
    }

    private void giveUp() {
        if (first != null) {
            first.close();
            first = null;
        }
        coming.forEach(Stripe::stop);
        coming.clear();
    }

    @Override
    public void close() {
        giveUp();
        if (rest != null) {
            rest.close();
        }
        position = size;
    }

    /** A part of the blob, which one thread fills and another empties. */
    private static final class Stripe {

        /** Opens what it is filled from. */
        interface Opening {
            BlobStream open();
        }

        private final byte[] room;
        private final int size;
        private int filled;
        private int taken;
        private @Nullable ImageException failure;
        private volatile @Nullable Thread thread;

        Stripe(byte[] room, int size) {
            this.room = room;
            this.size = size;
        }

        private void fill(Opening opening) {
            try (BlobStream content = opening.open()) {
                for (int at = 0; at < size; ) {
                    int count = content.read(room, at, Math.min(PIECE, size - at));
                    at += count;
                    filled(at);
                }
            } catch (ImageException exception) {
                failed(exception);
            } catch (RuntimeException exception) {
                failed(new ImageException(
                        ImageException.Kind.FAILED, "a part of a blob cannot be had: " + exception, exception));
            }
        }

        private synchronized void filled(int upTo) {
            filled = upTo;
            notifyAll();
        }

        private synchronized void failed(ImageException exception) {
            failure = exception;
            notifyAll();
        }

        private int take(byte[] buffer, int offset, int length) throws InterruptedIOException {
            int count = Math.min(length, available());
            System.arraycopy(room, taken, buffer, offset, count);
            taken += count;
            return count;
        }

        private synchronized int available() throws InterruptedIOException {
            while (filled == taken) {
                if (failure != null) {
                    throw failure;
                }
                try {
                    wait();
                } catch (InterruptedException exception) {
                    Thread.currentThread().interrupt();
                    throw new InterruptedIOException("interrupted");
                }
            }
            return filled - taken;
        }

        private boolean isTaken() {
            return taken == size;
        }

        private void stop() {
            Thread filling = thread;
            if (filling != null) {
                filling.interrupt();
            }
        }
    }
}
