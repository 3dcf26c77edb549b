package dev.carafe.image;

import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.Platform;
import java.util.Optional;
import java.util.function.Function;

/** Which of the manifests that an index leads to is for a platform. */
final class Choice {

    /** How deep an index may lie in another. Nobody needs more than one. */
    static final int DEEPEST = 4;

    private Choice() {}

    /**
     * Follows the best entries down to a manifest.
     *
     * @param read gives what an entry names, or nothing if it is not at hand
     * @return nothing if there is none for the platform, or it is not at hand
     */
    static Optional<Manifest> of(Document document, Platform platform, Function<Descriptor, Optional<Document>> read) {
        Optional<Document> at = Optional.of(document);
        for (int depth = 0; depth <= DEEPEST && at.isPresent(); depth++) {
            switch (at.get()) {
                case Manifest manifest -> {
                    return Optional.of(manifest);
                }
                case Index index -> at = index.best(platform).flatMap(read);
            }
        }
        return Optional.empty();
    }
}
