package dev.carafe.linux;

import static dev.carafe.linux.Struct.bytes;
import static dev.carafe.linux.Struct.reserved;
import static dev.carafe.linux.Struct.u16;
import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.Struct.u64;
import static dev.carafe.linux.SystemCallException.check;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * Subvolumes of btrfs and how much is in them. A subvolume looks like a directory, and can be copied as a whole without
 * copying anything.
 *
 * @see <a href="https://btrfs.readthedocs.io/en/latest/btrfs-ioctl.html">btrfs-ioctl(3)</a>
 */
public final class Btrfs {

    /** The inode's number that the top of every subvolume has, and nothing else. */
    public static final long TOP_INODE = 256;

    /** No limit, nor any that there was. */
    public static final long UNLIMITED = -1;

    static final Struct NAMED = Struct.of("btrfs_ioctl_vol_args", u64("fd"), bytes("name", 4088));

    static final Struct SNAPSHOT = Struct.of(
            "btrfs_ioctl_vol_args_v2", u64("fd"), u64("transid"), u64("flags"), reserved(32), bytes("name", 4040));

    static final Struct LOOKUP =
            Struct.of("btrfs_ioctl_ino_lookup_args", u64("treeid"), u64("objectid"), bytes("name", 4080));

    static final Struct FILE_SYSTEM = Struct.of(
            "btrfs_ioctl_fs_info_args",
            u64("max_id"),
            u64("num_devices"),
            bytes("fsid", 16),
            u32("nodesize"),
            u32("sectorsize"),
            u32("clone_alignment"),
            u16("csum_type"),
            u16("csum_size"),
            u64("flags"),
            u64("generation"),
            reserved(1024 - 64));

    static final Struct QUOTA_CONTROL = Struct.of("btrfs_ioctl_quota_ctl_args", u64("cmd"), u64("status"));

    static final Struct GROUP_LIMIT = Struct.of(
            "btrfs_ioctl_qgroup_limit_args",
            u64("qgroupid"),
            u64("lim.flags"),
            u64("lim.max_rfer"),
            u64("lim.max_excl"),
            u64("lim.rsv_rfer"),
            u64("lim.rsv_excl"));

    static final Struct GROUP_CREATE = Struct.of("btrfs_ioctl_qgroup_create_args", u64("create"), u64("qgroupid"));

    static final long SUBVOL_CREATE = 0x5000940e;
    static final long SNAP_DESTROY = 0x5000940f;
    static final long INO_LOOKUP = 0xd0009412L;
    static final long SNAP_CREATE_V2 = 0x50009417;
    static final long SUBVOL_GETFLAGS = 0x80089419L;
    static final long SUBVOL_SETFLAGS = 0x4008941a;
    static final long FS_INFO = 0x8400941fL;
    static final long QUOTA_CTL = 0xc0109428L;
    static final long QGROUP_CREATE = 0x4010942a;
    static final long QGROUP_LIMIT = 0x8030942bL;
    static final long QUOTA_RESCAN_WAIT = 0x942e;
    static final long SUBVOL_RDONLY = 2;
    static final long QUOTA_CTL_ENABLE = 1;
    static final long QGROUP_LIMIT_MAX_EXCL = 2;

    private static final int NUMBER_MOST = 64;
    private static final int UUID_BYTES = 16;

    private final SystemCalls calls;
    private final Files files;

    Btrfs(SystemCalls calls) {
        this.calls = calls;
        this.files = new Files(calls);
    }

    /** Makes an empty subvolume. Its owner is the caller's, its mode 0777 without the mask. */
    public void makeSubvolume(Fd directory, String name) {
        try (Arena arena = Arena.ofConfined()) {
            ioctl(directory, SUBVOL_CREATE, named(arena, NAMED, name), "BTRFS_IOC_SUBVOL_CREATE", name);
        }
    }

