package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.DiskTrouble;
import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.ImpliedDirectories;
import dev.carafe.image.layer.LayerException;
import dev.carafe.image.layer.LayerForm;
import dev.carafe.image.layer.LayerPipeline;
import dev.carafe.image.layer.LayerUnpacker;
import dev.carafe.image.layer.Unpacked;
import dev.carafe.image.store.BlobSource;
import dev.carafe.image.store.Layers;
import dev.carafe.image.store.Store;
import dev.carafe.image.store.Watcher;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** Unpacks layers as overlayfs wants them, and sees to it that they are what their image says. */
final class Unpacker {

    private final Kernel kernel;
    private final Store store;
    private final BlobSource source;
    private final Watcher watcher;

    /** @param source of what is not in the store yet */
    Unpacker(Kernel kernel, Store store, BlobSource source, Watcher watcher) {
        this.kernel = kernel;
        this.store = store;
        this.source = source;
        this.watcher = watcher;
    }

    /**
     * Unpacks one.
     *
     * @param below the names of the layers below it, the top one first
     * @param await returns when those are there
     * @param folder empty
     */
    Layers.Filled unpack(Layers.Layer layer, List<Digest> below, Runnable await, Fd folder) {
        try (LowerFolders lower = new LowerFolders(kernel, store.layers(), below, await)) {
            LayerUnpacker unpacker = LayerUnpacker.of(kernel, LayerForm.OVERLAY).withLower(lower::open);
            LayerPipeline pipeline = new LayerPipeline(unpacker, false);
            LayerPipeline.Result result =
                    store.blobs().fetch(layer.blob(), source, watcher, packed -> run(pipeline, layer, packed, folder));
            if (!result.diffId().equals(layer.diff())) {
                throw new ImageException(
                        INVALID,
                        "the layer " + layer.blob().digest() + " unpacks to " + result.diffId() + " and not to "
                                + layer.diff() + ", as the image's configuration says");
            }
            Unpacked unpacked = result.unpacked();
            if (!unpacked.implied().isEmpty()) {
                new ImpliedDirectories(kernel, LayerForm.OVERLAY).patch(folder, unpacked, lower.open());
            }
            return new Layers.Filled(unpacked.bytes(), unpacked.coversAll());
        }
    }

    private LayerPipeline.Result run(LayerPipeline pipeline, Layers.Layer layer, InputStream packed, Fd folder)
            throws IOException {
        try {
            return pipeline.run(packed, folder);
        } catch (LayerException exception) {
            if (exception.getCause() instanceof SystemCallException failure
                    && DiskTrouble.of(failure).isPresent()) {
                throw ImageException.unwritten(store.layers().folder(layer.chain()), failure);
            }
            throw new ImageException(
                    INVALID, "the layer " + layer.blob().digest() + ": " + exception.getMessage(), exception);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new ImageException(FAILED, "interrupted while a layer was unpacked", exception);
        }
    }
}
