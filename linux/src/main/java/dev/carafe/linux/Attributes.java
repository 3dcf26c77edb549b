package dev.carafe.linux;

import static dev.carafe.linux.SystemCallException.check;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Extended attributes of an open file.
 *
 * <p>A file may be open with {@link OpenFlags#PATH}, and so be a symbolic link or a device that must not really be
 * opened: it is then reached through {@code /proc/self/fd}, which has to be mounted.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/xattr.7.html">xattr(7)</a>
 */
public final class Attributes {

    /** {@code XATTR_CREATE}: fail with {@code EEXIST} if the file has the attribute already. */
    public static final int CREATE = 1;
    /** {@code XATTR_REPLACE}: fail with {@code ENODATA} if the file does not have the attribute yet. */
    public static final int REPLACE = 2;

    /** {@code XATTR_SIZE_MAX} and {@code XATTR_LIST_MAX}: the bytes of the longest value and of all names. */
    private static final int MOST = 65536;
    /** Enough for nearly every value and list, so that the large buffer is seldom made. */
    private static final int USUAL = 256;

    private final SystemCalls calls;

    Attributes(SystemCalls calls) {
        this.calls = calls;
    }

    /** An attribute's value, at most 65,536 bytes; empty if the file does not have the attribute. */
    public Optional<byte[]> get(Fd file, String name) {
        try (Arena arena = Arena.ofConfined()) {
            long nameAddress = Marshal.string(arena, name).address();
            for (int size = USUAL; ; size = MOST) {
                MemorySegment value = arena.allocate(size);
                long length = call(
                        arena, SystemCall.FGETXATTR, SystemCall.GETXATTR, file, nameAddress, value.address(), size, 0);
                if (length == -Errno.ENODATA.number()) {
                    return Optional.empty();
                }
                if (length == -Errno.ERANGE.number() && size < MOST) {
                    continue;
                }
                check(length, SystemCall.FGETXATTR, file, name);
                return Optional.of(Memory.getBytes(value, length));
            }
        }
    }

    /** The names of a file's attributes, with their prefixes such as {@code user.}, in no order. */
    public List<String> list(Fd file) {
        try (Arena arena = Arena.ofConfined()) {
            for (int size = USUAL; ; size = MOST) {
                MemorySegment names = arena.allocate(size);
                long length =
                        call(arena, SystemCall.FLISTXATTR, SystemCall.LISTXATTR, file, names.address(), size, 0, 0);
                if (length == -Errno.ERANGE.number() && size < MOST) {
                    continue;
                }
                check(length, SystemCall.FLISTXATTR, file);
                return split(names.asSlice(0, length));
            }
        }
    }

    /**
     * Gives a file an attribute.
     *
     * @param value at most 65,536 bytes, and often fewer: the file system decides
     * @param flags 0, {@link #CREATE} or {@link #REPLACE}
     */
    public void set(Fd file, String name, byte[] value, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            check(
                    call(
                            arena,
                            SystemCall.FSETXATTR,
                            SystemCall.SETXATTR,
                            file,
                            Marshal.string(arena, name).address(),
                            Marshal.bytes(arena, value).address(),
                            value.length,
                            flags),
                    SystemCall.FSETXATTR,
                    file,
                    name,
                    value.length,
                    flags);
        }
    }

    /**
     * Takes an attribute away.
     *
     * @throws SystemCallException with {@code ENODATA} if the file does not have it
     */
    public void remove(Fd file, String name) {
        try (Arena arena = Arena.ofConfined()) {
            check(
                    call(
                            arena,
                            SystemCall.FREMOVEXATTR,
                            SystemCall.REMOVEXATTR,
                            file,
                            Marshal.string(arena, name).address(),
                            0,
                            0,
                            0),
                    SystemCall.FREMOVEXATTR,
                    file,
                    name);
        }
    }

    /** By descriptor, and if that is refused because the file is open as a path only, by that path. */
    private long call(
            Arena arena, SystemCall byDescriptor, SystemCall byPath, Fd file, long b, long c, long d, long e) {
        long result = calls.call(byDescriptor, file.number(), b, c, d, e, 0);
        return result == -Errno.EBADF.number()
                ? calls.call(byPath, Marshal.string(arena, Marshal.path(file)).address(), b, c, d, e, 0)
                : result;
    }

    private static List<String> split(MemorySegment names) {
        List<String> split = new ArrayList<>();
        byte[] bytes = Memory.getBytes(names, names.byteSize());
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                split.add(FileNames.text(bytes, start, i - start));
                start = i + 1;
            }
        }
        return split;
    }
}
