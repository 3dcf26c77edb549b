package dev.carafe.image.store;

import dev.carafe.oci.image.Descriptor;
import java.util.List;

/** Hears how far content has come. Called by several threads at once. */
public interface Watcher {

    /** Hears nothing. */
    Watcher NONE = new Watcher() {};

    /** These layers are to come. */
    default void expected(List<Descriptor> layers) {}

    /** Somebody else fetches it, and what he gets will do. */
    default void waiting(Descriptor blob) {}

    /** More of a blob is here, or there if it is sent. */
    default void moved(Descriptor blob, long bytes) {}

    /** Nothing is left to do for a blob. */
    default void done(Descriptor blob) {}
}
