package dev.carafe.image.registry;

import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.registry.Endpoint.Right;
import dev.carafe.image.store.Origin;
import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Reference;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/** An image in a registry, to be read. Thread-safe. */
public final class RegistryImage implements Origin {

    private static final String ACCEPT = String.join(
            ", ", MediaTypes.INDEX, MediaTypes.MANIFEST, MediaTypes.DOCKER_INDEX, MediaTypes.DOCKER_MANIFEST);

    private final Reference reference;
    private final List<Endpoint> endpoints;
    private final Exchange exchange;

    /** @param endpoints asked in this order */
    RegistryImage(Reference reference, List<Endpoint> endpoints, Exchange exchange) {
        this.reference = reference;
        this.endpoints = endpoints;
        this.exchange = exchange;
    }

    /** Asks one place. */
    @FunctionalInterface
    private interface Asking<T> {
        T ask(Endpoint endpoint, Exchange exchange);
    }

    /** Asks one place after the other; what the last says counts, which is the registry itself. */
    private <T> T anywhere(Right right, Asking<T> asking) {
        List<Endpoint> able = able(right);
        for (Endpoint mirror : able.subList(0, Math.max(0, able.size() - 1))) {
            try {
                return asking.ask(mirror, exchange.hasty());
            } catch (ImageException notThere) {
                if (Thread.currentThread().isInterrupted()) {
                    throw notThere;
                }
            }
        }
        return asking.ask(able.getLast(), exchange);
    }

    private List<Endpoint> able(Right right) {
        return endpoints.stream().filter(it -> it.rights().contains(right)).toList();
    }

    private Right right() {
        return reference.digest().isPresent() ? Right.PULL : Right.RESOLVE;
    }

    public Reference reference() {
        return reference;
    }

    /**
     * What its name leads to now.
     *
     * @throws ImageException if there is none, or it is not what its digest says
     */
    public Document root() {
        return anywhere(right(), this::root);
    }

    private Document root(Endpoint endpoint, Exchange exchange) {
        return exchange.ask(manifest(endpoint, "pull " + reference, reference.wanted()), answer -> {
            byte[] bytes = small(answer);
            Optional<Digest> wanted = reference.digest().or(() -> said(answer));
            if (wanted.isPresent() && !wanted.get().matches(bytes)) {
                throw Failures.senseless(
                        answer, "is not what " + wanted.get() + " says: it is damaged, or somebody lies");
            }
            return read(answer, bytes, answer.contentType());
        });
    }

    /**
     * What its name leads to now, without it: one small request if the registry takes it.
     *
     * @throws ImageException if there is none
     */
    public Descriptor head() {
        return anywhere(right(), this::head);
    }

    private Descriptor head(Endpoint endpoint, Exchange exchange) {
        Call call = manifest(endpoint, "pull " + reference, reference.wanted()).withMethod("HEAD");
        Optional<Descriptor> head = exchange.ask(call, answer -> {
            Optional<Digest> digest = answer.isSuccess() ? reference.digest().or(() -> said(answer)) : Optional.empty();
            return digest.isPresent()
                            && isKnown(answer.contentType())
                            && answer.length().orElse(0) > 0
                    ? Optional.of(Descriptor.of(
                            answer.contentType(), digest.get(), answer.length().getAsLong()))
                    : Optional.empty();
        });
        // Some answer this to nothing, or with less than it takes; and what is wrong is said to a GET alone.
        return head.orElseGet(() -> root(endpoint, exchange).descriptor());
    }

    @Override
    public Document document(Descriptor target) {
        if (target.size() > Document.MAX_BYTES) {
            throw new ImageException(
                    INVALID,
                    reference + ": " + target.digest() + " has " + target.size() + " bytes, more than a manifest may");
        }
        try {
            Optional<byte[]> embedded = target.embedded();
            if (embedded.isPresent()) {
                return Document.read(target.digest().toString(), embedded.get(), target.mediaType());
            }
        } catch (InvalidDocumentException exception) {
            throw new ImageException(INVALID, reference + ": " + exception.getMessage(), exception);
        }
        return anywhere(Right.PULL, (endpoint, exchange) -> document(target, endpoint, exchange));
    }

    private Document document(Descriptor target, Endpoint endpoint, Exchange exchange) {
        String digest = target.digest().toString();
        return exchange.ask(manifest(endpoint, "pull " + digest + " of " + reference, digest), answer -> {
            byte[] bytes = small(answer);
            if (bytes.length != target.size() || !target.digest().matches(bytes)) {
                throw Failures.senseless(
                        answer,
                        "is not what its descriptor says, " + target.size() + " bytes of " + digest
                                + ": it is damaged, or somebody lies");
            }
            if (isKnown(answer.contentType()) && !answer.contentType().equals(target.mediaType())) {
                throw Failures.senseless(
                        answer,
                        "is given as " + answer.contentType() + " and described as "
                                + Failures.plain(target.mediaType()) + "; what means two things is refused");
            }
            return read(answer, bytes, target.mediaType());
        });
    }

