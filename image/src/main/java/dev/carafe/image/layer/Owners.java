package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.FORBIDDEN;

import java.util.List;

/** Which ids of this machine stand for those in a layer. */
public sealed interface Owners {

    /** Every file is its maker's: for those who may not give files away. */
    record Ignored() implements Owners {}

    /**
     * Ids in ranges, as in a user namespace.
     *
     * @param users at least one range
     * @param groups at least one range
     */
    record Mapped(List<Range> users, List<Range> groups) implements Owners {
        public Mapped {
            users = List.copyOf(users);
            groups = List.copyOf(groups);
            if (users.isEmpty() || groups.isEmpty()) {
                throw new IllegalArgumentException("no ids are mapped");
            }
        }
    }

    /**
     * Ids that follow each other.
     *
     * @param inside the first one in the layer
     * @param outside the first one on this machine
     * @param count how many
     */
    record Range(long inside, long outside, long count) {
        public Range {
            if (inside < 0
                    || outside < 0
                    || count < 1
                    || count > LAST_ID + 1
                    || inside > LAST_ID + 1 - count
                    || outside > LAST_ID + 1 - count) {
                throw new IllegalArgumentException("no range of ids: " + inside + " " + outside + " " + count);
            }
        }
    }

    /** The highest id: one more is what system calls take for none. */
    long LAST_ID = 0xffff_fffeL;

    /** The layer's ids are this machine's. */
    static Owners same() {
        List<Range> all = List.of(new Range(0, 0, LAST_ID + 1));
        return new Mapped(all, all);
    }

    /**
     * The user on this machine.
     *
     * @return -1 if files stay their maker's
     * @throws LayerException if the id is none, or not mapped
     */
    default int user(long id, String entry) {
        return switch (this) {
            case Ignored() -> -1;
            case Mapped mapped -> outside(mapped.users(), id, entry, "user");
        };
    }

    /** The group on this machine, likewise. */
    default int group(long id, String entry) {
        return switch (this) {
            case Ignored() -> -1;
            case Mapped mapped -> outside(mapped.groups(), id, entry, "group");
        };
    }

    /**
     * The user in a layer.
     *
     * @throws LayerException if none is mapped to this one
     */
    default long userInside(int id, String entry) {
        return switch (this) {
            case Ignored() -> 0;
            case Mapped mapped -> inside(mapped.users(), id, entry, "user");
        };
    }

    /** The group in a layer, likewise. */
    default long groupInside(int id, String entry) {
        return switch (this) {
            case Ignored() -> 0;
            case Mapped mapped -> inside(mapped.groups(), id, entry, "group");
        };
    }

    private static int outside(List<Range> ranges, long id, String entry, String what) {
        for (Range range : ranges) {
            if (id >= range.inside() && id - range.inside() < range.count()) {
                return (int) (range.outside() + id - range.inside());
            }
        }
        throw new LayerException(
                FORBIDDEN, entry, "it belongs to " + what + " " + id + ", which is not among the ids that are mapped");
    }

    private static long inside(List<Range> ranges, int number, String entry, String what) {
        long id = Integer.toUnsignedLong(number);
        for (Range range : ranges) {
            if (id >= range.outside() && id - range.outside() < range.count()) {
                return range.inside() + id - range.outside();
            }
        }
        throw new LayerException(
                FORBIDDEN, entry, "it belongs to " + what + " " + id + ", to which no id of the layer is mapped");
    }
}
