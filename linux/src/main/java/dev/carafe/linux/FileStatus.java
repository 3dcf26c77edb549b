package dev.carafe.linux;

/**
 * What {@code statx(2)} tells of a file.
 *
 * @param mode type and permission bits, as in {@code st_mode}
 * @param device the number of the file system that it lives on, as {@link #device(int, int)} packs it
 * @param specialDevice for a device node, the device that it stands for, packed likewise; else 0
 * @param modifiedNanos last modification, nanoseconds since the epoch; saturates at the ends of {@code long}
 */
public record FileStatus(
        int mode,
        int uid,
        int gid,
        long links,
        long inode,
        long size,
        long blocks,
        long device,
        long specialDevice,
        long modifiedNanos,
        boolean mountRoot) {

    public static final int TYPE_MASK = 0170000;
    public static final int TYPE_FIFO = 0010000;
    public static final int TYPE_CHARACTER = 0020000;
    public static final int TYPE_DIRECTORY = 0040000;
    public static final int TYPE_BLOCK = 0060000;
    public static final int TYPE_REGULAR = 0100000;
    public static final int TYPE_SYMLINK = 0120000;
    public static final int TYPE_SOCKET = 0140000;

    /** The type bits alone, one of the {@code TYPE_} constants. */
    public int type() {
        return mode & TYPE_MASK;
    }

    public boolean isDirectory() {
        return type() == TYPE_DIRECTORY;
    }

    public boolean isRegular() {
        return type() == TYPE_REGULAR;
    }

    /** A device number in the kernel's 32-bit form, as {@code mknodat(2)} takes it. */
    public static long device(int major, int minor) {
        return (minor & 0xffL) | ((major & 0xfffL) << 8) | ((minor & 0xfff00L) << 12);
    }
}
