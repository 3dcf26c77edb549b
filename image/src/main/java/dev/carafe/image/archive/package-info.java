/**
 * Images in files: OCI image layouts, as folders or in tar archives, and the archives that {@code docker save} writes.
 *
 * <p>An {@link dev.carafe.image.archive.ArchivedImages} is read as a registry is, so that whatever takes an image from
 * one takes it from the other; an {@link dev.carafe.image.archive.ImageWriter} takes what is to be saved.
 */
@NullMarked
package dev.carafe.image.archive;

import org.jspecify.annotations.NullMarked;
