package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.FAILED;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.LayerException;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Origin;
import dev.carafe.image.store.Store;
import dev.carafe.image.store.Watcher;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Reference;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes images of layers that are in the store and of new ones. */
final class Assembly {

    /**
     * A new layer.
     *
     * @param step what is told of it; nothing for a layer of which nothing is
     */
    record Part(PackedLayer.Content content, ImageConfig.Step step) {}

    /**
     * What the new layers go on.
     *
     * @param config whose layers, history and execution the new image begins with
     * @param layers those layers' blobs
     */
    record Ground(ImageConfig config, List<Descriptor> layers, boolean isDockers) {

        static Ground of(Store store, Manifest manifest) {
            return new Ground(
                    Stack.config(store, manifest),
                    manifest.layers(),
                    manifest.mediaType().equals(MediaTypes.DOCKER_MANIFEST));
        }
    }

    private final Kernel kernel;
    private final Store store;

    Assembly(Kernel kernel, Store store) {
        this.kernel = kernel;
        this.store = store;
    }

    /**
     * Makes one; its name leads to it when all of it is on the disk.
     *
     * @param lease holds what it goes on
     * @param author of the whole; nothing for that of what it goes on
     */
    Manifest image(
            Lease lease,
            Ground ground,
            List<Part> parts,
            ImageConfig.Execution execution,
            Optional<String> author,
            Reference name) {
        List<PackedLayer> packed = new ArrayList<>();
        try {
            for (Part part : parts) {
                packed.add(PackedLayer.of(
                        store,
                        ground.isDockers() ? MediaTypes.DOCKER_LAYER_GZIP : MediaTypes.LAYER_GZIP,
                        part.content()));
            }
            List<Digest> diffs = new ArrayList<>(ground.config().layers());
            List<Descriptor> blobs = new ArrayList<>(ground.layers());
            packed.forEach(layer -> {
                diffs.add(layer.diff());
                blobs.add(layer.descriptor());
            });
            List<ImageConfig.Step> history = new ArrayList<>(ground.config().history());
            parts.forEach(part -> history.add(part.step()));
            ImageConfig config = ImageConfig.of(
                    Instant.now().toString(),
                    author.isPresent() ? author : ground.config().author(),
                    ground.config().platform(),
                    execution,
                    diffs,
                    history,
                    ground.config().others());
            Descriptor described =
                    Descriptor.of(ground.isDockers() ? MediaTypes.DOCKER_CONFIG : MediaTypes.CONFIG, config.bytes());
            Manifest manifest = Manifest.of(
                    ground.isDockers() ? MediaTypes.DOCKER_MANIFEST : MediaTypes.MANIFEST, described, blobs, Map.of());
            Made made = new Made(new HashMap<>());
            made.open.put(described.digest(), offset -> {
                InputStream in = new ByteArrayInputStream(config.bytes());
                in.skipNBytes(offset);
                return in;
            });
            packed.forEach(layer -> made.open.put(layer.descriptor().digest(), layer::open));
            new Fetch(kernel, store, lease, made, Watcher.NONE)
                    .one(name.familiar(), manifest, ground.config().platform());
            store.name(name.withDefaultTag().toString(), manifest.descriptor());
            return manifest;
        } catch (LayerException | IOException exception) {
            throw new ImageException(FAILED, name.familiar() + ": " + exception.getMessage(), exception);
        } finally {
            packed.forEach(Assembly::close);
        }
    }

    private static void close(PackedLayer layer) {
        try {
            layer.close();
        } catch (IOException exception) {
            throw new ImageException(FAILED, "a new layer: " + exception.getMessage(), exception);
        }
    }

    private interface Opening {
        InputStream from(long offset) throws IOException;
    }

    /** What has just been made, as if it came from somewhere. */
    private record Made(Map<Digest, Opening> open) implements Origin {

        @Override
        public Document document(Descriptor target) {
            throw new IllegalStateException("there is one manifest, and it is at hand");
        }

        @Override
        public InputStream open(Descriptor blob, long offset) throws IOException {
            Opening opening = open.get(blob.digest());
            if (opening == null) {
                throw new IOException("is not here; pull the image again");
            }
            return opening.from(offset);
        }
    }
}
