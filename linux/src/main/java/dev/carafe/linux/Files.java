package dev.carafe.linux;

import static dev.carafe.linux.Struct.reserved;
import static dev.carafe.linux.Struct.u64;
import static dev.carafe.linux.SystemCallException.check;
import static dev.carafe.linux.SystemCallException.octal;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Files and directories by descriptor: {@code openat2(2)}, the {@code *at} family, and reading and writing.
 *
 * <p>A path is relative to the directory descriptor given with it, or to the root of the mount namespace where it
 * starts with a slash and the call does not resolve in-root. Every descriptor made here is close-on-exec.
 */
public final class Files {

    /** {@code AT_SYMLINK_NOFOLLOW}: act on a symbolic link itself. */
    public static final int NOFOLLOW = 0x100;
    /** {@code AT_REMOVEDIR}: {@code unlinkat} removes a directory. */
    public static final int REMOVE_DIRECTORY = 0x200;
    /** {@code AT_EMPTY_PATH}: an empty path means the descriptor itself. */
    public static final int EMPTY_PATH = 0x1000;

    /** {@code flock(2)}: shared. */
    public static final int LOCK_SHARED = 1;
    /** {@code flock(2)}: exclusive. */
    public static final int LOCK_EXCLUSIVE = 2;
    /** {@code flock(2)}: fail with {@code EWOULDBLOCK} rather than wait. */
    public static final int LOCK_NONBLOCKING = 4;

    private static final int FALLOCATE_KEEP_SIZE = 1;
    /** As many as the native binary makes. */
    private static final int RESOLVE_ATTEMPTS = 128;

    static final Struct OPEN_HOW = Struct.of("open_how", u64("flags"), u64("mode"), u64("resolve"));

    static final Struct STATFS = Struct.of(
            "statfs",
            u64("f_type"),
            u64("f_bsize"),
            u64("f_blocks"),
            u64("f_bfree"),
            u64("f_bavail"),
            u64("f_files"),
            u64("f_ffree"),
            reserved(120 - 56));

    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int STATX_MNT_ID = 0x1000;
    private static final int DIRECTORY_BUFFER = 32 * 1024;
    private static final int LINK_MAX = 4096;
    /** Most files that are read to their end are the kernel's, and short. */
    private static final int FIRST_READ = 4096;

    private static final int NEXT_READS = 64 * 1024;
    private static final int AT_SYMLINK_FOLLOW = 0x400;
    static final int FICLONE = 0x40049409;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;
    private static final int F_SEAL_SEAL_SHRINK_GROW_WRITE = 0xf;
    private static final int IN_MODIFY = 0x2;
    private static final int IN_MOVED_TO = 0x80;
    private static final int IN_CREATE = 0x100;
    private static final int IN_DELETE = 0x200;
    private static final int IN_NONBLOCK = 04000;
    private static final int IN_CLOEXEC = 02000000;

    private final SystemCalls calls;

    Files(SystemCalls calls) {
        this.calls = calls;
    }

    /** Opens an existing file. */
    public Fd open(Fd directory, String path, int flags) {
        return open(directory, path, flags, 0, 0);
    }

