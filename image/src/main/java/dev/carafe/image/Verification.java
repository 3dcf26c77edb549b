package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.FAILED;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.image.hash.Hashes;
import dev.carafe.image.layer.LayerException;
import dev.carafe.image.layer.LayerForm;
import dev.carafe.image.layer.LayerWriter;
import dev.carafe.image.store.Layers;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Name;
import dev.carafe.image.store.Origin;
import dev.carafe.image.store.Store;
import dev.carafe.image.store.Watcher;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import java.io.IOException;
import java.io.OutputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reads all that the store has and finds what has changed on the disk: a blob by its digest, a layer by unpacking its
 * blob once more and comparing what both folders would be packed to. What is damaged is not given out any more, so that
 * pulling its image again repairs it.
 */
final class Verification {

    private final Kernel kernel;
    private final Store store;
    private final Consumer<String> damage;
    private final Set<Digest> seen = new HashSet<>();

    private int blobs;
    private int layers;
    private int unchecked;
    private int damaged;

    /** @param damage hears of each thing that is damaged, a line each */
    Verification(Kernel kernel, Store store, Consumer<String> damage) {
        this.kernel = kernel;
        this.store = store;
        this.damage = damage;
    }

    LocalImages.Verified all() {
        try (Lease lease = store.lease()) {
            for (Digest blob : store.blobs().all()) {
                lease.hold(List.of(blob));
                blobs++;
                if (!store.blobs().verify(blob)) {
                    damaged++;
                    damage.accept("blob " + blob + ": has changed");
                }
            }
            for (Name name : store.names()) {
                image(name, name.target());
            }
        }
        return new LocalImages.Verified(blobs, layers, unchecked, damaged);
    }

    private void image(Name name, Descriptor target) {
        if (!store.blobs().has(target.digest()) || !seen.add(target.digest())) {
            return;
        }
        switch (store.document(target)) {
            case Index index -> index.manifests().forEach(child -> image(name, child));
            case Manifest manifest -> {
                if (manifest.isImage() && store.blobs().has(manifest.config().digest())) {
                    layers(name, Stack.of(store, manifest));
                }
            }
        }
    }

    private void layers(Name name, List<Layers.Layer> stack) {
        List<Digest> below = new ArrayList<>();
        for (Layers.Layer layer : stack) {
            if (store.layers().has(layer.chain()) && seen.add(layer.chain())) {
                if (store.blobs().has(layer.blob().digest())) {
                    layers++;
                    layer(name, layer, below.reversed());
                } else {
                    unchecked++;
                }
            }
            below.add(layer.chain());
        }
    }

    private void layer(Name name, Layers.Layer layer, List<Digest> below) {
        Unpacker unpacker = new Unpacker(kernel, store, new Origin.Nowhere(), Watcher.NONE);
        boolean[] same = new boolean[1];
        store.layers().besides(again -> {
            try {
                unpacker.unpack(layer, below, () -> {}, again);
            } catch (ImageException unmade) {
                // Whoever makes its blob of this very layer has found out, unless it is something else.
                if (store.layers().has(layer.chain())) {
                    throw unmade;
                }
                return;
            }
            Failpoint.VERIFICATION_UNPACKED.reach();
            String path = store.layers().folder(layer.chain()).toString();
            try (Fd folder = kernel.files().open(Fd.CWD, path, OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
                same[0] = digest(folder).equals(digest(again));
            } catch (SystemCallException | LayerException unreadable) {
                same[0] = false;
            }
        });
        if (!same[0]) {
            damaged++;
            damage.accept("layer " + layer.chain() + " of " + name.text() + ": has changed");
            store.layers().distrust(layer.chain());
        }
    }

    private Digest digest(Fd folder) {
        MessageDigest hash = Hashes.begin(Digest.Algorithm.SHA256);
        try (DigestOutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), hash)) {
            LayerWriter.of(kernel, LayerForm.OVERLAY).upper(folder, out);
        } catch (IOException exception) {
            throw new ImageException(FAILED, "cannot read a layer: " + exception.getMessage(), exception);
        }
        return Digest.Algorithm.SHA256.end(hash);
    }
}
