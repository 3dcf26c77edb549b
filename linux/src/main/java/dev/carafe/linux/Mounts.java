package dev.carafe.linux;

import static dev.carafe.linux.Struct.u64;
import static dev.carafe.linux.SystemCallException.check;
import static dev.carafe.linux.SystemCallException.hex;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Mounts by descriptor ({@code fsopen(2)} and its family, Linux 5.2 and later) and by path ({@code mount(2)}).
 *
 * <p>A mount that was made or cloned but not yet attached belongs to its descriptor: it goes when that closes.
 */
public final class Mounts {

    /** {@code MOUNT_ATTR_*}, of {@link #create} and {@link #setAttributes}. */
    public static final long ATTR_RDONLY = 0x1;

    public static final long ATTR_NOSUID = 0x2;
    public static final long ATTR_NODEV = 0x4;
    public static final long ATTR_NOEXEC = 0x8;
    /** The access-time modes share this mask: clear it when setting one. */
    public static final long ATTR_ATIME_MASK = 0x70;

    public static final long ATTR_RELATIME = 0x0;
    public static final long ATTR_NOATIME = 0x10;
    public static final long ATTR_STRICTATIME = 0x20;
    public static final long ATTR_NODIRATIME = 0x80;
    public static final long ATTR_IDMAP = 0x100000;
    public static final long ATTR_NOSYMFOLLOW = 0x200000;

    /** {@code OPEN_TREE_CLONE}: a copy of the mount, not attached anywhere. */
    public static final int TREE_CLONE = 1;
    /** {@code AT_RECURSIVE}: with everything mounted below it. */
    public static final int RECURSIVE = 0x8000;

    /** {@code MS_*}, of {@link #mount}. */
    public static final long MS_RDONLY = 0x1;

    public static final long MS_NOSUID = 0x2;
    public static final long MS_NODEV = 0x4;
    public static final long MS_NOEXEC = 0x8;
    public static final long MS_REMOUNT = 0x20;
    public static final long MS_BIND = 0x1000;
    public static final long MS_REC = 0x4000;
    public static final long MS_UNBINDABLE = 0x20000;
    public static final long MS_PRIVATE = 0x40000;
    public static final long MS_SLAVE = 0x80000;
    public static final long MS_SHARED = 0x100000;

    /** {@code MNT_DETACH}: takes a busy mount out of sight now, and away when its last user is gone. */
    public static final int DETACH = 2;
    /** {@code UMOUNT_NOFOLLOW}. */
    public static final int UNMOUNT_NOFOLLOW = 8;

    static final Struct MOUNT_ATTR =
            Struct.of("mount_attr", u64("attr_set"), u64("attr_clr"), u64("propagation"), u64("userns_fd"));

    private static final int FSOPEN_CLOEXEC = 1;
    private static final int FSMOUNT_CLOEXEC = 1;
    private static final int FSCONFIG_SET_FLAG = 0;
    private static final int FSCONFIG_SET_STRING = 1;
    private static final int FSCONFIG_SET_FD = 5;
    private static final int FSCONFIG_CMD_CREATE = 6;
    private static final int MOVE_MOUNT_F_EMPTY_PATH = 0x04;
    private static final int MOVE_MOUNT_T_EMPTY_PATH = 0x40;

    private final SystemCalls calls;

    Mounts(SystemCalls calls) {
        this.calls = calls;
    }

    /** Starts to configure a file system of this type. */
    public Fd openFileSystem(String type) {
        try (Arena arena = Arena.ofConfined()) {
            return Fd.of(calls, (int) check(
                    calls.call(SystemCall.FSOPEN, Marshal.string(arena, type).address(), FSOPEN_CLOEXEC, 0, 0, 0, 0),
                    SystemCall.FSOPEN,
                    type));
        }
    }

    /** Sets an option that has no value. */
    public void configure(Fd fileSystem, String option) {
        configure(fileSystem, FSCONFIG_SET_FLAG, option, "", 0);
    }

    /** Sets an option to a text of at most 255 bytes. */
    public void configure(Fd fileSystem, String option, String value) {
        configure(fileSystem, FSCONFIG_SET_STRING, option, value, 0);
    }

    /** Sets an option to an open file. */
    public void configure(Fd fileSystem, String option, Fd value) {
        configure(fileSystem, FSCONFIG_SET_FD, option, "", value.number());
    }

    /** Makes the file system that has been configured, and a mount of it that is attached nowhere yet. */
    public Fd create(Fd fileSystem, long attributes) {
        configure(fileSystem, FSCONFIG_CMD_CREATE, "", "", 0);
        return Fd.of(calls, (int) check(
                calls.call(SystemCall.FSMOUNT, fileSystem.number(), FSMOUNT_CLOEXEC, attributes, 0, 0, 0),
                SystemCall.FSMOUNT,
                fileSystem,
                attributes));
    }

