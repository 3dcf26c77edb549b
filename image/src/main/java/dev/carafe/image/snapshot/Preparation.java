package dev.carafe.image.snapshot;

import dev.carafe.image.layer.Owners;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a snapshot is to be.
 *
 * @param holder a file or a folder without which nobody needs the snapshot: when it is gone, so is soon the snapshot
 * @param limit the bytes that its own content may take
 * @param owners the ids of this machine that stand for those in the tree, as in a user namespace
 */
public record Preparation(Optional<Path> holder, OptionalLong limit, Optional<Owners.Mapped> owners) {

    /** Nothing of all that. */
    public static final Preparation PLAIN = new Preparation(Optional.empty(), OptionalLong.empty(), Optional.empty());

    public Preparation {
        if (limit.isPresent() && limit.getAsLong() < 1) {
            throw new IllegalArgumentException("a snapshot of at most " + limit.getAsLong() + " bytes");
        }
    }

    public Preparation heldBy(Path path) {
        return new Preparation(Optional.of(path), limit, owners);
    }

    /** With a limit, at least 1. */
    public Preparation limitedTo(long bytes) {
        return new Preparation(holder, OptionalLong.of(bytes), owners);
    }

    public Preparation ownedBy(Owners.Mapped ids) {
        return new Preparation(holder, limit, Optional.of(ids));
    }
}
