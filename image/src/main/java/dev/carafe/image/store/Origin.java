package dev.carafe.image.store;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import java.io.IOException;
import java.io.InputStream;

/** Where an image is taken from: a registry, an image layout, an archive. */
public interface Origin extends BlobSource {

    /**
     * A manifest or an index of it.
     *
     * @throws ImageException if it is not there, or is not what its descriptor says
     */
    Document document(Descriptor target);

    /** For what has to be here already. */
    record Nowhere() implements Origin {
        @Override
        public Document document(Descriptor target) {
            throw new ImageException(
                    ImageException.Kind.NOT_FOUND, target.digest() + " is not here; pull the image again");
        }

        @Override
        public InputStream open(Descriptor blob, long offset) throws IOException {
            throw new IOException("is not here; pull the image again");
        }
    }
}
