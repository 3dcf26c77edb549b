/**
 * From a reference to a root file system.
 *
 * <p>{@link dev.carafe.image.Images} is the floor's entry: it turns an {@link dev.carafe.image.ImageReference} into an
 * {@link dev.carafe.image.Image}, making or fetching it where the data folder has none yet. An image's {@link
 * dev.carafe.image.snapshot.RootFileSystem} is a description: this floor mounts nothing. Whoever starts a container joins it
 * with a writable layer and makes the mounts inside the container's own mount namespace.
 *
 * <p>Files of an image are reached by descriptor, one path component at a time, and nothing from an image is executed
 * or loaded by this program.
 */
@NullMarked
package dev.carafe.image;

import org.jspecify.annotations.NullMarked;
