package dev.carafe.image;

import dev.carafe.image.store.Layers;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Recipes;
import dev.carafe.image.store.Store;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The layers of images as they came, where they are here unpacked as well. */
final class PackedLayers {

    private final Store store;
    private final Set<Digest> seen = new HashSet<>();
    private final List<LocalImages.Staying> staying = new ArrayList<>();
    private int dropped;
    private long bytes;
    private long kept;

    PackedLayers(Store store) {
        this.store = store;
    }

    /** Drops those that can be made again. */
    LocalImages.PackedDropped drop(List<LocalImages.Summary> images) {
        try (Lease lease = store.lease()) {
            for (LocalImages.Summary image : images) {
                drop(image.name().target(), lease);
            }
        }
        return new LocalImages.PackedDropped(dropped, bytes, kept, staying);
    }

    private void drop(Descriptor target, Lease lease) {
        lease.hold(List.of(target.digest()));
        if (!store.blobs().has(target.digest()) || !seen.add(target.digest())) {
            return;
        }
        switch (store.document(target)) {
            case Index index -> index.manifests().forEach(child -> drop(child, lease));
            case Manifest manifest -> {
                lease.hold(List.of(manifest.config().digest()));
                if (manifest.isImage() && store.blobs().has(manifest.config().digest())) {
                    Stack.of(store, manifest).forEach(layer -> drop(layer, lease));
                }
            }
        }
    }

    private void drop(Layers.Layer layer, Lease lease) {
        lease.hold(List.of(layer.chain(), layer.blob().digest()));
        if (!store.layers().has(layer.chain())
                || !store.blobs().hasFile(layer.blob().digest())
                || !seen.add(layer.blob().digest())) {
            return;
        }
        // A layer that a power cut could take away again is nothing to make a blob of.
        store.sync();
        switch (store.blobs().drop(layer)) {
            case Recipes.Dropped done -> {
                dropped++;
                bytes += done.bytes() - done.kept();
                kept += done.kept();
            }
            case Recipes.Stays stays ->
                staying.add(new LocalImages.Staying(
                        layer.blob().digest(), layer.blob().size(), stays.why()));
        }
    }
}
