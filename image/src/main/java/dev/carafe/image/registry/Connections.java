package dev.carafe.image.registry;

import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Connections to servers that stay open between those who use them, for a process that serves many: to prepare TLS and
 * to connect takes longer than to ask whether an image is still the same.
 *
 * <p>Only those are kept that any caller would make alike: where files say whom to trust or who one is, which may change,
 * each has his own. What a caller may do he says in each request. Thread-safe.
 */
public final class Connections implements AutoCloseable {

    private static final int KEPT = 8;
    /** The machine's own certificates may change, and servers' addresses. */
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private final Clock clock;
    private final boolean keeps;
    private final Map<Kind, Kept> open = new HashMap<>();

    private record Kind(boolean verify, Duration connect, List<String> proxies) {}

    private static final class Kept {
        private final HttpClient client;
        private final Instant made;
        private int users;
        private boolean retired;

        private Kept(HttpClient client, Instant made) {
            this.client = client;
            this.made = made;
        }
    }

    private Connections(Clock clock, boolean keeps) {
        this.clock = clock;
        this.keeps = keeps;
    }

    /** None is kept. */
    public static Connections ofEach() {
        return new Connections(Clock.SYSTEM, false);
    }

    /** They are kept until this is closed, or for some minutes. */
    public static Connections kept(Clock clock) {
        return new Connections(clock, true);
    }

    /** A client that is borrowed. */
    record Lent(HttpClient client, Runnable giveBack) implements AutoCloseable {
        @Override
        public void close() {
            giveBack.run();
        }
    }

    Lent borrow(RegistryOptions options, Trust trust, Proxies proxies) {
        if (!keeps || !trust.authorities().isEmpty() || !trust.client().isEmpty()) {
            HttpClient client = make(options, trust, proxies);
            return new Lent(client, client::shutdownNow);
        }
        return borrow(new Kind(trust.verify(), options.patience().connect(), proxies.said()), options, trust, proxies);
    }

    private synchronized Lent borrow(Kind kind, RegistryOptions options, Trust trust, Proxies proxies) {
        @Nullable Kept kept = open.get(kind);
        if (kept != null && kept.made.plus(LONGEST).isBefore(clock.now())) {
            retire(kind, kept);
            kept = null;
        }
        if (kept == null) {
            if (open.size() == KEPT) {
                open.entrySet().stream()
                        .min(Comparator.comparing(it -> it.getValue().made))
                        .ifPresent(oldest -> retire(oldest.getKey(), oldest.getValue()));
            }
            kept = new Kept(make(options, trust, proxies), clock.now());
            open.put(kind, kept);
        }
        kept.users++;
        Kept lent = kept;
        return new Lent(lent.client, () -> giveBack(lent));
    }

    private synchronized void giveBack(Kept kept) {
        kept.users--;
        if (kept.retired && kept.users == 0) {
            kept.client.shutdownNow();
        }
    }

    private void retire(Kind kind, Kept kept) {
        open.remove(kind);
        kept.retired = true;
        if (kept.users == 0) {
            kept.client.shutdownNow();
        }
    }

    private static HttpClient make(RegistryOptions options, Trust trust, Proxies proxies) {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(options.patience().connect())
                .proxy(proxies)
                .sslContext(trust.context())
                .build();
    }

    @Override
    public synchronized void close() {
        Map.copyOf(open).forEach(this::retire);
    }
}
