package dev.carafe.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Clock;

/**
 * The kernel's interface, area by area, over one {@link SystemCalls}.
 *
 * <p>Thread-safe; an area holds no state of its own.
 */
public final class Kernel {

    private final SystemCalls calls;
    private final ParsedFiles parsedFiles;

    private Kernel(SystemCalls calls) {
        this.calls = calls;
        this.parsedFiles = new ParsedFiles(new Files(calls), Clock.systemUTC());
    }

    /** The running kernel. */
    public static Kernel host() {
        return new Kernel(SystemCalls.ofKernel());
    }

    /** A kernel whose every call goes through {@code calls}. */
    public static Kernel over(SystemCalls calls) {
        return new Kernel(calls);
    }

    public SystemCalls calls() {
        return calls;
    }

    /**
     * Bytes that nobody can foresee. Java's own generator does the same, and takes several milliseconds when it is first
     * used.
     *
     * @param count at most 256
     * @see <a href="https://man7.org/linux/man-pages/man2/getrandom.2.html">getrandom(2)</a>
     */
    public byte[] random(int count) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(count);
            long got = SystemCallException.check(
                    calls.call(SystemCall.GETRANDOM, bytes.address(), count, 0, 0, 0, 0), SystemCall.GETRANDOM, count);
            if (got != count) {
                throw new IllegalArgumentException("the kernel gives no " + count + " bytes at once");
            }
            return Memory.getBytes(bytes, count);
        }
    }

    /** Extended attributes. */
    public Attributes attributes() {
        return new Attributes(calls);
    }

    /** Device filters of cgroups. */
    public Bpf bpf() {
        return new Bpf(calls);
    }

    /** Subvolumes of btrfs. */
    public Btrfs btrfs() {
        return new Btrfs(calls);
    }

    /** Files and directories: openat2, the {@code *at} family, reading, writing, locks, statx. */
    public Files files() {
        return new Files(calls);
    }

    /** What small files said when they were read last. */
    public ParsedFiles parsedFiles() {
        return parsedFiles;
    }

    /** The session keyring. */
    public Keyring keyring() {
        return new Keyring(calls);
    }

    /** Mounts: fsopen, fsconfig, fsmount, open_tree, move_mount, mount_setattr, and mount(2). */
    public Mounts mounts() {
        return new Mounts(calls);
    }

    /** Namespaces of the calling thread: unshare, setns. */
    public Namespaces namespaces() {
        return new Namespaces(calls);
    }

    /** Opens a connection to the network configuration of the calling thread's network namespace. */
    public Netlink netlink() {
        return new Netlink(calls);
    }

    /** Opens a connection to the packet filter of the calling thread's network namespace. */
    public Netfilter netfilter() {
        return new Netfilter(calls);
    }

    /** Waiting for descriptors: ppoll, epoll. */
    public Polling polling() {
        return new Polling(calls);
    }

    /** What the calling thread may do: capabilities, no-new-privileges, dumpable. */
    public Privileges privileges() {
        return new Privileges(calls);
    }

    /** Processes: pidfds, signals, exit statuses, identities, resource limits. */
    public Processes processes() {
        return new Processes(calls);
    }

    /** Projects, by which xfs and ext4 limit what directories take. */
    public Projects projects() {
        return new Projects(calls);
    }

    /** Sockets between processes of this machine, with descriptors passed along. */
    public Sockets sockets() {
        return new Sockets(calls);
    }

    /** Starting programs. */
    public Spawn spawn() {
        return new Spawn(calls);
    }

    /** Terminals and pseudoterminals. */
    public Terminals terminals() {
        return new Terminals(calls);
    }
}