    /**
     * Copies a subvolume, sharing all that is in it. Subvolumes that lie in it are empty directories in the copy.
     *
     * @param directory where the copy goes, on the same file system
     */
    public void snapshot(Fd subvolume, Fd directory, String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment arguments = named(arena, SNAPSHOT, name);
            Memory.setLong(arguments, SNAPSHOT.offset("fd"), subvolume.number());
            ioctl(directory, SNAP_CREATE_V2, arguments, "BTRFS_IOC_SNAP_CREATE_V2", name);
        }
    }

    /**
     * Removes a subvolume with all that is in it.
     *
     * @throws SystemCallException with {@code ENOTEMPTY} if other subvolumes lie in it
     */
    public void destroy(Fd directory, String name) {
        try (Arena arena = Arena.ofConfined()) {
            ioctl(directory, SNAP_DESTROY, named(arena, NAMED, name), "BTRFS_IOC_SNAP_DESTROY", name);
        }
    }

    /** Whether nothing in a subvolume can be changed. */
    public boolean isReadOnly(Fd subvolume) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flags = arena.allocate(Long.BYTES, Long.BYTES);
            ioctl(subvolume, SUBVOL_GETFLAGS, flags, "BTRFS_IOC_SUBVOL_GETFLAGS");
            return (Memory.getLong(flags, 0) & SUBVOL_RDONLY) != 0;
        }
    }

    public void setReadOnly(Fd subvolume, boolean readOnly) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flags = arena.allocate(Long.BYTES, Long.BYTES);
            Memory.setLong(flags, 0, readOnly ? SUBVOL_RDONLY : 0);
            ioctl(subvolume, SUBVOL_SETFLAGS, flags, "BTRFS_IOC_SUBVOL_SETFLAGS", readOnly);
        }
    }

    /** The number of the subvolume that a file lies in. */
    public long subvolume(Fd file) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment lookup = LOOKUP.allocate(arena);
            Memory.setLong(lookup, LOOKUP.offset("objectid"), TOP_INODE);
            ioctl(file, INO_LOOKUP, lookup, "BTRFS_IOC_INO_LOOKUP");
            return Memory.getLong(lookup, LOOKUP.offset("treeid"));
        }
    }

    /** Has the file system count what is in each subvolume; it does so from then on, for good. */
    public void enableQuotas(Fd file) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment control = QUOTA_CONTROL.allocate(arena);
            Memory.setLong(control, QUOTA_CONTROL.offset("cmd"), QUOTA_CTL_ENABLE);
            ioctl(file, QUOTA_CTL, control, "BTRFS_IOC_QUOTA_CTL", "enable");
            check(
                    calls.uninterrupted(SystemCall.IOCTL, file.number(), QUOTA_RESCAN_WAIT, 0, 0, 0, 0),
                    SystemCall.IOCTL,
                    file,
                    "BTRFS_IOC_QUOTA_RESCAN_WAIT");
        }
    }

    /**
     * Limits what a subvolume may have that no other one shares. Quotas must be enabled. A copy of it is limited likewise.
     *
     * @param bytes at least 1; or {@link #UNLIMITED}
     */
    public void limitExclusive(Fd subvolume, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment limit = GROUP_LIMIT.allocate(arena);
            Memory.setLong(limit, GROUP_LIMIT.offset("lim.flags"), QGROUP_LIMIT_MAX_EXCL);
            Memory.setLong(limit, GROUP_LIMIT.offset("lim.max_excl"), bytes);
            ioctl(subvolume, QGROUP_LIMIT, limit, "BTRFS_IOC_QGROUP_LIMIT", bytes);
        }
    }

    /**
     * Forgets what was counted of a subvolume that is gone, which older kernels do not do by themselves.
     *
     * @param file any on the same file system
     */
    public void forgetGroup(Fd file, long subvolume) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment group = GROUP_CREATE.allocate(arena);
            Memory.setLong(group, GROUP_CREATE.offset("qgroupid"), subvolume);
            ioctl(file, QGROUP_CREATE, group, "BTRFS_IOC_QGROUP_CREATE", "remove", subvolume);
        }
    }

    /**
     * The bytes that a subvolume shares with no other one, as of the file system's last sync; nothing if they are not
     * counted.
     */
    public Optional<Long> exclusive(Fd subvolume) {
        String path = "/sys/fs/btrfs/" + identity(subvolume) + "/qgroups/0_" + subvolume(subvolume) + "/exclusive";
        try {
            return Optional.of(
                    Long.parseLong(files.readText(Fd.CWD, path, NUMBER_MOST).strip()));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /** The file system's UUID in its usual form. */
    private String identity(Fd file) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment information = FILE_SYSTEM.allocate(arena);
            ioctl(file, FS_INFO, information, "BTRFS_IOC_FS_INFO");
            long offset = FILE_SYSTEM.offset("fsid");
            byte[] all = Memory.getBytes(information, offset + UUID_BYTES);
            String hex = java.util.HexFormat.of().formatHex(Arrays.copyOfRange(all, (int) offset, all.length));
            return hex.replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5");
        }
    }

    private static MemorySegment named(Arena arena, Struct layout, String name) {
        MemorySegment arguments = layout.allocate(arena);
        byte[] bytes = FileNames.bytes(name);
        if (bytes.length >= layout.size("name")) {
            throw new IllegalArgumentException("a name of " + bytes.length + " bytes");
        }
        Memory.setBytes(arguments, layout.offset("name"), bytes);
        return arguments;
    }

    private void ioctl(Fd file, long request, MemorySegment arguments, String name, Object... more) {
        Object[] told = new Object[more.length + 2];
        told[0] = file;
        told[1] = name;
        System.arraycopy(more, 0, told, 2, more.length);
        check(
                calls.uninterrupted(SystemCall.IOCTL, file.number(), request, arguments.address(), 0, 0, 0),
                SystemCall.IOCTL,
                told);
    }
}
