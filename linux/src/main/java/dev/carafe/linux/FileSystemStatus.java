package dev.carafe.linux;

/**
 * What {@code statfs(2)} tells of a file system.
 *
 * @param type its magic number, such as {@link #PROC}
 * @param blockSize bytes in a block
 * @param blocks all its blocks
 * @param blocksAvailable blocks that an unprivileged user may still take
 * @param files all its inodes, 0 where it does not count them
 * @param filesFree inodes still free
 */
public record FileSystemStatus(
        long type, long blockSize, long blocks, long blocksAvailable, long files, long filesFree) {

    public static final long PROC = 0x9fa0;
    public static final long SYSFS = 0x62656572;
    public static final long CGROUP = 0x27e0eb;
    public static final long CGROUP2 = 0x63677270;
    public static final long DEBUGFS = 0x64626720;
    public static final long TRACEFS = 0x74726163;
    public static final long SECURITYFS = 0x73636673;
    public static final long DEVPTS = 0x1cd1;
    public static final long TMPFS = 0x01021994;
    public static final long OVERLAY = 0x794c7630;
    public static final long BTRFS = 0x9123683eL;
    public static final long EXT4 = 0xef53;
    public static final long XFS = 0x58465342;

    /** What people call it, or its number. */
    public String name() {
        if (type == TMPFS) {
            return "tmpfs";
        }
        if (type == OVERLAY) {
            return "overlayfs";
        }
        if (type == BTRFS) {
            return "btrfs";
        }
        if (type == EXT4) {
            return "ext4";
        }
        return type == XFS ? "xfs" : "a file system of the type 0x" + Long.toHexString(type);
    }
}
