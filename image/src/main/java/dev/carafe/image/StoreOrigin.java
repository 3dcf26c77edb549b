package dev.carafe.image;

import dev.carafe.image.store.Origin;
import dev.carafe.image.store.Store;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import java.io.IOException;
import java.io.InputStream;

/** What is here, to be given on. */
record StoreOrigin(Store store) implements Origin {

    @Override
    public Document document(Descriptor target) {
        return store.document(target);
    }

    @Override
    public InputStream open(Descriptor blob, long offset) throws IOException {
        InputStream content = store.blobs().open(blob.digest());
        try {
            content.skipNBytes(offset);
            return content;
        } catch (IOException exception) {
            content.close();
            throw exception;
        }
    }
}
