package dev.carafe.linux;

/**
 * Flags of {@code openat2(2)}: how to open ({@code O_*}), and how far a path may lead ({@code RESOLVE_*}). Some of the
 * first differ between architectures.
 */
public final class OpenFlags {

    private static final boolean ARM = Architecture.current() == Architecture.ARM64;

    public static final int RDONLY = 0;
    public static final int WRONLY = 1;
    public static final int RDWR = 2;
    public static final int CREAT = 0100;
    public static final int EXCL = 0200;
    public static final int NOCTTY = 0400;
    public static final int TRUNC = 01000;
    public static final int APPEND = 02000;
    public static final int NONBLOCK = 04000;
    public static final int DIRECTORY = ARM ? 040000 : 0200000;
    public static final int NOFOLLOW = ARM ? 0100000 : 0400000;
    public static final int CLOEXEC = 02000000;
    public static final int PATH = 010000000;

    /** Refuses to cross a mount point. */
    public static final int RESOLVE_NO_XDEV = 0x01;
    /** Refuses the kernel's magic links, such as those of {@code /proc/self/fd}. */
    public static final int RESOLVE_NO_MAGICLINKS = 0x02;
    /** Refuses every symbolic link. */
    public static final int RESOLVE_NO_SYMLINKS = 0x04;
    /** Refuses a path that leaves the directory that it starts from. */
    public static final int RESOLVE_BENEATH = 0x08;
    /** Takes the directory that the path starts from for {@code /}. */
    public static final int RESOLVE_IN_ROOT = 0x10;

    private OpenFlags() {}
}
