package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.TOO_LARGE;

/**
 * How much a layer may be. What goes beyond ends the unpacking at once.
 *
 * @param entries headers in the archive
 * @param inodes files and folders that come to be, those included that the archive only implies
 * @param depth names in one path
 * @param pathBytes bytes in one path or link target
 * @param headerBytes bytes in one extended header, long name or map of a sparse file
 * @param attributeBytes bytes in all the extended attributes of one entry
 * @param bytes of the archive when uncompressed; also of a sparse file with its holes
 * @param ratio bytes uncompressed to bytes compressed, looked at from {@link #RATIO_FROM} on
 */
public record LayerLimits(
        long entries,
        long inodes,
        int depth,
        int pathBytes,
        int headerBytes,
        int attributeBytes,
        long bytes,
        int ratio) {

    /** A small layer may well be mostly zeros: the ratio counts from so many uncompressed bytes on. */
    public static final long RATIO_FROM = 1L << 30;

    public LayerLimits {
        if (entries < 1
                || inodes < 1
                || depth < 1
                || pathBytes < 1
                || headerBytes < 512
                || attributeBytes < 0
                || bytes < 1
                || ratio < 1) {
            throw new IllegalArgumentException("limits that no layer can keep");
        }
    }

    /** What no layer that people use comes near to. */
    public static LayerLimits usual() {
        return new LayerLimits(4_000_000, 4_000_000, 256, 4095, 1 << 20, 1 << 18, 1L << 38, 1000);
    }

    public LayerLimits withBytes(long most) {
        return new LayerLimits(entries, inodes, depth, pathBytes, headerBytes, attributeBytes, most, ratio);
    }

    public LayerLimits withEntries(long most) {
        return new LayerLimits(most, most, depth, pathBytes, headerBytes, attributeBytes, bytes, ratio);
    }

    public LayerLimits withInodes(long most) {
        return new LayerLimits(entries, most, depth, pathBytes, headerBytes, attributeBytes, bytes, ratio);
    }

    /** Checks a count against one of these. */
    static void check(long count, long most, String entry, String what) {
        if (count > most) {
            throw new LayerException(TOO_LARGE, entry, what + ", and at most " + most + " may be");
        }
    }
}
