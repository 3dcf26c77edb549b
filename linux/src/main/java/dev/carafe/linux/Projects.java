package dev.carafe.linux;

import static dev.carafe.linux.SystemCallException.check;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/**
 * Projects: numbers that files bear, and pass on to what is made in them, by which a file system counts and limits what
 * they take. Of xfs and ext4, where these are mounted with {@code prjquota}.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/quotactl.2.html">quotactl(2)</a>
 */
public final class Projects {

    /**
     * What the files of a project take and may take.
     *
     * @param limit 0 for none; both in bytes
     */
    public record Quota(long used, long limit) {}

    static final StructLayout EXTENDED = MemoryLayout.structLayout(
                    JAVA_INT.withName("fsx_xflags"),
                    JAVA_INT.withName("fsx_extsize"),
                    JAVA_INT.withName("fsx_nextents"),
                    JAVA_INT.withName("fsx_projid"),
                    JAVA_INT.withName("fsx_cowextsize"),
                    MemoryLayout.paddingLayout(8))
            .withName("fsxattr");

    static final StructLayout BLOCKS = MemoryLayout.structLayout(
                    JAVA_LONG.withName("dqb_bhardlimit"),
                    JAVA_LONG.withName("dqb_bsoftlimit"),
                    JAVA_LONG.withName("dqb_curspace"),
                    JAVA_LONG.withName("dqb_ihardlimit"),
                    JAVA_LONG.withName("dqb_isoftlimit"),
                    JAVA_LONG.withName("dqb_curinodes"),
                    JAVA_LONG.withName("dqb_btime"),
                    JAVA_LONG.withName("dqb_itime"),
                    JAVA_INT.withName("dqb_valid"),
                    MemoryLayout.paddingLayout(4))
            .withName("if_dqblk");

    static final long FS_IOC_FSGETXATTR = 0x801c581fL;
    static final long FS_IOC_FSSETXATTR = 0x401c5820;
    static final int FS_XFLAG_PROJINHERIT = 0x200;
    static final int Q_GETQUOTA = 0x800007;
    static final int Q_SETQUOTA = 0x800008;
    static final int PRJQUOTA = 2;
    static final int QIF_BLIMITS = 1;
    static final int QIF_DQBLKSIZE = 1024;

    private final SystemCalls calls;

    Projects(SystemCalls calls) {
        this.calls = calls;
    }

    /** Gives a directory a project, which all that is made in it has too. */
    public void assign(Fd directory, int project) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(EXTENDED);
            ioctl(directory, FS_IOC_FSGETXATTR, attributes, "FS_IOC_FSGETXATTR");
            long flags = Marshal.offset(EXTENDED, "fsx_xflags");
            Memory.setInt(attributes, flags, Memory.getInt(attributes, flags) | FS_XFLAG_PROJINHERIT);
            Memory.setInt(attributes, Marshal.offset(EXTENDED, "fsx_projid"), project);
            ioctl(directory, FS_IOC_FSSETXATTR, attributes, "FS_IOC_FSSETXATTR");
        }
    }

    /**
     * Limits what the files of a project may take.
     *
     * @param file any on the file system
     * @param bytes a multiple of 1024 counts, the rest is cut off; 0 for no limit
     */
    public void limit(Fd file, int project, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment quota = arena.allocate(BLOCKS);
            Memory.setLong(quota, Marshal.offset(BLOCKS, "dqb_bhardlimit"), bytes / QIF_DQBLKSIZE);
            Memory.setInt(quota, Marshal.offset(BLOCKS, "dqb_valid"), QIF_BLIMITS);
            quotactl(file, Q_SETQUOTA, project, quota, "Q_SETQUOTA");
        }
    }

    /**
     * What is counted of a project.
     *
     * @throws SystemCallException if nothing is counted here: {@code ESRCH}, {@code ENOSYS}, {@code EINVAL}
     */
    public Quota quota(Fd file, int project) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment quota = arena.allocate(BLOCKS);
            quotactl(file, Q_GETQUOTA, project, quota, "Q_GETQUOTA");
            return new Quota(
                    Memory.getLong(quota, Marshal.offset(BLOCKS, "dqb_curspace")),
                    Memory.getLong(quota, Marshal.offset(BLOCKS, "dqb_bhardlimit")) * QIF_DQBLKSIZE);
        }
    }

    private void quotactl(Fd file, int command, int project, MemorySegment quota, String name) {
        check(
                calls.call(
                        SystemCall.QUOTACTL_FD,
                        file.number(),
                        Integer.toUnsignedLong((command << 8) | PRJQUOTA),
                        Integer.toUnsignedLong(project),
                        quota.address(),
                        0,
                        0),
                SystemCall.QUOTACTL_FD,
                file,
                name,
                Integer.toUnsignedLong(project));
    }

    private void ioctl(Fd file, long request, MemorySegment arguments, String name) {
        check(
                calls.call(SystemCall.IOCTL, file.number(), request, arguments.address(), 0, 0, 0),
                SystemCall.IOCTL,
                file,
                name);
    }
}
