package dev.carafe.image.layer;

import static dev.carafe.image.error.ImageException.Kind.DENIED;
import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.FileSystemStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Writes a file, or a folder with all in it, as an archive, while others may be at work there: what has just gone is left
 * out, and a file that grows or shrinks is as long as it was when its turn came.
 *
 * <p>Every name is opened as a place only ({@code O_PATH}), then looked at, and by that descriptor alone read, and only
 * if it is a regular file or a folder: no link is followed, no device, fifo or socket opened. What the kernel tells in
 * proc, sysfs and its like is no file of anybody's, and left out.
 */
public final class FilesWriter {

    private static final int PLACE = OpenFlags.PATH | OpenFlags.NOFOLLOW;
    private static final int OPEN_FILE = OpenFlags.RDONLY | OpenFlags.NONBLOCK | OpenFlags.NOCTTY;
    private static final int OPEN_DIRECTORY = OpenFlags.RDONLY | OpenFlags.DIRECTORY;
    private static final int BUFFER = 1 << 17;

    private record Inode(long device, long number) {}

    private final Files files;
    private final Properties properties;
    private final TarWriter tar;
    private final byte[] buffer = new byte[BUFFER];
    private final Map<Inode, String> links = new HashMap<>();
    private final Warnings warnings = new Warnings();
    private final int depthMost = LayerLimits.usual().depth();

    private FilesWriter(Kernel kernel, OutputStream output) {
        files = kernel.files();
        properties = new Properties(kernel);
        tar = new TarWriter(output);
    }

    /**
     * Writes the archive.
     *
     * @param file open as a place is enough
     * @param name what it is called in the archive; empty for what is in a folder, without a name of its own
     * @param output stays open
     * @return what was left out, one line each; only the first ones
     * @throws ImageException if something cannot be read, or is the kernel's
     */
    public static List<String> write(Kernel kernel, Fd file, String name, OutputStream output) throws IOException {
        var writer = new FilesWriter(kernel, output);
        FileStatus status = kernel.files().status(file);
        if (writer.isKernels(file)) {
            throw new ImageException(
                    INVALID,
                    quoted(name)
                            + " is what the kernel tells of itself, and no file that could be copied; read it"
                            + " with a program, and copy what that says");
        }
        if (status.type() == FileStatus.TYPE_SOCKET) {
            throw new ImageException(INVALID, quoted(name) + " is a socket, which archives do not have");
        }
        writer.entry(file, status, name, 0);
        writer.tar.end();
        return writer.warnings.lines();
    }

    /** Whether a file lives where the kernel makes up what is in it. */
    static boolean isKernels(Files files, Fd file) {
        long type = files.fileSystem(file).type();
        return type == FileSystemStatus.PROC
                || type == FileSystemStatus.SYSFS
                || type == FileSystemStatus.CGROUP
                || type == FileSystemStatus.CGROUP2
                || type == FileSystemStatus.DEBUGFS
                || type == FileSystemStatus.TRACEFS
                || type == FileSystemStatus.SECURITYFS;
    }

    private boolean isKernels(Fd file) {
        return isKernels(files, file);
    }

    private void entry(Fd file, FileStatus status, String path, int depth) throws IOException {
        if (status.type() == FileStatus.TYPE_SOCKET) {
            warnings.add(path, "left out: archives have no sockets");
            return;
        }
        String first = status.links() > 1 && !status.isDirectory()
                ? links.putIfAbsent(new Inode(status.device(), status.inode()), path)
                : null;
        try {
            if (first != null) {
                tar.entry(described(file, status, path, TarEntry.Type.HARD_LINK, first, 0));
                return;
            }
            switch (status.type()) {
                case FileStatus.TYPE_REGULAR -> file(file, status, path);
                case FileStatus.TYPE_DIRECTORY -> directory(file, status, path, depth);
                case FileStatus.TYPE_SYMLINK ->
                    tar.entry(described(file, status, path, TarEntry.Type.SYMBOLIC_LINK, files.readLink(file, ""), 0));
                case FileStatus.TYPE_CHARACTER ->
                    tar.entry(described(file, status, path, TarEntry.Type.CHARACTER_DEVICE, "", 0));
                case FileStatus.TYPE_BLOCK ->
                    tar.entry(described(file, status, path, TarEntry.Type.BLOCK_DEVICE, "", 0));
                default -> tar.entry(described(file, status, path, TarEntry.Type.FIFO, "", 0));
            }
        } catch (SystemCallException exception) {
            throw failed("read", path, exception);
        }
    }

