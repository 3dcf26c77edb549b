package dev.carafe.image.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A body as it comes, some of it ahead of its reader. It fails if it does not come, or comes too slowly; only the time
 * counts that its reader waits for it.
 */
final class BodyStream extends InputStream implements BodySubscriber<BodyStream> {

    /** Pieces ahead, of 16 KiB each. */
    private static final int AHEAD = 32;

    private sealed interface Arrival {
        record Piece(List<ByteBuffer> buffers) implements Arrival {}

        record End() implements Arrival {}

        record Failure(Throwable cause) implements Arrival {}
    }

    private final Patience patience;
    private volatile @Nullable Subscription subscription;
    /** Bounded by what is asked for. */
    private final BlockingQueue<Arrival> arrived = new LinkedBlockingQueue<>();

    private final Deque<ByteBuffer> ready = new ArrayDeque<>();
    private @Nullable Arrival last;
    private long waited;
    private long cameMeanwhile;
    private volatile boolean closed;

    BodyStream(Patience patience) {
        this.patience = patience;
    }

    // The side of the connection

    @Override
    public CompletionStage<BodyStream> getBody() {
        return CompletableFuture.completedStage(this);
    }

    @Override
    public void onSubscribe(Subscription newSubscription) {
        subscription = newSubscription;
        if (closed) {
            newSubscription.cancel();
        } else {
            newSubscription.request(AHEAD);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        arrived.add(new Arrival.Piece(buffers));
    }

    @Override
    public void onError(Throwable cause) {
        arrived.add(new Arrival.Failure(cause));
    }

    @Override
    public void onComplete() {
        arrived.add(new Arrival.End());
    }

    // The reader's side

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, buffer.length);
        if (length == 0) {
            return 0;
        }
        while (ready.isEmpty()) {
            switch (last != null ? last : await()) {
                case Arrival.Piece(List<ByteBuffer> buffers) -> {
                    buffers.stream().filter(ByteBuffer::hasRemaining).forEach(ready::add);
                    Subscription known = subscription;
                    if (known != null) {
                        known.request(1);
                    }
                }
                case Arrival.End end -> {
                    last = end;
                    return -1;
                }
                case Arrival.Failure failure -> {
                    last = failure;
                    throw new IOException(Failures.reason(failure.cause()), failure.cause());
                }
            }
        }
        int count = 0;
        while (count < length && !ready.isEmpty()) {
            ByteBuffer first = ready.getFirst();
            int part = Math.min(length - count, first.remaining());
            first.get(buffer, offset + count, part);
            count += part;
            if (!first.hasRemaining()) {
                ready.removeFirst();
            }
        }
        cameMeanwhile += count;
        return count;
    }

    private Arrival await() throws IOException {
        Arrival arrival = arrived.poll();
        if (arrival != null) {
            return arrival;
        }
        long most = patience.stall().toNanos();
        long begun = System.nanoTime();
        try {
            arrival = arrived.poll(most, TimeUnit.NANOSECONDS);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
        if (arrival == null) {
            throw new IOException("nothing came for " + shown(patience.stall()));
        }
        waited += System.nanoTime() - begun;
        if (waited >= most) {
            if (cameMeanwhile < patience.slowest() * most / 1_000_000_000) {
                throw new IOException("only " + cameMeanwhile + " bytes came in " + shown(patience.stall()));
            }
            waited = 0;
            cameMeanwhile = 0;
        }
        return arrival;
    }

    private static String shown(Duration duration) {
        return duration.toMillis() < 10_000 ? duration.toMillis() + " ms" : duration.toSeconds() + " s";
    }

    /** Gives up what has not come; the connection is used again only if all has. */
    @Override
    public void close() {
        closed = true;
        Subscription known = subscription;
        if (known != null) {
            known.cancel();
        }
        ready.clear();
    }
}
