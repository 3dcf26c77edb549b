package dev.carafe.linux.cgroup;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.StringTokenizer;

/** A cgroup's directory in one hierarchy, open, with the control files in it. */
final class Directory implements AutoCloseable {

    private static final int FLAGS = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;
    private static final int MOST = 16 << 20;
    private static final int MODE = 0755;

    private final Kernel kernel;
    private final Files files;
    private final Fd fd;
    private final String path;

    private Directory(Kernel kernel, Fd fd, String path) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.fd = fd;
        this.path = path;
    }

    /** Opens a directory by its absolute path, which may lead through no symbolic link. */
    static Directory open(Kernel kernel, String path) {
        try {
            return openPath(kernel, path);
        } catch (SystemCallException refused) {
            throw CgroupException.failed("cannot open the cgroup " + path + ": " + refused.getMessage(), refused);
        }
    }

    static Optional<Directory> openIfPresent(Kernel kernel, String path) {
        try {
            return Optional.of(openPath(kernel, path));
        } catch (SystemCallException refused) {
            if (refused.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw CgroupException.failed("cannot open the cgroup " + path + ": " + refused.getMessage(), refused);
        }
    }

    private static Directory openPath(Kernel kernel, String path) {
        Fd fd = kernel.files().open(Fd.CWD, path, FLAGS, 0, OpenFlags.RESOLVE_NO_SYMLINKS);
        return new Directory(kernel, fd, path);
    }

    Kernel kernel() {
        return kernel;
    }

    Fd fd() {
        return fd;
    }

    String path() {
        return path;
    }

    @Override
    public void close() {
        fd.close();
    }

    /** Opens a child cgroup. */
    Directory child(String name) {
        try {
            int beneath = OpenFlags.RESOLVE_BENEATH | OpenFlags.RESOLVE_NO_SYMLINKS | OpenFlags.RESOLVE_NO_XDEV;
            return new Directory(kernel, files.open(fd, name, FLAGS, 0, beneath), join(name));
        } catch (SystemCallException refused) {
            throw CgroupException.failed("cannot open the cgroup " + join(name) + ": " + refused.getMessage(), refused);
        }
    }

    /** Makes a child cgroup; false if it is there already. */
    boolean makeChild(String name) {
        try {
            files.makeDirectory(fd, name, MODE);
            return true;
        } catch (SystemCallException refused) {
            if (refused.errno() == Errno.EEXIST) {
                return false;
            }
            throw CgroupException.failed("cannot make the cgroup " + join(name) + ": " + refused.getMessage(), refused);
        }
    }

    /** Removes a child cgroup that has neither processes nor children; gives back why not. */
    Optional<SystemCallException> removeChild(String name) {
        try {
            files.unlink(fd, name, Files.REMOVE_DIRECTORY);
            return Optional.empty();
        } catch (SystemCallException refused) {
            return refused.errno() == Errno.ENOENT ? Optional.empty() : Optional.of(refused);
        }
    }

    /** The names of the child cgroups. */
    List<String> children() {
        try {
            // cgroupfs counts a link for each child, besides "." and the name itself.
            if (files.status(fd).links() == 2) {
                return List.of();
            }
            List<String> children = new ArrayList<>();
            for (String name : files.list(fd)) {
                if (isDirectory(name)) {
                    children.add(name);
                }
            }
            return children;
        } catch (SystemCallException refused) {
            if (gone(refused)) {
                return List.of();
            }
            throw CgroupException.failed("cannot list the cgroup " + path + ": " + refused.getMessage(), refused);
        }
    }

    private boolean isDirectory(String name) {
        try {
            return files.status(fd, name, Files.NOFOLLOW).type() == FileStatus.TYPE_DIRECTORY;
        } catch (SystemCallException refused) {
            if (gone(refused)) {
                return false;
            }
            throw refused;
        }
    }

    boolean has(String file) {
        return files.exists(fd, file);
    }

    /** A control file's content without the newline at its end. */
    String read(String file) {
        try {
            return files.readText(fd, file, MOST).stripTrailing();
        } catch (SystemCallException refused) {
            throw failed("cannot read " + join(file), refused);
        }
    }

    /** A control file's content, where the kernel has that file and the cgroup is still there. */
    Optional<String> readIfPresent(String file) {
        try {
            return Optional.of(files.readText(fd, file, MOST).stripTrailing());
        } catch (SystemCallException refused) {
            if (gone(refused) || refused.errno() == Errno.EOPNOTSUPP) {
                return Optional.empty();
            }
            throw failed("cannot read " + join(file), refused);
        }
    }

    /** A control file, open for reading; empty without that file. */
    Optional<Fd> openIfPresent(String file) {
        try {
            return Optional.of(files.open(fd, file, OpenFlags.RDONLY));
        } catch (SystemCallException refused) {
            if (gone(refused)) {
                return Optional.empty();
            }
            throw failed("cannot read " + join(file), refused);
        }
    }

    /** A control file's number, {@code max} being the greatest; empty without that file. */
    OptionalLong number(String file) {
        Optional<String> text = readIfPresent(file);
        return text.isEmpty() ? OptionalLong.empty() : OptionalLong.of(parse(file, text.get()));
    }

    /** The number after a key in a file of lines of {@code key number}; empty without the file or the key. */
    OptionalLong number(String file, String key) {
        return number(readIfPresent(file).orElse(""), file, key);
    }

    OptionalLong number(String content, String file, String key) {
        for (StringTokenizer lines = new StringTokenizer(content, "\n"); lines.hasMoreTokens(); ) {
            String line = lines.nextToken();
            if (line.startsWith(key) && line.length() > key.length() && line.charAt(key.length()) == ' ') {
                return OptionalLong.of(parse(file, line.substring(key.length() + 1)));
            }
        }
        return OptionalLong.empty();
    }

    private long parse(String file, String text) {
        try {
            return text.equals("max") ? Long.MAX_VALUE : Long.parseUnsignedLong(text);
        } catch (NumberFormatException notNumber) {
            throw CgroupException.failed(join(file) + " says \"" + text + "\", which is no number", notNumber);
        }
    }

    /**
     * Writes to a control file.
     *
     * @throws CgroupException as unavailable if the kernel has no such file
     */
    void write(String file, String text) {
        Optional<SystemCallException> refused = attempt(file, text);
        if (refused.isPresent()) {
            throw refusal(file, text, refused.get());
        }
    }

    /** Writes several values to a control file that takes one at a time. */
    void write(String file, List<String> texts) {
        String last = "";
        try (Fd open = files.open(fd, file, OpenFlags.WRONLY)) {
            for (String text : texts) {
                last = text;
                files.write(open, text.getBytes(StandardCharsets.UTF_8));
            }
        } catch (SystemCallException refused) {
            throw refusal(file, last, refused);
        }
    }

    void write(String file, long number) {
        write(file, Long.toString(number));
    }

    /** Writes to a control file and gives back what the kernel has against it. */
    Optional<SystemCallException> attempt(String file, String text) {
        try {
            files.writeText(fd, file, text);
            return Optional.empty();
        } catch (SystemCallException refused) {
            return Optional.of(refused);
        }
    }

    CgroupException refusal(String file, String text, SystemCallException refused) {
        return switch (refused.errno()) {
            case ENOENT ->
                has("cgroup.procs")
                        ? CgroupException.unavailable("this kernel offers no " + file + " in the cgroup " + path
                                + ", which would have to take \"" + text + "\"")
                        : failed("the cgroup " + path + " is gone", refused);
            case EOPNOTSUPP ->
                CgroupException.unavailable("this kernel no longer supports " + file + ", which would have to take \""
                        + text + "\" in the cgroup " + path);
            default -> failed("cannot write \"" + text + "\" to " + join(file), refused);
        };
    }

    /** The processes in this cgroup itself; none if it is gone. */
    List<Integer> processes() {
        Optional<String> listed;
        try {
            listed = Optional.of(files.readText(fd, "cgroup.procs", MOST));
        } catch (SystemCallException refused) {
            if (gone(refused)) {
                return List.of();
            }
            if (refused.errno() != Errno.EOPNOTSUPP) {
                throw failed("cannot read " + join("cgroup.procs"), refused);
            }
            listed = readIfPresent("cgroup.threads"); // All that a threaded cgroup tells.
        }
        List<Integer> processes = new ArrayList<>();
        for (StringTokenizer lines = new StringTokenizer(listed.orElse(""), "\n"); lines.hasMoreTokens(); ) {
            processes.add(Integer.valueOf(lines.nextToken()));
        }
        return processes;
    }

    private CgroupException failed(String what, SystemCallException refused) {
        return CgroupException.failed(
                what + ": " + refused.errno().description() + " (" + refused.errno() + ")", refused);
    }

    /** Somebody removed the cgroup while it was open: ENODEV is what its files say from then on. */
    private static boolean gone(SystemCallException refused) {
        return refused.errno() == Errno.ENOENT || refused.errno() == Errno.ENODEV;
    }

    private String join(String name) {
        return path.endsWith("/") ? path + name : path + "/" + name;
    }

    @Override
    public String toString() {
        return path;
    }
}
