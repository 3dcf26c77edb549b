/**
 * From a layer's bytes to a folder, and back.
 *
 * <p>A layer is a tar archive, compressed or not, that says what a root file system has more or less than the one below
 * it. {@link dev.carafe.image.layer.LayerPipeline} turns one into a folder as overlayfs wants its lower ones, and hashes
 * it on the way; {@link dev.carafe.image.layer.LayerWriter} turns folders into layers. This package knows nothing of
 * registries, nor of where layers are kept.
 *
 * <p>An archive is anybody's work. It is read with bounds on everything ({@link dev.carafe.image.layer.LayerLimits}), and
 * what it names is reached by descriptor, one path component at a time, from the folder that it goes to: no name, link or
 * order of entries leads out of that.
 */
@NullMarked
package dev.carafe.image.layer;

import org.jspecify.annotations.NullMarked;
