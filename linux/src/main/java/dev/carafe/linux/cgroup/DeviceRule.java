package dev.carafe.linux.cgroup;

import java.util.OptionalLong;

/**
 * Allows or denies accesses to devices. In a list of rules the last one that speaks of an access decides; what none
 * speaks of is denied.
 *
 * @param type {@link Type#ALL} means every access to every device, whatever the other components say
 * @param major 0 to 2³²-1; empty for any
 * @param minor 0 to 2³²-1; empty for any
 * @param access a sum of {@link #MKNOD}, {@link #READ} and {@link #WRITE}
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/devices.html">Device Whitelist Controller</a>
 */
public record DeviceRule(boolean allow, Type type, OptionalLong major, OptionalLong minor, int access) {

    /** {@code BPF_DEVCG_ACC_MKNOD}: make a node for the device. */
    public static final int MKNOD = 1;
    /** {@code BPF_DEVCG_ACC_READ}. */
    public static final int READ = 2;
    /** {@code BPF_DEVCG_ACC_WRITE}. */
    public static final int WRITE = 4;
    /** Any access. */
    public static final int EVERYTHING = MKNOD | READ | WRITE;

    private static final long NUMBER_MAX = 0xffff_ffffL;

    /** The kind of device. */
    public enum Type {
        ALL('a'),
        BLOCK('b'),
        CHARACTER('c');

        private final char letter;

        Type(char letter) {
            this.letter = letter;
        }

        char letter() {
            return letter;
        }
    }

    /**
     * Checks the numbers and the access.
     *
     * @throws CgroupException if one is out of its range
     */
    public DeviceRule {
        if (major.orElse(0) < 0
                || major.orElse(0) > NUMBER_MAX
                || minor.orElse(0) < 0
                || minor.orElse(0) > NUMBER_MAX) {
            throw CgroupException.invalid("no device has the number " + number(major) + ":" + number(minor));
        }
        if (access <= 0 || access > EVERYTHING) {
            throw CgroupException.invalid("a device rule needs an access out of r, w and m");
        }
    }

    /** Allows or denies everything. */
    public static DeviceRule everything(boolean allow) {
        return new DeviceRule(allow, Type.ALL, OptionalLong.empty(), OptionalLong.empty(), EVERYTHING);
    }

    /**
     * A rule in the words of OCI and of {@code devices.allow}.
     *
     * @param type {@code a}, {@code b} or {@code c}
     * @param major empty, or -1, for any
     * @param minor empty, or -1, for any
     * @param access letters out of {@code r}, {@code w} and {@code m}
     * @throws CgroupException if a word is unknown or a number out of its range
     */
    public static DeviceRule of(boolean allow, String type, OptionalLong major, OptionalLong minor, String access) {
        return new DeviceRule(
                allow,
                switch (type) {
                    case "a" -> Type.ALL;
                    case "b" -> Type.BLOCK;
                    case "c" -> Type.CHARACTER;
                    default -> throw CgroupException.invalid("\"" + type + "\" is no type of device: use a, b or c");
                },
                wildcard(major),
                wildcard(minor),
                access(access));
    }

    private static OptionalLong wildcard(OptionalLong number) {
        return number.orElse(-1) == -1 ? OptionalLong.empty() : number;
    }

    private static int access(String letters) {
        int access = 0;
        for (int i = 0; i < letters.length(); i++) {
            access |= switch (letters.charAt(i)) {
                case 'r' -> READ;
                case 'w' -> WRITE;
                case 'm' -> MKNOD;
                default ->
                    throw CgroupException.invalid(
                            "\"" + letters + "\" is no device access: use letters out of r, w, m");
            };
        }
        return access;
    }

    /** As {@code devices.allow} and {@code devices.deny} read it: {@code c 1:3 rwm}. */
    String line() {
        if (type == Type.ALL) {
            return "a";
        }
        return type.letter() + " " + number(major) + ":" + number(minor) + " " + accessLetters();
    }

    /** Letters out of {@code rwm}. */
    String accessLetters() {
        return ((access & READ) != 0 ? "r" : "")
                + ((access & WRITE) != 0 ? "w" : "")
                + ((access & MKNOD) != 0 ? "m" : "");
    }

    private static String number(OptionalLong number) {
        return number.isPresent() ? Long.toString(number.getAsLong()) : "*";
    }
}
