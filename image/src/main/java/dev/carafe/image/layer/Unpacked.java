package dev.carafe.image.layer;

import java.util.List;
import java.util.SortedSet;

/**
 * What has become of a layer.
 *
 * @param entries headers in the archive
 * @param inodes files and folders that it has made
 * @param bytes of the archive, uncompressed
 * @param implied directories that the archive does not have but only goes through, relative to the folder, the folder
 *     itself being the empty path. They are to be like those of the layers below, once these are there: {@link
 *     ImpliedDirectories}
 * @param coversAll whether nothing of the layers below is to be seen. Overlayfs has no mark for that at the root: they
 *     must be left out
 * @param warnings what was left out, one line each; only the first ones
 */
public record Unpacked(
        long entries, long inodes, long bytes, SortedSet<String> implied, boolean coversAll, List<String> warnings) {}
