package dev.carafe.linux;

import static dev.carafe.linux.Struct.reserved;
import static dev.carafe.linux.Struct.u16;
import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.Struct.u64;

import java.lang.foreign.MemorySegment;

/** {@code struct statx}. Where its members are is looked up once, as files are looked at more often than anything else. */
final class Statx {

    private static final Struct TIMESTAMP = Struct.of("statx_timestamp", u64("tv_sec"), u32("tv_nsec"));

    static final Struct LAYOUT = Struct.of(
            "statx",
            u32("stx_mask"),
            u32("stx_blksize"),
            u64("stx_attributes"),
            u32("stx_nlink"),
            u32("stx_uid"),
            u32("stx_gid"),
            u16("stx_mode"),
            u64("stx_ino"),
            u64("stx_size"),
            u64("stx_blocks"),
            u64("stx_attributes_mask"),
            TIMESTAMP.as("stx_atime"),
            TIMESTAMP.as("stx_btime"),
            TIMESTAMP.as("stx_ctime"),
            TIMESTAMP.as("stx_mtime"),
            u32("stx_rdev_major"),
            u32("stx_rdev_minor"),
            u32("stx_dev_major"),
            u32("stx_dev_minor"),
            u64("stx_mnt_id"),
            reserved(256 - 152));

    private static final int MODE = LAYOUT.offset("stx_mode");
    private static final int UID = LAYOUT.offset("stx_uid");
    private static final int GID = LAYOUT.offset("stx_gid");
    private static final int LINKS = LAYOUT.offset("stx_nlink");
    private static final int INODE = LAYOUT.offset("stx_ino");
    private static final int SIZE = LAYOUT.offset("stx_size");
    private static final int BLOCKS = LAYOUT.offset("stx_blocks");
    private static final int MODIFIED = LAYOUT.offset("stx_mtime");
    private static final int DEVICE_MAJOR = LAYOUT.offset("stx_dev_major");
    private static final int DEVICE_MINOR = LAYOUT.offset("stx_dev_minor");
    private static final int SPECIAL_MAJOR = LAYOUT.offset("stx_rdev_major");
    private static final int SPECIAL_MINOR = LAYOUT.offset("stx_rdev_minor");
    private static final int ATTRIBUTES = LAYOUT.offset("stx_attributes");
    private static final int MOUNT_ID = LAYOUT.offset("stx_mnt_id");

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
