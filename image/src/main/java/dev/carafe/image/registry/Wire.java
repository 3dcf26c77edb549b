package dev.carafe.image.registry;

import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/** Makes one request to one server, and gives up where nothing moves. */
final class Wire implements AutoCloseable {

    private final Connections.Lent connections;
    private final Proxies proxies;
    private final RegistryOptions options;
    private final Way way;

    Wire(RegistryOptions options, Way way, Connections connections) {
        this.options = options;
        this.way = way;
        this.proxies = new Proxies(options.environment());
        this.connections = connections.borrow(options, way.trust(), proxies);
    }

    /** Makes a request as it stands, wherever it goes. */
    Answer send(Call call, Optional<String> authorization) throws IOException {
        URI uri = call.uri();
        AtomicLong sent = new AtomicLong();
        HttpRequest request;
        try {
            request = request(call, authorization, sent);
        } catch (IllegalArgumentException malformed) {
            // Its own message shows what it is, which may be a secret.
            throw new ImageException(
                    INVALID,
                    "cannot " + call.asking() + ": the address, a header or a credential is none that HTTP can carry");
        }
        CompletableFuture<HttpResponse<BodyStream>> future =
                connections.client().sendAsync(request, _ -> new BodyStream(options.patience()));
        HttpResponse<BodyStream> response = await(call, future, sent);
        return new Answer(call, uri, response.statusCode(), response.headers(), response.body());
    }

    private HttpRequest request(Call call, Optional<String> authorization, AtomicLong sent) {
        HttpRequest.Builder request = HttpRequest.newBuilder(call.uri()).setHeader("User-Agent", options.userAgent());
        way.headers().forEach((name, values) -> values.forEach(value -> request.header(name, value)));
        if (call.body().isPresent()) {
            request.method(call.method(), new CountedPublisher(call.body().get().get(), sent));
        } else {
            switch (call.method()) {
                case "GET" -> request.GET();
                case "HEAD" -> request.HEAD();
                case "DELETE" -> request.DELETE();
                default -> request.method(call.method(), BodyPublishers.noBody());
            }
        }
        call.headers().forEach(request::setHeader);
        authorization.ifPresent(it -> request.setHeader("Authorization", it));
        proxies.authorization(call.uri()).ifPresent(it -> request.setHeader("Proxy-Authorization", it));
        return request.build();
    }

    private HttpResponse<BodyStream> await(
            Call call, CompletableFuture<HttpResponse<BodyStream>> future, AtomicLong sent) throws IOException {
        long stall = options.patience().stall().toNanos();
        long before = -1;
        while (true) {
            try {
                return future.get(stall, TimeUnit.NANOSECONDS);
            } catch (TimeoutException exception) {
                long now = sent.get();
                if (now == before || now == 0) {
                    future.cancel(true);
                    throw new HttpTimeoutException(
                            "no answer came for " + options.patience().stall().toMillis() + " ms");
                }
                before = now;
            } catch (InterruptedException exception) {
                future.cancel(true);
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            } catch (CancellationException exception) {
                throw new IOException("the request was given up", exception);
            } catch (ExecutionException exception) {
                throw failure(call, exception);
            }
        }
    }

    private static IOException failure(Call call, ExecutionException exception) {
        return switch (exception.getCause()) {
            case IOException cause -> cause;
            case UncheckedIOException cause -> new IOException(Failures.reason(cause), cause);
            // No fault of the server's, and the same the next time.
            case null, default ->
                throw new ImageException(
                        FAILED, "cannot " + call.asking() + ": " + Failures.reason(exception), exception);
        };
    }

    @Override
    public void close() {
        connections.close();
    }
}
