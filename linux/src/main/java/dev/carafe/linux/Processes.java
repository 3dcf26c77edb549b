package dev.carafe.linux;

import static dev.carafe.linux.Struct.reserved;
import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.Struct.u64;
import static dev.carafe.linux.SystemCallException.check;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * Processes by descriptor ({@code pidfd_open(2)}), which cannot come to mean another process, and what a process is
 * asked by number.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/pidfd_open.2.html">pidfd_open(2)</a>
 */
public final class Processes {

    /**
     * The two values of a resource limit, as unsigned numbers.
     *
     * @param soft what the kernel enforces
     * @param hard how far the process itself may raise the soft one
     */
    public record Limit(long soft, long hard) {
        /** {@code RLIM_INFINITY}. */
        public static final long UNLIMITED = -1;
    }

    static final Struct SIGINFO = Struct.of(
            "siginfo",
            u32("si_signo"),
            u32("si_errno"),
            u32("si_code"),
            reserved(4),
            u32("si_pid"),
            u32("si_uid"),
            u32("si_status"),
            reserved(128 - 28));

    static final Struct RLIMIT64 = Struct.of("rlimit64", u64("rlim_cur"), u64("rlim_max"));

    private static final int P_PID = 1;
    private static final int P_PIDFD = 3;
    private static final int WNOHANG = 1;
    private static final int WEXITED = 4;
    private static final int CLD_EXITED = 1;
    private static final int CLD_DUMPED = 3;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int PR_SET_CHILD_SUBREAPER = 36;
    private static final char ZOMBIE = 'Z';
    private static final int STAT_MAX = 4096;
    private static final int STAT_START_TIME = 22;

    private final SystemCalls calls;

    Processes(SystemCalls calls) {
        this.calls = calls;
    }

    /**
     * A descriptor for a running process.
     *
     * @throws SystemCallException with {@code ESRCH} if there is none of this number
     */
    public Fd open(int pid) {
        return Fd.of(
                calls, (int) check(calls.call(SystemCall.PIDFD_OPEN, pid, 0, 0, 0, 0, 0), SystemCall.PIDFD_OPEN, pid));
    }

