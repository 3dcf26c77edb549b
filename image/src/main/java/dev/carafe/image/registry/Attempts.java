package dev.carafe.image.registry;

import dev.carafe.image.error.ImageException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.time.Duration;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

/** How often something has been tried, and when it is tried again. For one thread. */
final class Attempts {

    /** What has to come in between for the count to begin anew: a byte each time would be for ever. */
    private static final long MOVED_ON = 1 << 20;
    /** Who is not there at once is seldom there a little later. */
    private static final int CONNECTIONS = 2;

    private final Patience patience;
    private final Clock clock;
    private int failed;
    private long moved;

    Attempts(Patience patience, Clock clock) {
        this.patience = patience;
        this.clock = clock;
    }

    /** Some of it has come. */
    void moved(long bytes) {
        moved += bytes;
    }

    /**
     * Waits until it may be tried again.
     *
     * @throws ImageException if it is of no use, or has been tried often enough
     */
    void failed(Call call, IOException exception) {
        if (exception instanceof InterruptedIOException
                && Thread.currentThread().isInterrupted()) {
            throw Failures.interrupted(call);
        }
        if (moved >= MOVED_ON) {
            failed = 0;
            moved = 0;
        }
        failed++;
        if (failed >= most(exception)) {
            throw Failures.unreachable(call, exception, failed);
        }
        Duration own = patience.firstPause().multipliedBy(1L << Math.min(failed - 1, 20));
        Duration pause = min(own, patience.longestPause());
        // Between half of it and all of it, so that many who failed together do not come back together.
        pause = Duration.ofNanos((long) (pause.toNanos() * (0.5 + clock.random() / 2)));
        if (exception instanceof TryLaterException later && later.pause().isPresent()) {
            Duration asked = later.pause().get();
            if (asked.compareTo(patience.longestPause()) > 0) {
                throw Failures.unreachable(call, exception, failed);
            }
            pause = asked.compareTo(pause) > 0 ? asked : pause;
        }
        try {
            clock.sleep(pause);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw Failures.interrupted(call);
        }
    }

    private int most(IOException exception) {
        if (exception instanceof SSLHandshakeException || exception instanceof SSLPeerUnverifiedException) {
            return 1;
        }
        if (exception instanceof ConnectException || exception instanceof HttpConnectTimeoutException) {
            return Math.min(CONNECTIONS, patience.attempts());
        }
        return patience.attempts();
    }

    private static Duration min(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
