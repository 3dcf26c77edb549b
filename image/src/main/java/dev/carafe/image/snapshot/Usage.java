package dev.carafe.image.snapshot;

/**
 * What a snapshot takes on the disk beside what it stands on.
 *
 * @param bytes in whole blocks
 * @param inodes files and directories
 */
public record Usage(long bytes, long inodes) {}