    /** Likewise; empty if there is none of this number. */
    Optional<Fd> openIfPresent(int pid) {
        try {
            return Optional.of(open(pid));
        } catch (SystemCallException exception) {
            Errno errno = exception.errno();
            // The last two: the number is a thread's, and no process'.
            if (errno == Errno.ESRCH || errno == Errno.EINVAL || errno == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /** A descriptor for the very process that was identified earlier; empty if it has gone. */
    public Optional<Fd> open(ProcessIdentity identity) {
        Optional<Fd> found = openIfPresent(identity.pid());
        if (found.isEmpty()) {
            return found;
        }
        Fd process = found.get();
        boolean same = false;
        try {
            // Asked after the descriptor is held: from here on its number cannot be given to another.
            same = identify(identity.pid()).filter(identity::equals).isPresent();
            return same ? Optional.of(process) : Optional.empty();
        } finally {
            if (!same) {
                process.close();
            }
        }
    }

    /** {@code pidfd_send_signal(2)}. */
    public void signal(Fd process, Signal signal) {
        check(
                calls.call(SystemCall.PIDFD_SEND_SIGNAL, process.number(), signal.number(), 0, 0, 0, 0),
                SystemCall.PIDFD_SEND_SIGNAL,
                process,
                signal);
    }

    /**
     * {@code kill(2)}.
     *
     * @param pid a process; or a process group, negated. 0 and -1 are refused: they would reach this process itself
     */
    public void kill(int pid, Signal signal) {
        if (pid == 0 || pid == -1) {
            throw new IllegalArgumentException("kill(" + pid + ") would reach more than one means");
        }
        check(calls.call(SystemCall.KILL, pid, signal.number(), 0, 0, 0, 0), SystemCall.KILL, pid, signal);
    }

    /** A copy of another process' descriptor; needs the rights of {@code ptrace(2)} over it. */
    public Fd takeDescriptor(Fd process, int number) {
        return Fd.of(calls, (int) check(
                calls.call(SystemCall.PIDFD_GETFD, process.number(), number, 0, 0, 0, 0),
                SystemCall.PIDFD_GETFD,
                process,
                number));
    }

    /**
     * Waits for a child to end, and reaps it. Holds the thread.
     *
     * @throws SystemCallException with {@code ECHILD} if it is no child of this process or was reaped already
     */
    public ExitStatus await(Fd child) {
        return wait(P_PIDFD, child.number(), 0).orElseThrow();
    }

    /** Reaps a child if it ends within this time; {@link Polling#FOREVER} to wait without end. */
    public Optional<ExitStatus> await(Fd child, Duration timeout) {
        return new Polling(calls).awaitReadable(child, timeout)
                ? wait(P_PIDFD, child.number(), WNOHANG)
                : Optional.empty();
    }

    /** Whether a process, not only a child, has yet to end. One that has ended and waits to be reaped is not alive. */
    public boolean isAlive(Fd process) {
        return !new Polling(calls).awaitReadable(process, Duration.ZERO);
    }

    /** Whether the process that was identified earlier still runs. */
    public boolean isAlive(ProcessIdentity identity) {
        Optional<String> stat = stat(identity.pid());
        if (stat.isEmpty() || startTime(stat.get()) != identity.startTime()) {
            return false;
        }
        if (stat.get().charAt(stat.get().lastIndexOf(')') + 2) != ZOMBIE) {
            return true;
        }
        // Of one that has ended, or only its first thread.
        Optional<Fd> process = open(identity);
        if (process.isEmpty()) {
            return false;
        }
        try (Fd open = process.get()) {
            return isAlive(open);
        }
    }

    /** This process' number: {@code getpid(2)}. */
    public int current() {
        return (int) check(calls.call(SystemCall.GETPID, 0, 0, 0, 0, 0, 0), SystemCall.GETPID);
    }

    /** Which this process is. */
    public ProcessIdentity identifyCurrent() {
        return identify(current()).orElseThrow(() -> new IllegalStateException("this process is not in /proc"));
    }

    /** Tells the process of this number apart from later ones; empty if there is none. */
    public Optional<ProcessIdentity> identify(int pid) {
        return stat(pid).map(stat -> new ProcessIdentity(pid, startTime(stat)));
    }

    private Optional<String> stat(int pid) {
        Files files = new Files(calls);
        try (Fd file = files.open(Fd.CWD, "/proc/" + pid + "/stat", OpenFlags.RDONLY)) {
            return Optional.of(
                    new String(files.read(file, STAT_MAX), StandardCharsets.UTF_8)); // all of it, in one call
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT || exception.errno() == Errno.ESRCH) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /** Field 22; counted from the last parenthesis, as the program's name before it may hold anything. */
    static long startTime(String stat) {
        int begin = stat.lastIndexOf(')') + 2;
        for (int field = 3; field < STAT_START_TIME; field++) {
            begin = stat.indexOf(' ', begin) + 1;
        }
        return Long.parseLong(stat, begin, stat.indexOf(' ', begin), 10);
    }

    /** Orphans among this process' descendants become its children rather than init's. */
    public void setSubreaper(boolean subreaper) {
        prctl(PR_SET_CHILD_SUBREAPER, subreaper ? 1 : 0, "PR_SET_CHILD_SUBREAPER");
    }

    /** The signal that this process gets when the thread, not only the process, that started it ends. */
    public void setParentDeathSignal(Signal signal) {
        prctl(PR_SET_PDEATHSIG, signal.number(), "PR_SET_PDEATHSIG");
    }

    /** A resource limit of a process; of this one for pid 0. */
    public Limit limit(int pid, ResourceLimit resource) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment old = RLIMIT64.allocate(arena);
            check(
                    calls.call(SystemCall.PRLIMIT64, pid, resource.number(), 0, old.address(), 0, 0),
                    SystemCall.PRLIMIT64,
                    pid,
                    resource);
            return new Limit(
                    Memory.getLong(old, RLIMIT64.offset("rlim_cur")), Memory.getLong(old, RLIMIT64.offset("rlim_max")));
        }
    }

    /** Sets a resource limit of a process; of this one for pid 0. */
    public void setLimit(int pid, ResourceLimit resource, Limit limit) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment changed = RLIMIT64.allocate(arena);
            Memory.setLong(changed, RLIMIT64.offset("rlim_cur"), limit.soft());
            Memory.setLong(changed, RLIMIT64.offset("rlim_max"), limit.hard());
            check(
                    calls.call(SystemCall.PRLIMIT64, pid, resource.number(), changed.address(), 0, 0, 0),
                    SystemCall.PRLIMIT64,
                    pid,
                    resource,
                    Long.toUnsignedString(limit.soft()),
                    Long.toUnsignedString(limit.hard()));
        }
    }

    /** Ends and reaps a child for which there is no descriptor. */
    void killAndReap(int child) {
        kill(child, Signal.SIGKILL);
        wait(P_PID, child, 0);
    }

    private Optional<ExitStatus> wait(int idType, int id, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = SIGINFO.allocate(arena);
            check(
                    calls.uninterrupted(SystemCall.WAITID, idType, id, info.address(), WEXITED | flags, 0, 0),
                    SystemCall.WAITID,
                    idType == P_PID ? "P_PID" : "P_PIDFD",
                    id);
            int pid = Memory.getInt(info, SIGINFO.offset("si_pid"));
            if (pid == 0) {
                return Optional.empty();
            }
            int code = Memory.getInt(info, SIGINFO.offset("si_code"));
            int status = Memory.getInt(info, SIGINFO.offset("si_status"));
            return Optional.of(
                    code == CLD_EXITED
                            ? new ExitStatus(pid, status & 0xff, 0, false)
                            : new ExitStatus(pid, 0, status, code == CLD_DUMPED));
        }
    }

    private void prctl(int option, long value, String name) {
        check(calls.call(SystemCall.PRCTL, option, value, 0, 0, 0, 0), SystemCall.PRCTL, name, value);
    }
}
