package dev.carafe.image.snapshot;

import java.time.Instant;

/**
 * What is known of a snapshot.
 *
 * @param base what it stands on
 * @param made when it was prepared, and for one that is committed when that was
 */
public record Snapshot(Key key, Kind kind, Base base, Preparation how, Instant made) {

    /** What can be done with it. */
    public enum Kind {
        /** Takes changes, and can be committed. */
        WRITABLE,
        /** Shows what it stands on and takes no changes. */
        VIEW,
        /** Takes no changes any more: others may stand on it. */
        COMMITTED
    }
}
