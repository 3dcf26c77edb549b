package dev.carafe.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** {@code struct statx}. Where its members are is looked up once, as files are looked at more often than anything else. */
final class Statx {

    private static final StructLayout TIMESTAMP = MemoryLayout.structLayout(
                    JAVA_LONG.withName("tv_sec"), JAVA_INT.withName("tv_nsec"), MemoryLayout.paddingLayout(4))
            .withName("statx_timestamp");

    static final StructLayout LAYOUT = MemoryLayout.structLayout(
                    JAVA_INT.withName("stx_mask"),
                    JAVA_INT.withName("stx_blksize"),
                    JAVA_LONG.withName("stx_attributes"),
                    JAVA_INT.withName("stx_nlink"),
                    JAVA_INT.withName("stx_uid"),
                    JAVA_INT.withName("stx_gid"),
                    JAVA_SHORT.withName("stx_mode"),
                    MemoryLayout.paddingLayout(2),
                    JAVA_LONG.withName("stx_ino"),
                    JAVA_LONG.withName("stx_size"),
                    JAVA_LONG.withName("stx_blocks"),
                    JAVA_LONG.withName("stx_attributes_mask"),
                    TIMESTAMP.withName("stx_atime"),
                    TIMESTAMP.withName("stx_btime"),
                    TIMESTAMP.withName("stx_ctime"),
                    TIMESTAMP.withName("stx_mtime"),
                    JAVA_INT.withName("stx_rdev_major"),
                    JAVA_INT.withName("stx_rdev_minor"),
                    JAVA_INT.withName("stx_dev_major"),
                    JAVA_INT.withName("stx_dev_minor"),
                    JAVA_LONG.withName("stx_mnt_id"),
                    MemoryLayout.paddingLayout(256 - 152))
            .withName("statx");

    private static final long MODE = Marshal.offset(LAYOUT, "stx_mode");
    private static final long UID = Marshal.offset(LAYOUT, "stx_uid");
    private static final long GID = Marshal.offset(LAYOUT, "stx_gid");
    private static final long LINKS = Marshal.offset(LAYOUT, "stx_nlink");
    private static final long INODE = Marshal.offset(LAYOUT, "stx_ino");
    private static final long SIZE = Marshal.offset(LAYOUT, "stx_size");
    private static final long BLOCKS = Marshal.offset(LAYOUT, "stx_blocks");
    private static final long MODIFIED = Marshal.offset(LAYOUT, "stx_mtime");
    private static final long DEVICE_MAJOR = Marshal.offset(LAYOUT, "stx_dev_major");
    private static final long DEVICE_MINOR = Marshal.offset(LAYOUT, "stx_dev_minor");
    private static final long SPECIAL_MAJOR = Marshal.offset(LAYOUT, "stx_rdev_major");
    private static final long SPECIAL_MINOR = Marshal.offset(LAYOUT, "stx_rdev_minor");
    private static final long ATTRIBUTES = Marshal.offset(LAYOUT, "stx_attributes");
    private static final long MOUNT_ID = Marshal.offset(LAYOUT, "stx_mnt_id");

    private static final long STATX_ATTR_MOUNT_ROOT = 0x2000;

    private Statx() {}

    static FileStatus status(MemorySegment status) {
        return new FileStatus(
                Short.toUnsignedInt(Memory.getShort(status, MODE)),
                Memory.getInt(status, UID),
                Memory.getInt(status, GID),
                Integer.toUnsignedLong(Memory.getInt(status, LINKS)),
                Memory.getLong(status, INODE),
                Memory.getLong(status, SIZE),
                Memory.getLong(status, BLOCKS),
                FileStatus.device(Memory.getInt(status, DEVICE_MAJOR), Memory.getInt(status, DEVICE_MINOR)),
                FileStatus.device(Memory.getInt(status, SPECIAL_MAJOR), Memory.getInt(status, SPECIAL_MINOR)),
                nanos(Memory.getLong(status, MODIFIED), Memory.getInt(status, MODIFIED + Long.BYTES)),
                (Memory.getLong(status, ATTRIBUTES) & STATX_ATTR_MOUNT_ROOT) != 0);
    }

    static long mountId(MemorySegment status) {
        return Memory.getLong(status, MOUNT_ID);
    }

    private static long nanos(long seconds, int nanoseconds) {
        try {
            return Math.addExact(Math.multiplyExact(seconds, 1_000_000_000L), nanoseconds);
        } catch (ArithmeticException outOfRange) {
            return seconds < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }
}
