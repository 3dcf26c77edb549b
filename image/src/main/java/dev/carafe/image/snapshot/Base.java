package dev.carafe.image.snapshot;

import dev.carafe.oci.Digest;
import java.util.List;

/** What a snapshot stands on. */
public sealed interface Base {

    /** An empty tree. */
    record Nothing() implements Base {}

    /**
     * Layers of an image in the store, which stay there for as long as the snapshot does.
     *
     * @param chain their names, the lowest first
     */
    record Layers(List<Digest> chain) implements Base {
        public Layers {
            chain = List.copyOf(chain);
            if (chain.isEmpty()) {
                throw new IllegalArgumentException("a snapshot of no layers stands on nothing");
            }
        }
    }

    /** Folders that are not the store's, or held in it by the caller: he sees to it that they stay. */
    record Tree(RootFileSystem files) implements Base {}

    /** A committed snapshot, which can only be removed after this one. */
    record Committed(Key key) implements Base {}
}