    /** A blob's bytes, in order, however many requests that takes; they are not compared with its digest. */
    @Override
    public InputStream open(Descriptor blob, long offset) {
        String asking = "pull " + blob.digest() + " of " + reference;
        try {
            return open(asking, blob, offset, able(Right.PULL));
        } catch (ImageException exception) {
            if (exception.kind() != ImageException.Kind.NOT_FOUND || !MediaTypes.isForeignLayer(blob.mediaType())) {
                throw exception;
            }
            return elsewhere(asking, blob, offset, exception);
        }
    }

    /** From the first place that has it, and should that fail on the way, the rest from those after it. */
    private InputStream open(String asking, Descriptor blob, long offset, List<Endpoint> places) {
        for (int i = 0; i < places.size() - 1; i++) {
            List<Endpoint> after = places.subList(i + 1, places.size());
            try {
                return new FallingStream(
                        open(call(asking, blob, places.get(i)), blob, offset, exchange.hasty()),
                        offset,
                        from -> open(asking, blob, from, after));
            } catch (ImageException notThere) {
                if (Thread.currentThread().isInterrupted()) {
                    throw notThere;
                }
            }
        }
        return open(call(asking, blob, places.getLast()), blob, offset, exchange);
    }

    private Call call(String asking, Descriptor blob, Endpoint endpoint) {
        return Call.get(
                asking,
                endpoint.at(reference.path() + "/blobs/" + blob.digest()),
                account(endpoint),
                Scope.pull(reference.path()));
    }

    /** Over several connections if it is large and comes in parts. */
    private InputStream open(Call call, Descriptor blob, long offset, Exchange asked) {
        Striping striping = exchange.striping();
        Attempts attempts = exchange.attempts();
        BlobStream first = new BlobStream(
                asked::send, attempts, asked.equals(exchange) ? attempts : asked.attempts(), call, blob, offset);
        if (striping.suits(blob.size() - offset)) {
            first.upTo(offset + striping.bytes(), true);
        }
        if (first.begun().isToTheEnd()) {
            return first;
        }
        StripedStream.Source source = new StripedStream.Source() {
            @Override
            public BlobStream stripe(long from, long to) {
                return rest(from).upTo(to, false);
            }

            @Override
            public BlobStream rest(long from) {
                return new BlobStream(exchange::send, exchange.attempts(), call, blob, from);
            }
        };
        return new StripedStream(source, striping, first, offset, blob.size());
    }

    /** From where its owner gives it himself, who learns nothing of who asks. */
    private InputStream elsewhere(String asking, Descriptor blob, long offset, ImageException missing) {
        ImageException last = missing;
        for (String url : blob.urls()) {
            Optional<URI> uri = Locations.parse(url);
            if (uri.isPresent()) {
                Call call = Call.get(asking, uri.get(), reference.repository(), Scope.NONE);
                try {
                    return new BlobStream(exchange::sendUnnamed, exchange.attempts(), call, blob, offset).begun();
                } catch (ImageException exception) {
                    last = exception;
                }
            }
        }
        throw last;
    }

    private Call manifest(Endpoint endpoint, String asking, String wanted) {
        return Call.get(
                        asking,
                        endpoint.at(reference.path() + "/manifests/" + wanted),
                        account(endpoint),
                        Scope.pull(reference.path()))
                .with("Accept", ACCEPT);
    }

    private String account(Endpoint endpoint) {
        return endpoint.host() + "/" + reference.path();
    }

    private static byte[] small(Answer answer) throws IOException {
        if (!answer.isSuccess()) {
            throw Failures.refused(answer);
        }
        return answer.bytes(Document.MAX_BYTES)
                .orElseThrow(
                        () -> Failures.senseless(answer, "has more than 4 MiB, the most that a manifest may have"));
    }

    /** The digest that a registry says it is of. */
    private static Optional<Digest> said(Answer answer) {
        return answer.header("Docker-Content-Digest").map(text -> {
            try {
                return Digest.parse(text);
            } catch (InvalidDocumentException exception) {
                throw Failures.senseless(answer, "has a Docker-Content-Digest that is none: " + exception.problem());
            }
        });
    }

    private static Document read(Answer answer, byte[] bytes, String contentType) {
        try {
            return Document.read("the manifest", bytes, contentType);
        } catch (InvalidDocumentException exception) {
            throw new ImageException(
                    FAILED,
                    "cannot " + answer.call().asking() + ": " + Hosts.shown(answer.uri()) + ": "
                            + exception.getMessage(),
                    exception);
        }
    }

    private static boolean isKnown(String mediaType) {
        return MediaTypes.isIndex(mediaType) || MediaTypes.isManifest(mediaType);
    }
}
