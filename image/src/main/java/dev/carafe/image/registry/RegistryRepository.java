package dev.carafe.image.registry;

import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Reference;
import java.util.List;
import java.util.Optional;

/** What a repository holds as a whole. Thread-safe. */
public final class RegistryRepository {

    private static final int A_PAGE = 1000;

    private final Reference reference;
    private final Endpoint endpoint;
    private final Exchange exchange;

    RegistryRepository(Reference reference, Endpoint endpoint, Exchange exchange) {
        this.reference = reference;
        this.endpoint = endpoint;
        this.exchange = exchange;
    }

    /** Its tags, in the registry's order; what is no tag is left out. */
    public List<String> tags() {
        Call call = call("list the tags of " + reference.repository(), "tags/list?n=" + A_PAGE, Scope.pull(path()));
        return new Pages(exchange).all(call, this::tags, _ -> Optional.empty());
    }

    private List<String> tags(Answer answer, byte[] bytes) {
        try {
            JsonCursor in = new JsonCursor("tags", Json.parse("tags", bytes));
            return in.texts("tags").stream().filter(this::isTag).toList();
        } catch (InvalidDocumentException exception) {
            throw Failures.senseless(answer, "is no list of tags: " + exception.problem());
        }
    }

    private boolean isTag(String text) {
        try {
            return reference.withTag(text).tag().isPresent();
        } catch (InvalidDocumentException none) {
            return false;
        }
    }

    /**
     * What is about a manifest: signatures, lists of contents.
     *
     * @param artifactType only of this type
     */
    public List<Descriptor> referrers(Digest subject, Optional<String> artifactType) {
        return new Referrers(exchange, endpoint, path())
                .of(subject).stream()
                        .filter(it ->
                                artifactType.isEmpty() || it.artifactType().equals(artifactType))
                        .toList();
    }

    /**
     * Deletes the reference's tag if it has one and no digest, else the manifest, with all tags that lead to it.
     *
     * @throws dev.carafe.image.error.ImageException if it is not there, or the registry does not do that
     */
    public void delete() {
        Call call = call("delete " + reference, "manifests/" + reference.wanted(), Scope.delete(path()))
                .withMethod("DELETE");
        exchange.ask(call, answer -> {
            if (!answer.isSuccess()) {
                throw Failures.refused(answer);
            }
            return answer.status();
        });
    }

    private String path() {
        return reference.path();
    }

    private Call call(String asking, String path, Scope scope) {
        return Call.get(asking, endpoint.at(path() + "/" + path), endpoint.host() + "/" + path(), scope);
    }
}
