package dev.carafe.image.snapshot;

import dev.carafe.image.layer.Owners;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** How ids on the disk are to be shown. */
final class IdMaps {

    private IdMaps() {}

    /**
     * What a mount has to make of the ids in a folder.
     *
     * @param stored whose ids are in the folder
     * @param wanted whose ids are to be seen
     * @return from an id on the disk to one that is seen; nothing if they are the same
     */
    static Optional<Owners.Mapped> between(Optional<Owners.Mapped> stored, Optional<Owners.Mapped> wanted) {
        if (stored.equals(wanted)) {
            return Optional.empty();
        }
        Owners.Mapped from = stored.orElse(identity());
        Owners.Mapped to = wanted.orElse(identity());
        return Optional.of(new Owners.Mapped(ranges(from.users(), to.users()), ranges(from.groups(), to.groups())));
    }

    private static Owners.Mapped identity() {
        List<Owners.Range> all = List.of(new Owners.Range(0, 0, Owners.LAST_ID + 1));
        return new Owners.Mapped(all, all);
    }

    private static List<Owners.Range> ranges(List<Owners.Range> from, List<Owners.Range> to) {
        List<Owners.Range> ranges = new ArrayList<>();
        for (Owners.Range a : from) {
            for (Owners.Range b : to) {
                long first = Math.max(a.inside(), b.inside());
                long end = Math.min(a.inside() + a.count(), b.inside() + b.count());
                if (first < end) {
                    ranges.add(new Owners.Range(
                            a.outside() + first - a.inside(), b.outside() + first - b.inside(), end - first));
                }
            }
        }
        return ranges;
    }
}
