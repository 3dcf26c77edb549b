package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.INVALID;
import static dev.carafe.image.error.ImageException.Kind.NOT_FOUND;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.registry.RegistryPush;
import dev.carafe.image.store.Origin;
import dev.carafe.image.store.Watcher;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Platform;
import dev.carafe.oci.image.Reference;
import java.util.Optional;
import java.util.function.Predicate;

/** Sends images to registries, from wherever they are: first the blobs, then what leads to them, last the name. */
final class Push {

    private final Origin origin;
    private final RegistryPush target;
    private final Optional<String> from;
    private final Watcher watcher;

    /** @param source what the image is called where it is: a registry that has it need not be sent it */
    Push(Origin origin, Reference source, RegistryPush target, Watcher watcher) {
        this.origin = origin;
        this.target = target;
        this.from = Optional.of(source)
                .filter(it -> it.host().equals(target.reference().host())
                        && !it.path().equals(target.reference().path()))
                .map(Reference::path);
        this.watcher = watcher;
    }

    /**
     * Sends an image for all that it is made for, or as much of it as is at hand.
     *
     * @param here whether the manifest of a platform is at hand
     * @param platform what is sent if not all are
     * @return what the name leads to there
     */
    Document all(Document document, Predicate<Descriptor> here, Platform platform) {
        if (document instanceof Index index && !index.manifests().stream().allMatch(here)) {
            return one(document, platform);
        }
        send(document, Choice.DEEPEST);
        target.manifest(document);
        return document;
    }

    /** Sends an image for one platform. */
    Document one(Document document, Platform platform) {
        Manifest chosen = Choice.of(document, platform, entry -> Optional.of(origin.document(entry)))
                .orElseThrow(() -> new ImageException(
                        NOT_FOUND, target.reference().familiar() + ": there is no image for " + platform));
        send(chosen, Choice.DEEPEST);
        target.manifest(chosen);
        return chosen;
    }

    private void send(Document document, int depth) {
        switch (document) {
            case Index index -> {
                if (depth == 0) {
                    throw new ImageException(
                            INVALID, target.reference().familiar() + ": has an index within an index, too deep");
                }
                for (Descriptor entry : index.manifests()) {
                    Document child = origin.document(entry);
                    send(child, depth - 1);
                    target.child(child);
                }
            }
            case Manifest manifest -> {
                watcher.expected(manifest.layers());
                Parallel.run(manifest.layers().stream()
                        .distinct()
                        .filter(layer -> !MediaTypes.isForeignLayer(layer.mediaType()))
                        .<Parallel.Step>map(layer -> before -> target.blob(layer, from, origin, watcher))
                        .toList());
                target.blob(manifest.config(), from, origin, watcher);
            }
        }
    }
}
