package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.store.Layers;
import dev.carafe.image.store.Store;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import java.util.ArrayList;
import java.util.List;

/** An image's layers one on the other, as its manifest and its configuration tell them together. */
final class Stack {

    private Stack() {}

    /** The configuration of an image that is here. */
    static ImageConfig config(Store store, Manifest manifest) {
        if (!manifest.isImage()) {
            throw new ImageException(
                    INVALID,
                    manifest.digest() + " is no image that can be run, but an artifact: "
                            + manifest.artifactType().orElse(manifest.config().mediaType()));
        }
        Digest digest = manifest.config().digest();
        return ImageConfig.read(digest.toString(), store.blobs().read(digest, ImageConfig.MAX_BYTES));
    }

    /**
     * The layers, the lowest first.
     *
     * @throws ImageException if manifest and configuration do not fit
     */
    static List<Layers.Layer> of(Store store, Manifest manifest) {
        ImageConfig config = config(store, manifest);
        List<Descriptor> blobs = manifest.layers();
        if (blobs.size() != config.layers().size()) {
            throw new ImageException(
                    INVALID,
                    "the manifest " + manifest.digest() + " has " + blobs.size() + " layers and its configuration "
                            + config.layers().size());
        }
        List<Digest> chain = config.chainIds();
        List<Layers.Layer> layers = new ArrayList<>();
        for (int i = 0; i < blobs.size(); i++) {
            Descriptor blob = blobs.get(i);
            if (MediaTypes.layer(blob.mediaType()).isEmpty()) {
                throw new ImageException(
                        INVALID,
                        "the layer " + blob.digest() + " is of a kind that cannot be unpacked, \"" + blob.mediaType()
                                + "\"");
            }
            layers.add(new Layers.Layer(chain.get(i), config.layers().get(i), blob));
        }
        return layers;
    }
}
