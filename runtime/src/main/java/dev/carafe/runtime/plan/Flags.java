package dev.carafe.runtime.plan;

import dev.carafe.linux.Capability;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.FileSystemStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Mounts;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.ResourceLimit;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;

/** Numbers of the kernel's interface as a reader knows them. */
final class Flags {

    private static final int MOST_TEXT = 200;

    private record Bit(long value, String name) {}

    private static final List<Bit> OPEN = List.of(
            new Bit(OpenFlags.WRONLY, "O_WRONLY"),
            new Bit(OpenFlags.RDWR, "O_RDWR"),
            new Bit(OpenFlags.CREAT, "O_CREAT"),
            new Bit(OpenFlags.NOCTTY, "O_NOCTTY"),
            new Bit(OpenFlags.NONBLOCK, "O_NONBLOCK"),
            new Bit(OpenFlags.DIRECTORY, "O_DIRECTORY"),
            new Bit(OpenFlags.NOFOLLOW, "O_NOFOLLOW"),
            new Bit(OpenFlags.PATH, "O_PATH"));

    private static final List<Bit> MOUNT_ATTRIBUTES = List.of(
            new Bit(Mounts.ATTR_RDONLY, "ro"),
            new Bit(Mounts.ATTR_NOSUID, "nosuid"),
            new Bit(Mounts.ATTR_NODEV, "nodev"),
            new Bit(Mounts.ATTR_NOEXEC, "noexec"),
            new Bit(Mounts.ATTR_ATIME_MASK, "atime"),
            new Bit(Mounts.ATTR_NOATIME, "noatime"),
            new Bit(Mounts.ATTR_STRICTATIME, "strictatime"),
            new Bit(Mounts.ATTR_NODIRATIME, "nodiratime"),
            new Bit(Mounts.ATTR_NOSYMFOLLOW, "nosymfollow"));

    private static final List<Bit> MOUNT = List.of(
            new Bit(Mounts.MS_RDONLY, "MS_RDONLY"),
            new Bit(Mounts.MS_NOSUID, "MS_NOSUID"),
            new Bit(Mounts.MS_NODEV, "MS_NODEV"),
            new Bit(Mounts.MS_NOEXEC, "MS_NOEXEC"),
            new Bit(Mounts.MS_REMOUNT, "MS_REMOUNT"),
            new Bit(Mounts.MS_BIND, "MS_BIND"),
            new Bit(Mounts.MS_REC, "MS_REC"),
            new Bit(Mounts.MS_UNBINDABLE, "MS_UNBINDABLE"),
            new Bit(Mounts.MS_PRIVATE, "MS_PRIVATE"),
            new Bit(Mounts.MS_SLAVE, "MS_SLAVE"),
            new Bit(Mounts.MS_SHARED, "MS_SHARED"));

    private static final List<Bit> OPEN_TREE = List.of(
            new Bit(Mounts.TREE_CLONE, "clone"),
            new Bit(Mounts.RECURSIVE, "recursive"),
            new Bit(Files.NOFOLLOW, "no follow"),
            new Bit(Files.EMPTY_PATH, "itself"));

    private static final List<Bit> NAMESPACES = List.of(
            new Bit(0x80, "time"),
            new Bit(0x20000, "mount"),
            new Bit(0x02000000, "cgroup"),
            new Bit(0x04000000, "uts"),
            new Bit(0x08000000, "ipc"),
            new Bit(0x10000000, "user"),
            new Bit(0x20000000, "pid"),
            new Bit(0x40000000, "network"));

    private Flags() {}

    static String open(int flags) {
        return flags == OpenFlags.RDONLY ? "O_RDONLY" : names(flags & ~OpenFlags.CLOEXEC, OPEN, "|");
    }

    static String mountAttributes(long attributes) {
        // The access-time modes are a field, not bits.
        boolean wholeField = (attributes & Mounts.ATTR_ATIME_MASK) == Mounts.ATTR_ATIME_MASK;
        long shown = wholeField ? attributes & ~(Mounts.ATTR_NOATIME | Mounts.ATTR_STRICTATIME) : attributes;
        return attributes == 0 ? "rw" : names(shown, MOUNT_ATTRIBUTES, ",").replace("0x40", "atime");
    }

    static String mount(long flags) {
        return flags == 0 ? "0" : names(flags, MOUNT, "|");
    }

    static String openTree(int flags) {
        return names(flags, OPEN_TREE, " ");
    }

    static String namespaces(long flags) {
        return flags == 0 ? "none" : names(flags, NAMESPACES, ", ");
    }

