package dev.carafe.image.store;

import dev.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;

/** Where blobs can be had that are not in the store: a registry, an image layout, an archive. */
@FunctionalInterface
public interface BlobSource {

    /**
     * A blob's bytes.
     *
     * @param offset where to begin, less than the blob's size
     */
    InputStream open(Descriptor blob, long offset) throws IOException;
}
