package dev.carafe.image.registry;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is about something else in a repository: signatures, lists of contents. Registries that do not keep account of it
 * have it under a tag that the digest gives, which whoever pushes keeps.
 *
 * @see <a href="https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers">Listing
 *     referrers</a>
 */
record Referrers(Exchange exchange, Endpoint endpoint, String path) {

    List<Descriptor> of(Digest subject) {
        Call call = Call.get(
                        "list what is about " + subject + " in " + endpoint.host() + "/" + path,
                        endpoint.at(path + "/referrers/" + subject),
                        account(),
                        Scope.pull(path))
                .with("Accept", MediaTypes.INDEX);
        return new Pages(exchange)
                .all(
                        call,
                        (answer, bytes) -> index(answer, bytes).manifests(),
                        answer -> answer.status() == 404 ? Optional.of(tagged(subject)) : Optional.empty());
    }

    private List<Descriptor> tagged(Digest subject) {
        return exchange.ask(tag(subject), answer -> {
            if (answer.status() == 404) {
                return List.of();
            }
            if (!answer.isSuccess()) {
                throw Failures.refused(answer);
            }
            return index(
                            answer,
                            answer.bytes(Document.MAX_BYTES)
                                    .orElseThrow(() -> Failures.senseless(answer, "has more than 4 MiB")))
                    .manifests();
        });
    }

    /** Adds one to those under the tag, unless it is there; who does the same at once may win. */
    void add(Digest subject, Document referrer) {
        List<Descriptor> known = tagged(subject);
        if (known.stream().anyMatch(it -> it.digest().equals(referrer.digest()))) {
            return;
        }
        List<Descriptor> all = new ArrayList<>(known);
        all.add(described(referrer));
        byte[] bytes = Index.of(MediaTypes.INDEX, all, Map.of()).bytes();
        Call put = tag(subject)
                .with(Scope.push(path))
                .withMethod("PUT")
                .with("Content-Type", MediaTypes.INDEX)
                .withBody(() -> BodyPublishers.ofByteArray(bytes));
        exchange.ask(put, answer -> {
            if (!answer.isSuccess()) {
                throw Failures.refused(answer);
            }
            return answer.status();
        });
    }

    private static Descriptor described(Document referrer) {
        Optional<String> type = referrer.artifactType()
                .or(() -> referrer instanceof Manifest manifest
                        ? Optional.of(manifest.config().mediaType())
                        : Optional.empty());
        return new Descriptor(
                referrer.mediaType(),
                referrer.digest(),
                referrer.bytes().length,
                List.of(),
                referrer.annotations(),
                Optional.empty(),
                Optional.empty(),
                type,
                Map.of());
    }

    private Call tag(Digest subject) {
        String tag = subject.algorithm() + "-"
                + subject.hex().substring(0, Math.min(64, subject.hex().length()));
        return Call.get(
                        "read or write what is about " + subject + " in " + endpoint.host() + "/" + path,
                        endpoint.at(path + "/manifests/" + tag),
                        account(),
                        Scope.pull(path))
                .with("Accept", MediaTypes.INDEX);
    }

    private String account() {
        return endpoint.host() + "/" + path;
    }

    private static Index index(Answer answer, byte[] bytes) {
        try {
            if (Document.read("the list", bytes, answer.contentType()) instanceof Index index) {
                return index;
            }
            throw Failures.senseless(answer, "is no list of what is about something");
        } catch (InvalidDocumentException exception) {
            throw new ImageException(
                    ImageException.Kind.FAILED,
                    "cannot " + answer.call().asking() + ": " + exception.getMessage(),
                    exception);
        }
    }
}
