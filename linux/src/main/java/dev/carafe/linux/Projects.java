package dev.carafe.linux;

import static dev.carafe.linux.Struct.reserved;
import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.Struct.u64;
import static dev.carafe.linux.SystemCallException.check;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

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

    static final Struct EXTENDED = Struct.of(
            "fsxattr",
            u32("fsx_xflags"),
            u32("fsx_extsize"),
            u32("fsx_nextents"),
            u32("fsx_projid"),
            u32("fsx_cowextsize"),
            reserved(8));

    static final Struct BLOCKS = Struct.of(
            "if_dqblk",
            u64("dqb_bhardlimit"),
            u64("dqb_bsoftlimit"),
            u64("dqb_curspace"),
            u64("dqb_ihardlimit"),
            u64("dqb_isoftlimit"),
            u64("dqb_curinodes"),
            u64("dqb_btime"),
            u64("dqb_itime"),
            u32("dqb_valid"));

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
            MemorySegment attributes = EXTENDED.allocate(arena);
            ioctl(directory, FS_IOC_FSGETXATTR, attributes, "FS_IOC_FSGETXATTR");
            long flags = EXTENDED.offset("fsx_xflags");
            Memory.setInt(attributes, flags, Memory.getInt(attributes, flags) | FS_XFLAG_PROJINHERIT);
            Memory.setInt(attributes, EXTENDED.offset("fsx_projid"), project);
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
            MemorySegment quota = BLOCKS.allocate(arena);
            Memory.setLong(quota, BLOCKS.offset("dqb_bhardlimit"), bytes / QIF_DQBLKSIZE);
            Memory.setInt(quota, BLOCKS.offset("dqb_valid"), QIF_BLIMITS);
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
            MemorySegment quota = BLOCKS.allocate(arena);
            quotactl(file, Q_GETQUOTA, project, quota, "Q_GETQUOTA");
            return new Quota(
                    Memory.getLong(quota, BLOCKS.offset("dqb_curspace")),
                    Memory.getLong(quota, BLOCKS.offset("dqb_bhardlimit")) * QIF_DQBLKSIZE);
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