    /**
     * {@code open_tree(2)}.
     *
     * @param flags {@link #TREE_CLONE}, {@link #RECURSIVE}, {@link Files#EMPTY_PATH}, {@link Files#NOFOLLOW}
     */
    public Fd openTree(Fd directory, String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return Fd.of(calls, (int) check(
                    calls.call(
                            SystemCall.OPEN_TREE,
                            directory.number(),
                            Marshal.string(arena, path).address(),
                            flags | OpenFlags.CLOEXEC,
                            0,
                            0,
                            0),
                    SystemCall.OPEN_TREE,
                    directory,
                    path,
                    flags));
        }
    }

    /** Attaches a detached mount, or moves an attached one, on top of the file or directory {@code target}. */
    public void move(Fd mount, Fd target) {
        try (Arena arena = Arena.ofConfined()) {
            long empty = Marshal.string(arena, "").address();
            check(
                    calls.call(
                            SystemCall.MOVE_MOUNT,
                            mount.number(),
                            empty,
                            target.number(),
                            empty,
                            MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH,
                            0),
                    SystemCall.MOVE_MOUNT,
                    mount,
                    target);
        }
    }

    /**
     * {@code mount_setattr(2)}, Linux 5.12 and later.
     *
     * @param flags 0 or {@link #RECURSIVE}
     * @param set the {@code ATTR_} bits to set
     * @param clear the {@code ATTR_} bits to clear first
     * @param propagation one of {@link #MS_PRIVATE} and its neighbours, or 0 to leave it
     */
    public void setAttributes(Fd mount, int flags, long set, long clear, long propagation) {
        setAttributes(mount, flags, set, clear, propagation, 0);
    }

    /** Shows a detached mount's files with the ids that {@code userNamespace} maps theirs to. */
    public void mapIds(Fd mount, int flags, Fd userNamespace) {
        setAttributes(mount, flags, ATTR_IDMAP, 0, 0, userNamespace.number());
    }

    private void setAttributes(Fd mount, int flags, long set, long clear, long propagation, long userNamespace) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = MOUNT_ATTR.allocate(arena);
            Memory.setLong(attributes, MOUNT_ATTR.offset("attr_set"), set);
            Memory.setLong(attributes, MOUNT_ATTR.offset("attr_clr"), clear);
            Memory.setLong(attributes, MOUNT_ATTR.offset("propagation"), propagation);
            Memory.setLong(attributes, MOUNT_ATTR.offset("userns_fd"), userNamespace);
            check(
                    calls.call(
                            SystemCall.MOUNT_SETATTR,
                            mount.number(),
                            Marshal.string(arena, "").address(),
                            flags | Files.EMPTY_PATH,
                            attributes.address(),
                            MOUNT_ATTR.size(),
                            0),
                    SystemCall.MOUNT_SETATTR,
                    mount,
                    hex(set),
                    hex(clear),
                    hex(propagation));
        }
    }

    /** {@code mount(2)}, for what has no descriptor form; an empty text stands for a null pointer. */
    public void mount(String source, String target, String type, long flags, String data) {
        try (Arena arena = Arena.ofConfined()) {
            check(
                    calls.call(
                            SystemCall.MOUNT,
                            Marshal.stringOrNull(arena, source),
                            Marshal.string(arena, target).address(),
                            Marshal.stringOrNull(arena, type),
                            flags,
                            Marshal.stringOrNull(arena, data),
                            0),
                    SystemCall.MOUNT,
                    source,
                    target,
                    type,
                    hex(flags),
                    data);
        }
    }

    /** Takes away what is mounted on a path; {@code flags} may be {@link #DETACH} and {@link #UNMOUNT_NOFOLLOW}. */
    public void unmount(String target, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            check(
                    calls.call(SystemCall.UMOUNT2, Marshal.string(arena, target).address(), flags, 0, 0, 0, 0),
                    SystemCall.UMOUNT2,
                    target,
                    flags);
        }
    }

    /** Takes away the mount whose top is open; {@code flags} may be {@link #DETACH}. */
    public void unmount(Fd top, int flags) {
        unmount(Marshal.path(top), flags);
    }

    private void configure(Fd fileSystem, int command, String key, String value, int auxiliary) {
        try (Arena arena = Arena.ofConfined()) {
            check(
                    calls.call(
                            SystemCall.FSCONFIG,
                            fileSystem.number(),
                            command,
                            command == FSCONFIG_CMD_CREATE
                                    ? 0
                                    : Marshal.string(arena, key).address(),
                            command == FSCONFIG_SET_STRING
                                    ? Marshal.string(arena, value).address()
                                    : 0,
                            auxiliary,
                            0),
                    SystemCall.FSCONFIG,
                    fileSystem,
                    command == FSCONFIG_CMD_CREATE ? "create" : key,
                    value);
        }
    }
}
