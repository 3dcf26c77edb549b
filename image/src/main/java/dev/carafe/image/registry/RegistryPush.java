package dev.carafe.image.registry;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.store.BlobSource;
import dev.carafe.image.store.Watcher;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Reference;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * An image on its way to a registry: its blobs, then its manifests, then the name. Thread-safe, so that several blobs
 * can go at once.
 */
public final class RegistryPush {

    private final Reference reference;
    private final Endpoint endpoint;
    private final Exchange exchange;

    RegistryPush(Reference reference, Endpoint endpoint, Exchange exchange) {
        this.reference = reference;
        this.endpoint = endpoint;
        this.exchange = exchange;
    }

    public Reference reference() {
        return reference;
    }

    /** Whether the registry has a blob in this repository. */
    public boolean has(Descriptor blob) {
        Call call = call("see whether " + blob.digest() + " is in " + reference.repository(), "blobs/" + blob.digest());
        return exchange.ask(call.withMethod("HEAD"), Answer::isSuccess);
    }

    /**
     * Has a blob there, sent only if it is not.
     *
     * @param from the path of another repository of the registry that may have it
     * @param content from where it is read, once or more often
     * @throws ImageException if the registry does not take it
     */
    public void blob(Descriptor blob, Optional<String> from, BlobSource content, Watcher watcher) {
        if (!has(blob)) {
            Call call = call("push " + blob.digest() + " to " + reference.repository(), "blobs/uploads/");
            Upload upload = new Upload(exchange, call, call.uri(), blob, content, count -> watcher.moved(blob, count));
            if (from.isPresent() && mount(call, blob, from.get(), upload)) {
                watcher.moved(blob, blob.size());
            } else {
                upload.run();
            }
        } else {
            watcher.moved(blob, blob.size());
        }
        watcher.done(blob);
    }

    /** Asks for it to be taken from another repository; who does not do that has begun an upload. */
    private boolean mount(Call call, Descriptor blob, String from, Upload upload) {
        Call mount = call.to(endpoint.at(reference.path() + "/blobs/uploads/?mount=" + blob.digest() + "&from="
                        + URLEncoder.encode(from, StandardCharsets.UTF_8)))
                .withMethod("POST")
                .withBody(BodyPublishers::noBody)
                .with(call.scope().and("repository:" + from + ":pull"));
        try {
            return exchange.ask(mount, answer -> {
                if (answer.status() == 202) {
                    upload.begunBy(answer);
                }
                return answer.status() == 201;
            });
        } catch (ImageException notFromThere) {
            return false; // It can be sent: if that fails too, its reason is the better one.
        }
    }

    /** Puts a manifest or an index under the reference's tag, or its digest if it has no tag. */
    public void manifest(Document document) {
        put(document, reference.tag().orElseGet(() -> document.digest().toString()));
    }

    /** Puts a manifest or an index under its digest alone: it belongs to another. */
    public void child(Document document) {
        put(document, document.digest().toString());
    }

    private void put(Document document, String name) {
        byte[] bytes = document.bytes();
        Call call = call("push " + name + " to " + reference.repository(), "manifests/" + name)
                .withMethod("PUT")
                .with("Content-Type", document.mediaType())
                .withBody(() -> BodyPublishers.ofByteArray(bytes));
        boolean keepsAccount = exchange.ask(call, answer -> accepted(answer, document.digest()));
        if (!keepsAccount && document.subject().isPresent()) {
            new Referrers(exchange, endpoint, reference.path())
                    .add(document.subject().get().digest(), document);
        }
    }

    /** Sees that it is, and whether the registry keeps account of what it is about. */
    private static boolean accepted(Answer answer, Digest digest) {
        if (!answer.isSuccess()) {
            throw Failures.refused(answer);
        }
        Optional<String> says = answer.header("Docker-Content-Digest");
        if (says.isPresent() && !says.get().equals(digest.toString())) {
            throw Failures.senseless(answer, "says that what it has got is " + Failures.plain(says.get()));
        }
        return answer.header("OCI-Subject").isPresent();
    }

    private Call call(String asking, String path) {
        return Call.get(
                asking,
                endpoint.at(reference.path() + "/" + path),
                endpoint.host() + "/" + reference.path(),
                Scope.push(reference.path()));
    }
}
