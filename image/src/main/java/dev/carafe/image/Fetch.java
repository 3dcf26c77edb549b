package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.INVALID;
import static dev.carafe.image.error.ImageException.Kind.NOT_FOUND;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.store.Layers;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Origin;
import dev.carafe.image.store.Store;
import dev.carafe.image.store.Watcher;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/**
 * Has images in the store, wherever they come from: manifests, configurations and layers, those of this machine's
 * platform unpacked. All of it is held by the lease that it is given.
 */
final class Fetch {

    private final Kernel kernel;
    private final Store store;
    private final Lease lease;
    private final Origin origin;
    private final Watcher watcher;

    Fetch(Kernel kernel, Store store, Lease lease, Origin origin, Watcher watcher) {
        this.kernel = kernel;
        this.store = store;
        this.lease = lease;
        this.origin = origin;
        this.watcher = watcher;
    }

    /**
     * Fetches an image for one platform.
     *
     * @param title what messages call it
     * @return the manifest that was chosen
     * @throws ImageException if there is none for it
     */
    Manifest one(String title, Document document, Platform platform) {
        return one(title, document, platform, Choice.DEEPEST);
    }

    private Manifest one(String title, Document document, Platform platform, int depth) {
        switch (document) {
            case Index index -> {
                Descriptor best = index.best(platform)
                        .orElseThrow(() -> new ImageException(
                                NOT_FOUND,
                                title + " has no image for " + platform + "; it has some for "
                                        + index.platforms().stream()
                                                .map(Platform::toString)
                                                .distinct()
                                                .collect(Collectors.joining(", ", "", ""))
                                        + ", which --platform names"));
                Manifest chosen = one(title, child(title, best, depth), platform, depth - 1);
                keep(index);
                return chosen;
            }
            case Manifest manifest -> {
                fetch(manifest, true);
                return manifest;
            }
        }
    }

    /** Fetches all that a manifest or an index leads to; what this machine can run is not unpacked before it is run. */
    void all(String title, Document document) {
        all(title, document, Choice.DEEPEST);
    }

    private void all(String title, Document document, int depth) {
        switch (document) {
            case Index index -> {
                for (Descriptor entry : index.manifests()) {
                    all(title, child(title, entry, depth), depth - 1);
                }
                keep(index);
            }
            case Manifest manifest -> fetch(manifest, false);
        }
    }

    private Document child(String title, Descriptor target, int depth) {
        if (depth == 0) {
            throw new ImageException(
                    INVALID, title + ": has an index within an index, more than " + Choice.DEEPEST + " deep");
        }
        lease.hold(List.of(target.digest()));
        return store.blobs().has(target.digest()) ? store.document(target) : origin.document(target);
    }

    private void keep(Document document) {
        lease.hold(List.of(document.digest()));
        store.blobs().put(document.mediaType(), document.bytes());
    }

    private void fetch(Manifest manifest, boolean unpack) {
        List<Digest> content = new ArrayList<>();
        content.add(manifest.config().digest());
        manifest.layers().forEach(layer -> content.add(layer.digest()));
        lease.hold(content);
        store.blobs().fetch(manifest.config(), origin, watcher);
        if (unpack && manifest.isImage()) {
            unpack(manifest);
        } else {
            Parallel.run(manifest.layers().stream()
                    .distinct()
                    .<Parallel.Step>map(layer -> before -> store.blobs().fetch(layer, origin, watcher))
                    .toList());
        }
        keep(manifest);
    }

    /** Has all layers of an image unpacked whose configuration is here. */
    private void unpack(Manifest manifest) {
        List<Layers.Layer> layers = Stack.of(store, manifest);
        watcher.expected(layers.stream().map(Layers.Layer::blob).toList());
        lease.hold(layers.stream().map(Layers.Layer::chain).toList());
        // Whoever unpacks a blob may wait for the layers below, and they must not wait for that blob.
        for (int i = 0; i < layers.size(); i++) {
            Descriptor blob = layers.get(i).blob();
            if (layers.subList(0, i).stream()
                    .anyMatch(below -> below.blob().digest().equals(blob.digest()))) {
                store.blobs().fetch(blob, origin, watcher);
            }
        }
        List<Parallel.Step> steps = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            Layers.Layer layer = layers.get(i);
            List<Digest> below = layers.subList(0, i).reversed().stream()
                    .map(Layers.Layer::chain)
                    .toList();
            steps.add(before -> unpack(layer, below, before));
        }
        Parallel.run(steps);
    }

    private void unpack(Layers.Layer layer, List<Digest> below, Future<?> before) {
        Unpacker unpacker = new Unpacker(kernel, store, origin, watcher);
        store.layers()
                .obtain(layer, watcher, folder -> unpacker.unpack(layer, below, () -> Parallel.await(before), folder));
        store.blobs().fetch(layer.blob(), origin, watcher); // to be given on, and to check by what is unpacked
        Parallel.await(before);
    }
}
