package dev.carafe.image.store;

/**
 * What collecting has freed.
 *
 * @param bytes on the disk, blobs and layers together
 */
public record Freed(int blobs, int layers, long bytes) {}
