package dev.carafe.runtime;

import dev.carafe.linux.Capability;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.cgroup.CgroupLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.StringTokenizer;

/**
 * Who calls: everything that is to be his and not that of the JVM which serves him.
 *
 * <p>A JVM that was started for one call is the caller in all these respects, as it has inherited them a moment ago. One
 * that serves many asks the caller's process, which it holds by a descriptor, so that its number means no other.
 *
 * <p>Thread-safe.
 */
public final class Caller implements AutoCloseable {

    private static final int TEXT_MOST = 1 << 20;

    /** The namespaces that this JVM's own work depends on; those of the container are made by the caller's process. */
    private static final List<String> NAMESPACES = List.of("mnt", "pid", "user", "cgroup", "net", "time");

    /** What decides which files a process may make and reach, and what may keep it from a system call. */
    private static final List<String> RIGHTS =
            List.of("Uid:", "Gid:", "Groups:", "CapPrm:", "CapEff:", "CapBnd:", "Seccomp:", "Seccomp_filters:");

    private final Kernel kernel;
    private final Files files;
    private final Optional<Fd> process;
    private final String folder;
    private final String status;
    private List<String> standing = List.of();

    private Caller(Kernel kernel, Optional<Fd> process, String folder) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.process = process;
        this.folder = folder;
        this.status = read("status");
    }

    /** The caller of a JVM that was started for his call alone. */
    public static Caller inherited(Kernel kernel) {
        return new Caller(kernel, Optional.empty(), "/proc/self");
    }

    /**
     * The process that connected a socket; empty if it has ended.
     *
     * @throws RuntimeFailure if it ended just now
     */
    public static Optional<Caller> connected(Kernel kernel, Fd socket) {
        Optional<Fd> process = kernel.sockets().peerProcess(socket);
        if (process.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Caller(
                    kernel, process, "/proc/" + kernel.sockets().peer(socket).pid()));
        } catch (RuntimeException exception) {
            process.get().close();
            throw exception;
        }
    }

    /** Where he stands in the cgroups: what a relative path starts from. */
    public CgroupLayout cgroups() {
        return CgroupLayout.of(kernel, read("cgroup"));
    }

    /** The capabilities that he can give away. */
    public Set<Capability> capabilities() {
        return Capability.fromBits(Long.parseUnsignedLong(value("CapPrm:"), 16));
    }

    /** The capabilities that count for what he does. */
    public Set<Capability> effectiveCapabilities() {
        return Capability.fromBits(Long.parseUnsignedLong(value("CapEff:"), 16));
    }

    /** His effective user. */
    public long uid() {
        return effective("Uid:");
    }

    /** His effective group. */
    public long gid() {
        return effective("Gid:");
    }

    private long effective(String name) {
        StringTokenizer ids = new StringTokenizer(value(name));
        ids.nextToken();
        return Long.parseLong(ids.nextToken());
    }

    /** Whether he lives in a user namespace other than the machine's: not every id is mapped to itself. */
    public boolean isInUserNamespace() {
        StringTokenizer map = new StringTokenizer(read("uid_map"));
        return !(map.countTokens() == 3
                && map.nextToken().equals("0")
                && map.nextToken().equals("0")
                && map.nextToken().equals("4294967295"));
    }

    /** The permissions that new files of his do not get. */
    public int mask() {
        return Integer.parseInt(value("Umask:"), 8);
    }

    /**
     * Whether he may do the same as another, and the same names mean the same to both: one can then work for the other.
     */
    public boolean isLike(Caller other) {
        try {
            return standing().equals(other.standing());
        } catch (SystemCallException hidden) {
            return false; // who may not be looked at may do more
        }
    }

    private synchronized List<String> standing() {
        // One that has been inherited stays as it is.
        if (process.isPresent() || standing.isEmpty()) {
            standing = lookAtStanding();
        }
        return standing;
    }

    private List<String> lookAtStanding() {
        List<String> seen = new ArrayList<>();
        for (String namespace : NAMESPACES) {
            seen.add(link("ns/" + namespace));
        }
        seen.add(root());
        seen.add(label());
        for (String right : RIGHTS) {
            seen.add(value(right));
        }
        checkAlive();
        return seen;
    }

    private String root() {
        try (Fd root = files.open(Fd.CWD, folder + "/root", OpenFlags.PATH | OpenFlags.DIRECTORY)) {
            FileStatus status = files.status(root);
            return "mount " + files.mountId(root) + ", " + status.device() + ":" + status.inode();
        }
    }

    /** What a security module holds him to; nothing where there is none. */
    private String label() {
        try {
            return "label " + files.readText(Fd.CWD, folder + "/attr/current", TEXT_MOST);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.EINVAL || exception.errno() == Errno.ENOENT) {
                return "no label";
            }
            throw exception;
        }
    }

    /** What a line of its status says; empty where the kernel has none such. */
    private String value(String name) {
        int start = status.startsWith(name) ? 0 : status.indexOf("\n" + name) + 1;
        if (start == 0 && !status.startsWith(name)) {
            return "";
        }
        return status.substring(start + name.length(), status.indexOf('\n', start))
                .strip();
    }

    private String link(String name) {
        return files.readLink(Fd.CWD, folder + "/" + name);
    }

    private String read(String name) {
        try {
            String text = files.readText(Fd.CWD, folder + "/" + name, TEXT_MOST);
            checkAlive();
            return text;
        } catch (SystemCallException exception) {
            throw new RuntimeFailure("the caller cannot be asked after: " + exception.getMessage(), exception);
        }
    }

    /** Once it has ended, its number may be another's: what was read before this is its own. */
    private void checkAlive() {
        if (process.isPresent() && !kernel.processes().isAlive(process.get())) {
            throw new RuntimeFailure("the caller has ended");
        }
    }

    @Override
    public void close() {
        process.ifPresent(Fd::close);
    }
}