    private void directory(Fd directory, FileStatus status, String path, int depth) throws IOException {
        String entry = path.isEmpty() ? "./" : path + "/";
        tar.entry(described(directory, status, entry, TarEntry.Type.DIRECTORY, "", 0));
        if (isKernels(directory)) {
            warnings.add(path, "what is in it is left out: it is what the kernel tells of itself");
            return;
        }
        if (depth == depthMost) {
            throw new ImageException(INVALID, quoted(path) + " lies deeper than " + depthMost + " folders");
        }
        try (Fd opened = files.open(directory, ".", OPEN_DIRECTORY)) {
            for (String name : new TreeSet<>(files.list(opened))) {
                below(opened, name, path.isEmpty() ? name : path + "/" + name, depth);
            }
        }
    }

    private void below(Fd directory, String name, String path, int depth) throws IOException {
        Fd place;
        try {
            place = files.open(directory, name, PLACE);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return; // it has just gone
            }
            throw failed("read", path, exception);
        }
        try (place) {
            entry(place, files.status(place), path, depth + 1);
        }
    }

    private void file(Fd file, FileStatus status, String path) throws IOException {
        // Opened first: what cannot be read is to be an error and no damaged archive.
        try (Fd content = files.open(Fd.CWD, "/proc/self/fd/" + file.number(), OPEN_FILE);
                Arena arena = Arena.ofConfined()) {
            tar.entry(described(file, status, path, TarEntry.Type.FILE, "", status.size()));
            MemorySegment memory = arena.allocate(Math.clamp(status.size(), 1, BUFFER));
            long at = 0;
            boolean ended = false;
            while (at < status.size()) {
                long most = Math.min(memory.byteSize(), status.size() - at);
                int length = ended ? 0 : (int) files.readAt(content, at, memory.asSlice(0, most));
                if (length == 0) {
                    ended = true; // it has been cut short, and its entry says otherwise already
                    length = (int) most;
                    memory.fill((byte) 0);
                }
                memory.asByteBuffer().get(0, buffer, 0, length);
                tar.content(buffer, length);
                at += length;
            }
            if (ended) {
                warnings.add(path, "became shorter while it was read: its end is filled with zeros");
            }
        }
    }

    private TarEntry described(Fd file, FileStatus status, String name, TarEntry.Type type, String target, long size) {
        boolean isDevice = type == TarEntry.Type.CHARACTER_DEVICE || type == TarEntry.Type.BLOCK_DEVICE;
        long device = isDevice ? status.specialDevice() : 0;
        return new TarEntry(
                name,
                type,
                target,
                status.mode() & 07777,
                Integer.toUnsignedLong(status.uid()),
                Integer.toUnsignedLong(status.gid()),
                size,
                Math.floorDiv(status.modifiedNanos(), 1_000_000_000L),
                (int) Math.floorMod(status.modifiedNanos(), 1_000_000_000L),
                (int) ((device >> 8) & 0xfff),
                (int) ((device & 0xff) | ((device >> 12) & 0xfff00)),
                type == TarEntry.Type.HARD_LINK ? Map.of() : attributes(file),
                List.of());
    }

    private Map<String, byte[]> attributes(Fd file) {
        Map<String, byte[]> attributes = new TreeMap<>();
        for (String name : properties.attributes(file)) {
            if (!name.contains("=")) { // archives allow none in names
                properties.attribute(file, name).ifPresent(value -> attributes.put(name, value));
            }
        }
        return attributes;
    }

    static ImageException failed(String verb, String path, SystemCallException exception) {
        ImageException.Kind kind = switch (exception.errno()) {
            case EACCES, EPERM, EROFS -> DENIED;
            default -> FAILED;
        };
        return new ImageException(
                kind,
                "cannot " + verb + " " + quoted(path) + ": " + exception.errno().description(),
                exception);
    }

    private static String quoted(String path) {
        return LayerException.quoted(path.isEmpty() ? "." : path);
    }
}
