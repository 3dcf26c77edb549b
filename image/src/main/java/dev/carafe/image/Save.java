package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.NOT_FOUND;

import dev.carafe.image.archive.ImageWriter;
import dev.carafe.image.error.ImageException;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Store;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.Platform;
import dev.carafe.oci.image.Reference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Writes images of the store to an archive or a layout. */
final class Save {

    private final Store store;
    private final Lease lease;
    private final Platform platform;
    private final ImageWriter writer;

    Save(Store store, Lease lease, Platform platform, ImageWriter writer) {
        this.store = store;
        this.lease = lease;
        this.platform = platform;
        this.writer = writer;
    }

    /** Writes images under all the names that are given for them. */
    void all(List<LocalImages.Summary> images) {
        Map<Descriptor, List<Reference>> names = new LinkedHashMap<>();
        for (LocalImages.Summary image : images) {
            names.computeIfAbsent(image.name().target(), target -> new ArrayList<>())
                    .add(image.reference());
        }
        List<ImageWriter.Saved> saved = new ArrayList<>();
        names.forEach((target, given) -> saved.add(
                new ImageWriter.Saved(given.stream().distinct().toList(), target, write(given.getFirst(), target))));
        writer.finish(saved);
    }

    private Manifest write(Reference name, Descriptor target) {
        Document document = store.document(target);
        writeDocument(document);
        return Choice.of(document, platform, this::here)
                .or(() -> anyOf(document))
                .orElseThrow(() -> new ImageException(
                        NOT_FOUND, name.familiar() + ": nothing of it is here but its index; pull it again"));
    }

    private Optional<Document> here(Descriptor target) {
        return store.blobs().has(target.digest()) ? Optional.of(store.document(target)) : Optional.empty();
    }

    /** For whatever platform. */
    private Optional<Manifest> anyOf(Document document) {
        return document instanceof Index index
                ? index.manifests().stream()
                        .flatMap(it -> here(it).stream())
                        .flatMap(it -> it instanceof Manifest manifest ? Stream.of(manifest) : anyOf(it).stream())
                        .findFirst()
                : Optional.empty();
    }

    private void writeDocument(Document document) {
        switch (document) {
            // Of an index, what is here: a reader finds out what is not when he wants it.
            case Index index -> {
                for (Descriptor child : index.manifests()) {
                    if (store.blobs().has(child.digest())) {
                        writeDocument(store.document(child));
                    }
                }
            }
            case Manifest manifest -> {
                writeBlob(manifest.config());
                manifest.layers().forEach(this::writeBlob);
            }
        }
        writer.blob(document.descriptor(), ImageWriter.of(document));
    }

    private void writeBlob(Descriptor blob) {
        lease.hold(List.of(blob.digest()));
        writer.blob(blob, () -> store.blobs().open(blob.digest()));
    }
}
