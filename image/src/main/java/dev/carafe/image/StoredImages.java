package dev.carafe.image;

import dev.carafe.image.snapshot.RootFileSystem;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Store;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.Platform;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

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
        return manifest(target, platform, lease)
                .flatMap(manifest -> unpacked(manifest, lease).map(config -> image(reference, manifest, config)));
    }

    /** Whether all of an image is here, unpacked and also as it came. */
    boolean isWhole(Descriptor target, Platform platform, Lease lease) {
        return manifest(target, platform, lease)
                .filter(manifest -> {
                    lease.hold(
                            manifest.layers().stream().map(Descriptor::digest).toList());
                    return manifest.layers().stream()
                            .allMatch(it -> store.blobs().has(it.digest()));
                })
                .filter(manifest -> unpacked(manifest, lease).isPresent())
                .isPresent();
    }

    private Optional<Manifest> manifest(Descriptor target, Platform platform, Lease lease) {
        return document(target, lease)
                .flatMap(document -> Choice.of(document, platform, child -> document(child, lease)));
    }

    private Optional<Document> document(Descriptor target, Lease lease) {
        lease.hold(List.of(target.digest()));
        return store.blobs().has(target.digest()) ? Optional.of(store.document(target)) : Optional.empty();
    }

    private Optional<ImageConfig> unpacked(Manifest manifest, Lease lease) {
        lease.hold(List.of(manifest.config().digest()));
        if (!store.blobs().has(manifest.config().digest())) {
            return Optional.empty();
        }
        ImageConfig config = Stack.config(store, manifest);
        lease.hold(config.chainIds());
        return config.chainIds().stream().allMatch(store.layers()::has) ? Optional.of(config) : Optional.empty();
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
