package dev.carafe.image;

import dev.carafe.image.snapshot.RootFileSystem;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Store;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.Platform;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Images of the store, ready to run. */
final class StoredImages {

    private final Store store;

    StoredImages(Store store) {
        this.store = store;
    }

    /**
     * The image that a manifest or an index leads to, if all of it is here and unpacked.
     *
     * @param lease holds it from then on
     */
    Optional<Image> find(ImageReference reference, Descriptor target, Platform platform, Lease lease) {
        return store.undisturbed(() -> unpacked(target, platform).map(found -> {
            lease.hold(found.content());
            return image(reference, found.manifest(), found.config());
        }));
    }

    /** Whether all of an image is here, unpacked and also as it came. */
    boolean isWhole(Descriptor target, Platform platform) {
        return store.undisturbed(() -> unpacked(target, platform)
                .filter(found -> found.manifest().layers().stream()
                        .allMatch(layer -> store.blobs().has(layer.digest())))
                .isPresent());
    }

    /** @param documents from that which was asked for to the manifest */
    private record Found(List<Digest> documents, Manifest manifest, ImageConfig config) {

        /** All that is needed to run it. */
        List<Digest> content() {
            List<Digest> content = new ArrayList<>(documents);
            content.add(manifest.config().digest());
            content.addAll(config.chainIds());
            return content;
        }
    }

    private Optional<Found> unpacked(Descriptor target, Platform platform) {
        List<Digest> documents = new ArrayList<>();
        Function<Descriptor, Optional<Document>> read = descriptor -> {
            documents.add(descriptor.digest());
            return Optional.of(descriptor)
                    .filter(it -> store.blobs().has(it.digest()))
                    .map(store::document);
        };
        return read.apply(target)
                .flatMap(document -> Choice.of(document, platform, read))
                .filter(manifest -> store.blobs().has(manifest.config().digest()))
                .map(manifest -> new Found(documents, manifest, Stack.config(store, manifest)))
                .filter(found -> found.config().chainIds().stream().allMatch(store.layers()::has));
    }

    private Image image(ImageReference reference, Manifest manifest, ImageConfig config) {
        List<Path> folders = store.layers().folders(config.chainIds());
        return new Image(
                reference,
                manifest.config().digest().toString(),
                config.execution(),
                folders.size() == 1
                        ? new RootFileSystem.Directory(folders.getFirst())
                        : new RootFileSystem.Overlay(folders));
    }
}