    static String capabilities(long set) {
        if (set == 0) {
            return "none";
        }
        StringBuilder text = new StringBuilder();
        for (Capability capability : Capability.fromBits(set)) {
            text.append(text.isEmpty() ? "" : ",").append(word(capability.name(), "CAP_"));
        }
        return text.toString();
    }

    static String resource(int number) {
        for (ResourceLimit resource : ResourceLimit.values()) {
            if (resource.number() == number) {
                return word(resource.name(), "RLIMIT_");
            }
        }
        return Integer.toString(number);
    }

    private static String word(String name, String prefix) {
        return name.substring(prefix.length()).toLowerCase(Locale.ROOT);
    }

    static String limit(long limit) {
        return limit == -1 ? "unlimited" : Long.toUnsignedString(limit);
    }

    static String id(int id) {
        return id == -1 ? "as it is" : Integer.toUnsignedString(id);
    }

    static String ids(List<Integer> ids) {
        StringBuilder text = new StringBuilder("[");
        for (int id : ids) {
            text.append(text.length() == 1 ? "" : ", ").append(Integer.toUnsignedString(id));
        }
        return text.append(']').toString();
    }

    static String device(long device) {
        long major = device >>> 8 & 0xfff;
        long minor = (device & 0xff) | (device >>> 12 & 0xfff00);
        return major + ":" + minor;
    }

    static String fileType(int type) {
        return switch (type) {
            case FileStatus.TYPE_FIFO -> "fifo";
            case FileStatus.TYPE_CHARACTER -> "character device";
            case FileStatus.TYPE_DIRECTORY -> "directory";
            case FileStatus.TYPE_BLOCK -> "block device";
            case FileStatus.TYPE_REGULAR -> "regular file";
            case FileStatus.TYPE_SYMLINK -> "symbolic link";
            case FileStatus.TYPE_SOCKET -> "socket";
            default -> octal(type);
        };
    }

    static String fileSystem(long magic) {
        if (magic == FileSystemStatus.PROC) {
            return "proc";
        }
        if (magic == FileSystemStatus.CGROUP) {
            return "cgroup";
        }
        return magic == FileSystemStatus.CGROUP2 ? "cgroup2" : "0x" + Long.toHexString(magic);
    }

    static String scheduler(byte[] attributes) {
        ByteBuffer structure = ByteBuffer.wrap(attributes).order(ByteOrder.nativeOrder());
        return "policy " + structure.getInt(4) + ", flags 0x" + Long.toHexString(structure.getLong(8)) + ", nice "
                + structure.getInt(16) + ", priority " + structure.getInt(20);
    }

    static String octal(long number) {
        return number == 0 ? "0" : "0" + Long.toOctalString(number);
    }

    static String texts(List<String> texts) {
        StringBuilder text = new StringBuilder("[");
        for (String each : texts) {
            text.append(text.length() == 1 ? "" : ", ").append(quoted(each));
        }
        return text.append(']').toString();
    }

    static String quoted(byte[] content) {
        return quoted(new String(content, StandardCharsets.UTF_8));
    }

    /** As the kernel lists processors: {@code 0-3,8}. */
    static String processors(byte[] mask) {
        BitSet bits = BitSet.valueOf(mask);
        if (bits.cardinality() == mask.length * Byte.SIZE) {
            return "all";
        }
        StringJoiner list = new StringJoiner(",");
        for (int from = bits.nextSetBit(0); from >= 0; ) {
            int to = bits.nextClearBit(from) - 1;
            list.add(from == to ? Integer.toString(from) : from + "-" + to);
            from = bits.nextSetBit(to + 1);
        }
        return list.toString();
    }

    /** In quotes, on one line, cut where it is long. */
    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length() && i < MOST_TEXT; i++) {
            char character = text.charAt(i);
            if (character == '"' || character == '\\') {
                quoted.append('\\');
            }
            OneLine.append(quoted, character);
        }
        return quoted.append(text.length() > MOST_TEXT ? "…\"" : "\"").toString();
    }

    private static String names(long flags, List<Bit> bits, String separator) {
        StringBuilder text = new StringBuilder();
        long rest = flags;
        for (Bit bit : bits) {
            if (bit.value != 0 && (rest & bit.value) == bit.value) {
                text.append(text.isEmpty() ? "" : separator).append(bit.name);
                rest &= ~bit.value;
            }
        }
        if (rest != 0) {
            text.append(text.isEmpty() ? "" : separator).append("0x").append(Long.toHexString(rest));
        }
        return text.toString();
    }
}
