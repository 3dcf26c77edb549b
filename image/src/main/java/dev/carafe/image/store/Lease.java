package dev.carafe.image.store;

import dev.carafe.oci.Digest;
import java.util.Collection;

/**
 * Keeps content from being collected. What is held need not be there yet: who is to fetch something, or to use what he
 * finds, holds it first.
 *
 * <p>It ends with the process or the file that it was taken for, if {@link #close} does not end it before.
 */
public final class Lease implements AutoCloseable {

    private final Database database;
    private final String id;

    Lease(Database database, String id) {
        this.database = database;
        this.id = id;
    }

    /** Keeps blobs and layers: a layer by its chain ID. */
    public void hold(Collection<Digest> content) {
        database.transact(() -> {
            content.forEach(it -> database.change("INSERT OR IGNORE INTO held VALUES (?, ?)", id, it.toString()));
            return true;
        });
    }

    @Override
    public void close() {
        database.transact(() -> database.change("DELETE FROM leases WHERE id = ?", id));
    }
}
