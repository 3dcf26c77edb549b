package dev.carafe.image.registry;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.store.BlobSource;
import dev.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A blob on its way to a registry: in one piece, or in several if the registry wants that or the first was cut.
 *
 * @see <a href="https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs">Pushing blobs</a>
 */
final class Upload {

    private static final long CHUNK = 32L << 20;
    private static final Pattern RANGE = Pattern.compile("(?:bytes=)?0-([0-9]{1,18})");
    private static final String BINARY = "application/octet-stream";

    private final Exchange exchange;
    private final Call call;
    private final Descriptor blob;
    private final BlobSource source;
    private final LongConsumer moved;
    private final URI start;

    /** Where the registry wants the next request of it; none before it has begun. */
    private @Nullable URI location;

    private boolean attempted;
    private volatile @Nullable IOException broken;
    private long chunkLeast;
    private long reported;

    /**
     * @param call what its requests have in common
     * @param start where uploads begin
     * @param moved hears how many more bytes have gone
     */
    Upload(Exchange exchange, Call call, URI start, Descriptor blob, BlobSource source, LongConsumer moved) {
        this.exchange = exchange;
        this.call = call;
        this.start = start;
        this.blob = blob;
        this.source = source;
        this.moved = moved;
    }

    /** Takes up one that the registry has begun. */
    void begunBy(Answer answer) {
        location = Locations.resolve(answer, answer.header("Location").orElse(""));
        chunkLeast = answer.header("OCI-Chunk-Min-Length")
                .filter(it -> it.matches("[0-9]{1,12}"))
                .map(Long::parseLong)
                .orElse(0L);
    }

    void run() {
        Attempts attempts = exchange.attempts();
        boolean done = false;
        try {
            while (!done) {
                try {
                    attempt(attempts);
                    done = true;
                } catch (IOException exception) {
                    refuseBrokenSource();
                    attempts.failed(call, exception);
                }
            }
        } finally {
            if (!done) {
                cancel();
            }
        }
    }

    /** What cannot be read here is no fault of the registry's. */
    private void refuseBrokenSource() {
        IOException cause = broken;
        if (cause != null) {
            throw new ImageException(
                    ImageException.Kind.FAILED,
                    "cannot " + call.asking() + ": its content cannot be read: " + Failures.reason(cause),
                    cause);
        }
    }

    private void attempt(Attempts attempts) throws IOException {
        long there = 0;
        URI known = location;
        if (known == null) {
            begin();
        } else if (attempted) {
            there = arrived(known);
        }
        attempted = true;
        if (there == 0 && chunkLeast == 0) {
            whole(attempts);
        } else {
            inChunks(there, attempts);
        }
    }

    private void begin() throws IOException {
        try (Answer answer = exchange.send(call.to(start).withMethod("POST").withBody(BodyPublishers::noBody))) {
            if (answer.status() != 202) {
                throw Failures.refused(answer);
            }
            begunBy(answer);
        }
    }

    /** How much of it is there; nothing if the registry has forgotten it, and it begins anew. */
    private long arrived(URI known) throws IOException {
        try (Answer answer = exchange.send(call.to(known))) {
            Matcher range = RANGE.matcher(answer.header("Range").orElse(""));
            if (answer.isSuccess() && range.matches()) {
                if (answer.header("Location").isPresent()) {
                    location =
                            Locations.resolve(answer, answer.header("Location").get());
                }
                // 0-0 is also what registries say that have nothing.
                long last = Long.parseLong(range.group(1));
                return last == 0 ? 0 : Math.min(blob.size(), last + 1);
            }
        }
        location = null;
        begin();
        return 0;
    }

    private void whole(Attempts attempts) throws IOException {
        try (Answer answer = exchange.send(
                finishing().with("Content-Type", BINARY).withBody(() -> body(0, blob.size(), attempts)))) {
            if (answer.status() == 416) {
                inChunks(0, attempts);
            } else {
                finished(answer);
            }
        }
    }

    private void inChunks(long from, Attempts attempts) throws IOException {
        long most = Math.max(CHUNK, chunkLeast);
        long at = from;
        boolean corrected = false;
        while (at < blob.size()) {
            long begin = at;
            long length = Math.min(most, blob.size() - begin);
            try (Answer answer = exchange.send(call.to(known())
                    .withMethod("PATCH")
                    .with("Content-Type", BINARY)
                    .with("Content-Range", begin + "-" + (begin + length - 1))
                    .withBody(() -> body(begin, length, attempts)))) {
                if (answer.status() == 416 && !corrected) {
                    corrected = true;
                    at = arrived(known());
                    continue;
                }
                if (!answer.isSuccess()) {
                    throw Failures.refused(answer);
                }
                location = Locations.resolve(answer, answer.header("Location").orElse(""));
            }
            corrected = false;
            at = begin + length;
        }
        try (Answer answer = exchange.send(finishing().withBody(BodyPublishers::noBody))) {
            finished(answer);
        }
    }

    private Call finishing() {
        String text = known().toString();
        return call.to(URI.create(text + (text.contains("?") ? "&" : "?") + "digest=" + blob.digest()))
                .withMethod("PUT");
    }

    private void finished(Answer answer) {
        if (!answer.isSuccess()) {
            throw Failures.refused(answer);
        }
        Optional<String> says = answer.header("Docker-Content-Digest");
        if (says.isPresent() && !says.get().equals(blob.digest().toString())) {
            throw Failures.senseless(answer, "says that what it has got is " + Failures.plain(says.get()));
        }
    }

    private URI known() {
        URI known = location;
        if (known == null) {
            throw new IllegalStateException("has not begun");
        }
        return known;
    }

    private BodyPublisher body(long from, long length, Attempts attempts) {
        if (length == 0) {
            return BodyPublishers.noBody();
        }
        return BodyPublishers.fromPublisher(
                BodyPublishers.ofInputStream(() -> {
                    try {
                        return new Part(source.open(blob, from), from, length, attempts);
                    } catch (IOException exception) {
                        broken = exception;
                        throw new UncheckedIOException(exception);
                    }
                }),
                length);
    }

    /** Tells the registry to forget what it has; if it does not hear, it will by itself. */
    private void cancel() {
        URI known = location;
        if (known != null && !Thread.currentThread().isInterrupted()) {
            try {
                exchange.send(call.to(known).withMethod("DELETE")).close();
            } catch (IOException | ImageException leftToTheRegistry) {
                // What failed before matters more.
            }
        }
    }

    /** A part of the content, and who hears how much of it has gone. */
    private final class Part extends InputStream {

        private final InputStream content;
        private final Attempts attempts;
        private final long end;
        private long at;

        Part(InputStream content, long from, long length, Attempts attempts) {
            this.content = content;
            this.attempts = attempts;
            this.at = from;
            this.end = from + length;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            if (at == end) {
                return -1;
            }
            int count;
            try {
                count = content.read(buffer, offset, (int) Math.min(length, end - at));
            } catch (IOException exception) {
                broken = exception;
                throw exception;
            }
            if (count > 0) {
                at += count;
                if (at > reported) {
                    attempts.moved(at - reported);
                    moved.accept(at - reported);
                    reported = at;
                }
            }
            return count;
        }

        @Override
        public void close() throws IOException {
            content.close();
        }
    }
}
