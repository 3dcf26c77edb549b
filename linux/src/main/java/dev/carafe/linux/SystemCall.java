package dev.carafe.linux;

import java.util.Locale;

/**
 * The system calls that Carafe makes from Java, with their numbers on each architecture.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/syscalls.2.html">syscalls(2)</a>
 */
public enum SystemCall {
    ACCEPT4(288, 242),
    BIND(49, 200),
    BPF(321, 280),
    CAPGET(125, 90),
    CAPSET(126, 91),
    CHDIR(80, 49),
    CHROOT(161, 51),
    CLONE(56, 220),
    CLONE3(435, 435),
    CLOSE(3, 57),
    CLOSE_RANGE(436, 436),
    CONNECT(42, 203),
    COPY_FILE_RANGE(326, 285),
    DUP3(292, 24),
    EPOLL_CREATE1(291, 20),
    EPOLL_CTL(233, 21),
    EPOLL_PWAIT(281, 22),
    EPOLL_PWAIT2(441, 441),
    EVENTFD2(290, 19),
    EXECVEAT(322, 281),
    EXIT_GROUP(231, 94),
    FACCESSAT2(439, 439),
    FADVISE64(221, 223),
    FCHDIR(81, 50),
    FCHMOD(91, 52),
    FCHMODAT(268, 53),
    FCHOWN(93, 55),
    FCHOWNAT(260, 54),
    FCNTL(72, 25),
    FDATASYNC(75, 83),
    FGETXATTR(193, 10),
    FLISTXATTR(196, 13),
    FLOCK(73, 32),
    FREMOVEXATTR(199, 16),
    FSCONFIG(431, 431),
    FSETXATTR(190, 7),
    FSMOUNT(432, 432),
    FSOPEN(430, 430),
    FSPICK(433, 433),
    FSTATFS(138, 44),
    FSYNC(74, 82),
    FTRUNCATE(77, 46),
    FALLOCATE(285, 47),
    GETCWD(79, 17),
    GETDENTS64(217, 61),
    GETPID(39, 172),
    GETRANDOM(318, 278),
    GETSOCKNAME(51, 204),
    GETSOCKOPT(55, 209),
    GETTID(186, 178),
    GETXATTR(191, 8),
    IO_URING_SETUP(425, 425),
    INOTIFY_ADD_WATCH(254, 27),
    INOTIFY_INIT1(294, 26),
    IOCTL(16, 29),
    KEYCTL(250, 219),
    KILL(62, 129),
    LGETXATTR(192, 9),
    LINKAT(265, 37),
    LISTEN(50, 201),
    LISTMOUNT(458, 458),
    LISTXATTR(194, 11),
    LLISTXATTR(195, 12),
    LREMOVEXATTR(198, 15),
    LSEEK(8, 62),
    LSETXATTR(189, 6),
    MEMFD_CREATE(319, 279),
    MKDIRAT(258, 34),
    MKNODAT(259, 33),
    MOUNT(165, 40),
    MOUNT_SETATTR(442, 442),
    MOVE_MOUNT(429, 429),
    OPEN_TREE(428, 428),
    OPENAT(257, 56),
    OPENAT2(437, 437),
    PIDFD_GETFD(438, 438),
    PIDFD_OPEN(434, 434),
    PIDFD_SEND_SIGNAL(424, 424),
    PIPE2(293, 59),
    PIVOT_ROOT(155, 41),
    PPOLL(271, 73),
    PRCTL(157, 167),
    PREAD64(17, 67),
    PRLIMIT64(302, 261),
    PWRITE64(18, 68),
    QUOTACTL_FD(443, 443),
    READ(0, 63),
    READLINKAT(267, 78),
    RECVFROM(45, 207),
    RECVMSG(47, 212),
    REMOVEXATTR(197, 14),
    RENAMEAT2(316, 276),
    RT_SIGPROCMASK(14, 135),
    SCHED_SETAFFINITY(203, 122),
    SCHED_SETATTR(314, 274),
    SECCOMP(317, 277),
    SENDMSG(46, 211),
    SENDTO(44, 206),
    SETDOMAINNAME(171, 162),
    SETGROUPS(116, 159),
    SETHOSTNAME(170, 161),
    SETNS(308, 268),
    SETRESGID(119, 149),
    SETRESUID(117, 147),
    SETSID(112, 157),
    SETSOCKOPT(54, 208),
    SETXATTR(188, 5),
    SHUTDOWN(48, 210),
    SIGNALFD4(289, 74),
    SOCKET(41, 198),
    SOCKETPAIR(53, 199),
    SPLICE(275, 76),
    STATMOUNT(457, 457),
    STATX(332, 291),
    SYMLINKAT(266, 36),
    SYNC_FILE_RANGE(277, 84),
    SYNCFS(306, 267),
    TIMERFD_CREATE(283, 85),
    TIMERFD_SETTIME(286, 86),
    UMASK(95, 166),
    UMOUNT2(166, 39),
    UNLINKAT(263, 35),
    UNSHARE(272, 97),
    UTIMENSAT(280, 88),
    WAIT4(61, 260),
    WAITID(247, 95),
    WRITE(1, 64);

    private final int amd64;
    private final int arm64;

    SystemCall(int amd64, int arm64) {
        this.amd64 = amd64;
        this.arm64 = arm64;
    }

    /** The name as its manual page spells it. */
    public String manualName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The number on this architecture. */
    public int number(Architecture architecture) {
        return switch (architecture) {
            case AMD64 -> amd64;
            case ARM64 -> arm64;
        };
    }
}
