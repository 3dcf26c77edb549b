/**
 * Snapshots: root file systems that are cheap to make and to throw away.
 *
 * <p>{@link dev.carafe.image.snapshot.Snapshots} is the entry. A snapshot stands on a {@link
 * dev.carafe.image.snapshot.Base}: layers of an image, folders, another snapshot that was committed, or nothing. It is
 * not mounted here: {@link dev.carafe.image.snapshot.Snapshots#mounts} says which {@link
 * dev.carafe.image.snapshot.Mount mounts} show it, and whoever starts a container makes them in the container's own mount
 * namespace.
 *
 * <p>How a snapshot shares what it has in common with others is its driver's affair, of which a folder has one; it is
 * chosen when there is a first snapshot, and remembered.
 *
 * <table>
 * <caption>Drivers</caption>
 * <tr><th></th><th>a snapshot is</th><th>needs</th><th>limits</th><th>other ids</th></tr>
 * <tr><td>overlay</td><td>a folder of changes that overlayfs joins with those below</td><td>a file system that overlayfs
 *     can write to, and root</td><td>on btrfs, xfs, ext4</td><td>Linux 5.19; mounts of the folders below</td></tr>
 * <tr><td>btrfs</td><td>a subvolume; an image is made one when its first snapshot is</td><td>btrfs, and root</td>
 *     <td>what it shares with no other counts</td><td>Linux 5.12; a mount of its own</td></tr>
 * <tr><td>copy</td><td>a whole copy, sharing the content of files where the file system can</td><td>nothing</td>
 *     <td>on btrfs, xfs, ext4</td><td>Linux 5.12; a mount of its own</td></tr>
 * </table>
 *
 * <p>xfs and ext4 limit only where they are mounted with {@code prjquota}. On disk ids are those of the image in any
 * case, but for the changes that overlayfs takes: these have the ids that were asked for, which are written down beside
 * them, and are mapped back where they are read.
 */
@NullMarked
package dev.carafe.image.snapshot;

import org.jspecify.annotations.NullMarked;
