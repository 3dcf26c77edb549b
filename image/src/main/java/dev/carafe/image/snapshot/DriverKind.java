package dev.carafe.image.snapshot;

import java.util.Locale;

/** How snapshots share what they have in common. */
public enum DriverKind {
    /** Overlayfs joins the folders of what lies below with one for the changes. */
    OVERLAY,
    /** Every snapshot is a subvolume of btrfs, and shares what has not been changed. */
    BTRFS,
    /** Every snapshot is a whole copy; files share their content where the file system can. */
    COPY;

    /** The word for people. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
