package dev.carafe.image;

import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Origin;
import dev.carafe.image.store.Store;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Manifest;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.stream.Stream;

/**
 * What is here, to be given on.
 *
 * @param lease holds all that a manifest leads to from when it is read, as somebody may take its name away meanwhile
 */
record StoreOrigin(Store store, Lease lease) implements Origin {

    @Override
    public Document document(Descriptor target) {
        lease.hold(List.of(target.digest()));
        Document document = store.document(target);
        if (document instanceof Manifest manifest) {
            lease.hold(Stream.concat(Stream.of(manifest.config()), manifest.layers().stream())
                    .map(Descriptor::digest)
                    .toList());
        }
        return document;
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