    /**
     * {@code openat2(2)}.
     *
     * @param flags of {@link OpenFlags}, {@code O_CLOEXEC} being always added
     * @param mode permission bits of a file that it creates, else 0
     * @param resolve how far the path may lead, the {@code RESOLVE_} flags of {@link OpenFlags}; where the kernel could
     *     not tell, as somebody renamed or mounted something meanwhile, it is asked again
     */
    public Fd open(Fd directory, String path, int flags, int mode, int resolve) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment how = OPEN_HOW.allocate(arena);
            Memory.setLong(how, OPEN_HOW.offset("flags"), flags | OpenFlags.CLOEXEC);
            Memory.setLong(how, OPEN_HOW.offset("mode"), mode);
            Memory.setLong(how, OPEN_HOW.offset("resolve"), resolve);
            long address = Marshal.string(arena, path).address();
            long result;
            int attempts = resolve == 0 ? 1 : RESOLVE_ATTEMPTS;
            do {
                result = calls.call(
                        SystemCall.OPENAT2, directory.number(), address, how.address(), OPEN_HOW.size(), 0, 0);
            } while (result == -Errno.EAGAIN.number() && --attempts > 0);
            if (result < 0) {
                throw new SystemCallException(SystemCall.OPENAT2, result, directory, path, octal(flags));
            }
            return Fd.of(calls, (int) result);
        }
    }

    /** Takes over a descriptor that somebody else has opened for this process. */
    public Fd adopt(int number) {
        return Fd.of(calls, number);
    }

    /** Another descriptor for the same open file, numbered 3 or higher. */
    public Fd duplicate(Fd fd) {
        int fDupFdCloexec = 1030;
        return Fd.of(calls, (int)
                check(calls.call(SystemCall.FCNTL, fd.number(), fDupFdCloexec, 3, 0, 0, 0), SystemCall.FCNTL, fd));
    }

    /**
     * Makes a pipe or fifo as small as it can be: whatever is in it then fills it, and it takes more when all has been
     * read ({@code F_SETPIPE_SZ} of {@code fcntl(2)}).
     */
    public void shrinkPipe(Fd pipe) {
        int fSetPipeSize = 1031;
        check(calls.call(SystemCall.FCNTL, pipe.number(), fSetPipeSize, 1, 0, 0, 0), SystemCall.FCNTL, pipe);
    }

    /** Gives an open file another number besides, in place of what has that now; programs started later have it too. */
    public void duplicate(Fd fd, int number) {
        check(calls.call(SystemCall.DUP3, fd.number(), number, 0, 0, 0, 0), SystemCall.DUP3, fd, number);
    }

    public void makeDirectory(Fd directory, String path, int mode) {
        onPath(SystemCall.MKDIRAT, directory, path, mode, 0);
    }

    /**
     * Makes a directory, and those above it that are missing. One that is there already stays as it is.
     *
     * @param path absolute
     * @param modeAbove of those above it
     */
    public void makeDirectories(String path, int mode, int modeAbove) {
        for (int slash = path.indexOf('/', 1); ; slash = path.indexOf('/', slash + 1)) {
            try {
                makeDirectory(Fd.CWD, slash < 0 ? path : path.substring(0, slash), slash < 0 ? mode : modeAbove);
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.EEXIST) {
                    throw exception;
                }
            }
            if (slash < 0) {
                return;
            }
        }
    }

    /** {@code mknodat(2)}; {@code mode} carries the type, {@code device} is packed by {@link FileStatus#device}. */
    public void makeNode(Fd directory, String path, int mode, long device) {
        onPath(SystemCall.MKNODAT, directory, path, mode, device);
    }

    /** Removes a name; {@code flags} may be {@link #REMOVE_DIRECTORY}. */
    public void unlink(Fd directory, String path, int flags) {
        onPath(SystemCall.UNLINKAT, directory, path, flags, 0);
    }

    public void changeMode(Fd directory, String path, int mode) {
        onPath(SystemCall.FCHMODAT, directory, path, mode, 0);
    }

    public void changeMode(Fd file, int mode) {
        check(calls.call(SystemCall.FCHMOD, file.number(), mode, 0, 0, 0, 0), SystemCall.FCHMOD, file, octal(mode));
    }

    /** {@code fchownat(2)}; an id of -1 stays as it is. */
    public void changeOwner(Fd directory, String path, int uid, int gid, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            check(
                    calls.call(
                            SystemCall.FCHOWNAT,
                            directory.number(),
                            Marshal.string(arena, path).address(),
                            Integer.toUnsignedLong(uid),
                            Integer.toUnsignedLong(gid),
                            flags,
                            0),
                    SystemCall.FCHOWNAT,
                    directory,
                    path,
                    Integer.toUnsignedLong(uid),
                    Integer.toUnsignedLong(gid));
        }
    }

    public void makeSymbolicLink(String target, Fd directory, String path) {
        try (Arena arena = Arena.ofConfined()) {
            check(
                    calls.call(
                            SystemCall.SYMLINKAT,
                            Marshal.string(arena, target).address(),
                            directory.number(),
                            Marshal.string(arena, path).address(),
                            0,
                            0,
                            0),
                    SystemCall.SYMLINKAT,
                    target,
                    directory,
                    path);
        }
    }

    /**
     * What a symbolic link says.
     *
     * @throws SystemCallException with {@code EINVAL} if it is no symbolic link
     */
    public String readLink(Fd directory, String path) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(LINK_MAX);
            long length = check(
                    calls.call(
                            SystemCall.READLINKAT,
                            directory.number(),
                            Marshal.string(arena, path).address(),
                            buffer.address(),
                            LINK_MAX,
                            0,
                            0),
                    SystemCall.READLINKAT,
                    directory,
                    path);
            return FileNames.text(Memory.getBytes(buffer, length));
        }
    }

    /** A hard link; with {@code followLast} to what a symbolic link at {@code path} leads to. */
    public void link(Fd directory, String path, Fd newDirectory, String newPath, boolean followLast) {
        try (Arena arena = Arena.ofConfined()) {
            check(
                    calls.call(
                            SystemCall.LINKAT,
                            directory.number(),
                            Marshal.string(arena, path).address(),
                            newDirectory.number(),
                            Marshal.string(arena, newPath).address(),
                            followLast ? AT_SYMLINK_FOLLOW : 0,
                            0),
                    SystemCall.LINKAT,
                    directory,
                    path,
                    newDirectory,
                    newPath);
        }
    }

    /** Gives a file another name, replacing what has it. */
    public void rename(Fd directory, String path, Fd newDirectory, String newPath) {
        try (Arena arena = Arena.ofConfined()) {
            check(
                    calls.call(
                            SystemCall.RENAMEAT2,
                            directory.number(),
                            Marshal.string(arena, path).address(),
                            newDirectory.number(),
                            Marshal.string(arena, newPath).address(),
                            0,
                            0),
                    SystemCall.RENAMEAT2,
                    directory,
                    path,
                    newDirectory,
                    newPath);
        }
    }

    public FileStatus status(Fd file) {
        return status(file, "", EMPTY_PATH);
    }

    /** {@code statx(2)}; {@code flags} may be {@link #NOFOLLOW} and {@link #EMPTY_PATH}. */
    public FileStatus status(Fd directory, String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = Statx.LAYOUT.allocate(arena);
            check(look(arena, directory, path, flags, status), SystemCall.STATX, directory, path);
            return Statx.status(status);
        }
    }

    /** The number of the mount that a file was opened on; another one may have it when that mount is gone. */
    public long mountId(Fd file) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = Statx.LAYOUT.allocate(arena);
            check(
                    calls.call(
                            SystemCall.STATX,
                            file.number(),
                            Marshal.string(arena, "").address(),
                            EMPTY_PATH,
                            STATX_MNT_ID,
                            status.address(),
                            0),
                    SystemCall.STATX,
                    file,
                    "STATX_MNT_ID");
            return Statx.mountId(status);
        }
    }

    /** Whether a name is there, without following it if it is a symbolic link. */
    public boolean exists(Fd directory, String path) {
        try (Arena arena = Arena.ofConfined()) {
            long result = look(arena, directory, path, NOFOLLOW, Statx.LAYOUT.allocate(arena));
            if (result == -Errno.ENOENT.number() || result == -Errno.ENOTDIR.number()) {
                return false;
            }
            check(result, SystemCall.STATX, directory, path);
            return true;
        }
    }

    private long look(Arena arena, Fd directory, String path, int flags, MemorySegment status) {
        return calls.call(
                SystemCall.STATX,
                directory.number(),
                Marshal.string(arena, path).address(),
                flags,
                STATX_BASIC_STATS,
                status.address(),
                0);
    }

    /** The file system that an open file lives on. */
    public FileSystemStatus fileSystem(Fd file) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = STATFS.allocate(arena);
            check(
                    calls.call(SystemCall.FSTATFS, file.number(), status.address(), 0, 0, 0, 0),
                    SystemCall.FSTATFS,
                    file);
            return new FileSystemStatus(
                    Memory.getLong(status, STATFS.offset("f_type")),
                    Memory.getLong(status, STATFS.offset("f_bsize")),
                    Memory.getLong(status, STATFS.offset("f_blocks")),
                    Memory.getLong(status, STATFS.offset("f_bavail")),
                    Memory.getLong(status, STATFS.offset("f_files")),
                    Memory.getLong(status, STATFS.offset("f_ffree")));
        }
    }

    /** The names in a directory that is open for reading, without {@code .} and {@code ..}, in no order. */
    public List<String> list(Fd directory) {
        return list(directory, false);
    }

    /** Whether there is nothing in a directory that is open for reading; takes no longer if there is much. */
    public boolean isEmpty(Fd directory) {
        return list(directory, true).isEmpty();
    }

    /** @param some whether the first names are enough */
    private List<String> list(Fd directory, boolean some) {
        List<String> names = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(DIRECTORY_BUFFER, Long.BYTES);
            check(calls.call(SystemCall.LSEEK, directory.number(), 0, 0, 0, 0, 0), SystemCall.LSEEK, directory);
            while (true) {
                long filled = check(
                        calls.call(
                                SystemCall.GETDENTS64, directory.number(), buffer.address(), DIRECTORY_BUFFER, 0, 0, 0),
                        SystemCall.GETDENTS64,
                        directory);
                if (filled == 0 || (some && !names.isEmpty())) {
                    return names;
                }
                // struct linux_dirent64: d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name.
                for (long at = 0; at < filled; at += Short.toUnsignedInt(Memory.getShort(buffer, at + 16))) {
                    String name = Marshal.text(buffer, at + 19);
                    if (!name.equals(".") && !name.equals("..")) {
                        names.add(name);
                    }
                }
            }
        }
    }

    /**
     * Reads once.
     *
     * @param most how many bytes at the most
     * @return what was there, empty at the end of the file
     */
    public byte[] read(Fd file, int most) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(most);
            return Memory.getBytes(buffer, read(file, buffer, most));
        }
    }

    private long read(Fd file, MemorySegment buffer, long most) {
        return check(
                calls.call(SystemCall.READ, file.number(), buffer.address(), most, 0, 0, 0), SystemCall.READ, file);
    }

    /**
     * Reads to the end of the file.
     *
     * @param most the bytes that the caller is ready to hold
     * @throws SystemCallException with {@code EFBIG} if the file has more
     */
    public byte[] readAll(Fd file, int most) {
        var content = new ByteArrayOutputStream();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(FIRST_READ);
            while (true) {
                long length = read(file, buffer, Math.min(buffer.byteSize(), most - content.size() + 1L));
                if (length == 0) {
                    return content.toByteArray();
                }
                content.writeBytes(Memory.getBytes(buffer, length));
                if (content.size() > most) {
                    throw new SystemCallException(SystemCall.READ, -Errno.EFBIG.number(), file, most);
                }
                if (length
                        == FIRST_READ) { // memory for more is cleared first, which costs more than most files are worth
                    buffer = arena.allocate(NEXT_READS);
                }
            }
        }
    }

    /**
     * Reads from an offset to the end of the file, without moving where others read.
     *
     * @param most the bytes that the caller is ready to hold
     * @throws SystemCallException with {@code EFBIG} if the file has more
     */
    public byte[] readAt(Fd file, long offset, int most) {
        long left = status(file).size() - offset;
        if (left > most) {
            throw new SystemCallException(SystemCall.PREAD64, -Errno.EFBIG.number(), file, left);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.max(left, 0));
            long filled = 0;
            while (filled < left) {
                long length = check(
                        calls.call(
                                SystemCall.PREAD64,
                                file.number(),
                                buffer.address() + filled,
                                left - filled,
                                offset + filled,
                                0,
                                0),
                        SystemCall.PREAD64,
                        file);
                if (length == 0) {
                    break;
                }
                filled += length;
            }
            return Memory.getBytes(buffer, filled);
        }
    }

    /**
     * Puts content into a file's place, wholly or not at all: by way of {@code .NAME.new} beside it. Who does so is alone
     * with the file.
     *
     * @param mode of a new file, less the mask
     * @param lastingly whether it is to outlast a power cut; else only this process
     */
    public void replace(Fd directory, String name, byte[] content, int mode, boolean lastingly) {
        String temporary = "." + name + ".new";
        try (Fd file = open(directory, temporary, OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.TRUNC, mode, 0)) {
            write(file, content);
            if (lastingly) {
                sync(file);
            }
        }
        rename(directory, temporary, directory, name);
        if (lastingly) {
            sync(directory);
        }
    }

    /**
     * A descriptor that is readable when one of some files, or a file in one of some directories, has been written to, made,
     * renamed or removed, until what it says of that is {@linkplain #read read}, which needs room for 4096 bytes.
     *
     * @throws SystemCallException with {@code EMFILE} or {@code ENOSPC} if this user has as many of them as he may
     * @see <a href="https://man7.org/linux/man-pages/man7/inotify.7.html">inotify(7)</a>
     */
    public Fd watch(List<Fd> watched) {
        Fd watch = Fd.of(calls, (int) check(
                calls.call(SystemCall.INOTIFY_INIT1, IN_CLOEXEC | IN_NONBLOCK, 0, 0, 0, 0, 0),
                SystemCall.INOTIFY_INIT1));
        try {
            watched.forEach(file -> watch(watch, file));
            return watch;
        } catch (SystemCallException exception) {
            watch.close();
            throw exception;
        }
    }

    private void watch(Fd watch, Fd file) {
        int events = IN_MODIFY | IN_MOVED_TO | IN_CREATE | IN_DELETE;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = Marshal.string(arena, Marshal.path(file));
            check(
                    calls.call(SystemCall.INOTIFY_ADD_WATCH, watch.number(), path.address(), events, 0, 0, 0),
                    SystemCall.INOTIFY_ADD_WATCH,
                    file);
        }
    }

    /** Opens a file, reads it to its end as text and closes it; bounded as {@link #readAll} is. */
    public String readText(Fd directory, String path, int most) {
        try (Fd file = open(directory, path, OpenFlags.RDONLY)) {
            return new String(readAll(file, most), StandardCharsets.UTF_8);
        }
    }

    /** Writes every byte, in as many calls as it takes. */
    public void write(Fd file, byte[] content) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = Marshal.bytes(arena, content);
            long written = 0;
            while (written < content.length) {
                written += check(
                        calls.call(
                                SystemCall.WRITE,
                                file.number(),
                                buffer.address() + written,
                                content.length - written,
                                0,
                                0,
                                0),
                        SystemCall.WRITE,
                        file);
            }
        }
    }

    /** Writes a text to a file that is there already, in one call, as the kernel's control files want it. */
    public void writeText(Fd directory, String path, String text) {
        byte[] content = text.getBytes(StandardCharsets.UTF_8);
        try (Fd file = open(directory, path, OpenFlags.WRONLY);
                Arena arena = Arena.ofConfined()) {
            check(
                    calls.call(
                            SystemCall.WRITE,
                            file.number(),
                            Marshal.bytes(arena, content).address(),
                            content.length,
                            0,
                            0,
                            0),
                    SystemCall.WRITE,
                    path,
                    text);
        }
    }

    /**
     * Writes every byte of some native memory at an offset of the file, without moving where others write.
     *
     * @param memory alive until this returns
     */
    public void writeAt(Fd file, MemorySegment memory, long offset) {
        long written = 0;
        while (written < memory.byteSize()) {
            written += check(
                    calls.call(
                            SystemCall.PWRITE64,
                            file.number(),
                            memory.address() + written,
                            memory.byteSize() - written,
                            offset + written,
                            0,
                            0),
                    SystemCall.PWRITE64,
                    file,
                    offset);
        }
    }

    /**
     * Reads into native memory from an offset of the file, once, without moving where others read.
     *
     * @param memory alive until this returns
     * @return how many bytes it has got; 0 at the end of the file
     */
    public long readAt(Fd file, long offset, MemorySegment memory) {
        return check(
                calls.call(SystemCall.PREAD64, file.number(), memory.address(), memory.byteSize(), offset, 0, 0),
                SystemCall.PREAD64,
                file,
                offset);
    }

    /**
     * Has the kernel copy a regular file's first bytes to where another one is written next: by sharing them, where the
     * file system can, and else without their passing through here.
     *
     * @return how many bytes it has copied: fewer if the file ends sooner
     * @throws SystemCallException with {@code EXDEV}, {@code EINVAL} or {@code EOPNOTSUPP} where the file systems cannot
     */
    public long copyRange(Fd from, Fd to, long length) {
        long copied = 0;
        while (copied < length) {
            long part = check(
                    calls.call(SystemCall.COPY_FILE_RANGE, from.number(), 0, to.number(), 0, length - copied, 0),
                    SystemCall.COPY_FILE_RANGE,
                    from,
                    to);
            if (part == 0) {
                break;
            }
            copied += part;
        }
        return copied;
    }

    /**
     * Has a regular file share all that is in another one, holes and all, without copying.
     *
     * @return whether the file system can; if not, nothing was done
     */
    public boolean share(Fd from, Fd to) {
        long result = calls.call(SystemCall.IOCTL, to.number(), FICLONE, from.number(), 0, 0, 0);
        if (result < 0) {
            return switch (Errno.of((int) -result)) {
                case EOPNOTSUPP, EXDEV, EINVAL, ENOTTY, ETXTBSY, EPERM -> false;
                default -> throw new SystemCallException(SystemCall.IOCTL, result, to, "FICLONE", from);
            };
        }
        return true;
    }

    /**
     * Has the kernel copy a part of a regular file to the same place in another one.
     *
     * @return how many bytes it has copied, perhaps fewer than asked for; 0 at the end of the file
     * @throws SystemCallException with {@code EXDEV}, {@code EINVAL} or {@code EOPNOTSUPP} where the file systems cannot
     */
    public long copyPart(Fd from, Fd to, long offset, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment places = arena.allocate(Long.BYTES * 2, Long.BYTES);
            Memory.setLong(places, 0, offset);
            Memory.setLong(places, Long.BYTES, offset);
            return check(
                    calls.call(
                            SystemCall.COPY_FILE_RANGE,
                            from.number(),
                            places.address(),
                            to.number(),
                            places.address() + Long.BYTES,
                            length,
                            0),
                    SystemCall.COPY_FILE_RANGE,
                    from,
                    to,
                    offset,
                    length);
        }
    }

    /** Where a file's content goes on after a hole, from an offset on; empty if only a hole is left. */
    public OptionalLong dataFrom(Fd file, long offset) {
        long result = calls.call(SystemCall.LSEEK, file.number(), offset, SEEK_DATA, 0, 0, 0);
        if (result == -Errno.ENXIO.number()) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(check(result, SystemCall.LSEEK, file, offset, "SEEK_DATA"));
    }

    /** Where the next hole of a file begins, from an offset on that has content; at its end at the latest. */
    public long holeFrom(Fd file, long offset) {
        return check(
                calls.call(SystemCall.LSEEK, file.number(), offset, SEEK_HOLE, 0, 0, 0),
                SystemCall.LSEEK,
                file,
                offset,
                "SEEK_HOLE");
    }

    /** {@code utimensat(2)} on an open file; see {@link #setTimes(Fd, String, long, int, int)}. */
    public void setTimes(Fd file, long seconds, int nanos) {
        setTimes(file, "", seconds, nanos, EMPTY_PATH);
    }

    /**
     * {@code utimensat(2)}: sets the time of the last modification, and that of the last access to the same.
     *
     * @param seconds since the epoch; what the file system cannot keep becomes the nearest that it can
     * @param nanos 0 to 999,999,999, later than {@code seconds}
     * @param flags may be {@link #NOFOLLOW} and {@link #EMPTY_PATH}
     */
    public void setTimes(Fd directory, String path, long seconds, int nanos, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment times = arena.allocate(32, Long.BYTES);
            for (int at = 0; at < 32; at += 16) {
                Memory.setLong(times, at, seconds);
                Memory.setLong(times, at + 8L, nanos);
            }
            // A null path is what means the descriptor itself before Linux 5.8, which has no AT_EMPTY_PATH here.
            boolean itself = path.isEmpty() && flags == EMPTY_PATH;
            check(
                    calls.call(
                            SystemCall.UTIMENSAT,
                            directory.number(),
                            itself ? 0 : Marshal.string(arena, path).address(),
                            times.address(),
                            itself ? 0 : flags,
                            0,
                            0),
                    SystemCall.UTIMENSAT,
                    directory,
                    path,
                    seconds,
                    nanos);
        }
    }

    /** {@code fchown(2)}; an id of -1 stays as it is. */
    public void changeOwner(Fd file, int uid, int gid) {
        check(
                calls.call(
                        SystemCall.FCHOWN,
                        file.number(),
                        Integer.toUnsignedLong(uid),
                        Integer.toUnsignedLong(gid),
                        0,
                        0,
                        0),
                SystemCall.FCHOWN,
                file,
                Integer.toUnsignedLong(uid),
                Integer.toUnsignedLong(gid));
    }

    public void truncate(Fd file, long size) {
        check(calls.call(SystemCall.FTRUNCATE, file.number(), size, 0, 0, 0, 0), SystemCall.FTRUNCATE, file, size);
    }

    /** Waits until a file's content and metadata are on the disk. */
    public void sync(Fd file) {
        check(calls.call(SystemCall.FSYNC, file.number(), 0, 0, 0, 0, 0), SystemCall.FSYNC, file);
    }

    /**
     * {@code fallocate(2)}, with the file's size left as it is: what is written to its first bytes later finds room.
     *
     * @throws SystemCallException with {@code EOPNOTSUPP} where the file system cannot
     */
    public void allocate(Fd file, long bytes) {
        check(
                calls.call(SystemCall.FALLOCATE, file.number(), FALLOCATE_KEEP_SIZE, 0, bytes, 0, 0),
                SystemCall.FALLOCATE,
                file,
                bytes);
    }

    /** Waits until everything written to the file system that {@code file} lives on is on the disk. */
    public void syncFileSystem(Fd file) {
        check(calls.call(SystemCall.SYNCFS, file.number(), 0, 0, 0, 0, 0), SystemCall.SYNCFS, file);
    }

    /**
     * {@code flock(2)}, held by the open file and so by everything that shares it; released when the last descriptor
     * closes. May wait without end unless told {@link #LOCK_NONBLOCKING}.
     */
    public void lock(Fd file, int operation) {
        check(calls.call(SystemCall.FLOCK, file.number(), operation, 0, 0, 0, 0), SystemCall.FLOCK, file, operation);
    }

    /**
     * {@code umask(2)}: the permissions that no new file gets. The process' own, unless the calling thread {@linkplain
     * Namespaces#unshareFileSystemState has one of its own}.
     */
    public void setMask(int mask) {
        calls.call(SystemCall.UMASK, mask, 0, 0, 0, 0, 0);
    }

    /** Whether a file is memory that nobody can change any more, as {@link #sealedMemory} makes it. */
    public boolean isSealedMemory(Fd file) {
        return calls.call(SystemCall.FCNTL, file.number(), F_GET_SEALS, 0, 0, 0, 0) == F_SEAL_SEAL_SHRINK_GROW_WRITE;
    }

    /** An anonymous file in memory with this content, sealed: nobody can change it any more. */
    public Fd sealedMemory(String name, byte[] content) {
        Fd memory;
        try (Arena arena = Arena.ofConfined()) {
            memory = Fd.of(calls, (int) check(
                    calls.call(
                            SystemCall.MEMFD_CREATE,
                            Marshal.string(arena, name).address(),
                            MFD_CLOEXEC | MFD_ALLOW_SEALING,
                            0,
                            0,
                            0,
                            0),
                    SystemCall.MEMFD_CREATE,
                    name));
        }
        try {
            write(memory, content);
            check(
                    calls.call(SystemCall.FCNTL, memory.number(), F_ADD_SEALS, F_SEAL_SEAL_SHRINK_GROW_WRITE, 0, 0, 0),
                    SystemCall.FCNTL,
                    memory,
                    "F_ADD_SEALS");
            return memory;
        } catch (SystemCallException exception) {
            memory.close();
            throw exception;
        }
    }

    private void onPath(SystemCall call, Fd directory, String path, long third, long fourth) {
        try (Arena arena = Arena.ofConfined()) {
            check(
                    calls.call(
                            call,
                            directory.number(),
                            Marshal.string(arena, path).address(),
                            third,
                            fourth,
                            0,
                            0),
                    call,
                    directory,
                    path,
                    octal(third));
        }
    }
}
