package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.FAILED;
import static dev.carafe.image.layer.LayerException.Kind.TOO_LARGE;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** The copying of one tree. */
final class Copying {

    private static final int PATH = OpenFlags.PATH | OpenFlags.NOFOLLOW;
    private static final int OPEN_DIRECTORY = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;
    private static final int OPEN_FILE = OpenFlags.RDONLY | OpenFlags.NOFOLLOW | OpenFlags.NONBLOCK | OpenFlags.NOCTTY;
    private static final int MAKE_FILE = OpenFlags.CREAT | OpenFlags.EXCL | OpenFlags.WRONLY | OpenFlags.NOFOLLOW;
    private static final int RESOLVE =
            OpenFlags.RESOLVE_BENEATH | OpenFlags.RESOLVE_NO_SYMLINKS | OpenFlags.RESOLVE_NO_XDEV;
    /** How kernels say that they cannot copy between these files. */
    private static final Set<Errno> UNABLE = Set.of(Errno.EXDEV, Errno.EINVAL, Errno.EOPNOTSUPP, Errno.ENOSYS);

    private static final int BUFFER = 1 << 20;

    /** A file by where it is stored. */
    private record Inode(long device, long number) {}

    /** Where the first name of a file was copied to. */
    private record First(String directory, String name) {}

    private final TreeCopy copy;
    private final Files files;
    private final Properties properties;
    private final Fd root;
    private final Map<Inode, First> links = new HashMap<>();
    private final int depthMost = LayerLimits.usual().depth();
    private int depth;

    /** Whether it is still worth trying. */
    private boolean shares = true;

    private boolean kernelCopies = true;

    Copying(TreeCopy copy, Fd root) {
        this.copy = copy;
        this.files = copy.kernel().files();
        this.properties = new Properties(copy.kernel());
        this.root = root;
    }

    void run(List<Fd> folders) {
        var layers = new LowerLayers(copy.kernel(), copy.form(), folders);
        content(layers, folders, root, "");
        copy.properties(folders.getFirst(), root);
    }

    private void content(LowerLayers layers, List<Fd> joined, Fd to, String path) {
        SortedSet<String> names = new TreeSet<>();
        joined.forEach(directory -> names.addAll(files.list(directory)));
        for (String name : names) {
            String below = path.isEmpty() ? name : path + "/" + name;
            try {
                entry(layers, joined, to, path, name);
            } catch (SystemCallException exception) {
                throw new LayerException(FAILED, below, exception.getMessage(), exception);
            }
        }
    }

    private void entry(LowerLayers layers, List<Fd> joined, Fd to, String path, String name) {
        for (Fd directory : joined) {
            FileStatus status;
            try {
                status = files.status(directory, name, Files.NOFOLLOW);
            } catch (SystemCallException exception) {
                if (exception.errno() == Errno.ENOENT) {
                    continue;
                }
                throw exception;
            }
            if (copy.form().isOverlay() && LowerLayers.isWhiteout(status)) {
                return;
            }
            if (status.isDirectory()) {
                directory(layers, joined, to, path, name);
            } else if (!isLinked(status, to, path, name)) {
                file(directory, name, status, to);
            }
            return;
        }
    }

    private void directory(LowerLayers layers, List<Fd> joined, Fd to, String path, String name) {
        String below = path.isEmpty() ? name : path + "/" + name;
        if (++depth > depthMost) {
            throw new LayerException(TOO_LARGE, below, "it lies deeper than " + depthMost + " directories");
        }
        List<Fd> opened = new ArrayList<>();
        files.makeDirectory(to, name, 0700);
        try (Fd made = files.open(to, name, OPEN_DIRECTORY)) {
            content(layers, layers.below(joined, name, opened), made, below);
            copy.properties(opened.getFirst(), made);
        } finally {
            opened.forEach(Fd::close);
            depth--;
        }
    }

    /** Gives a file that was copied under another name this one too. */
    private boolean isLinked(FileStatus status, Fd to, String path, String name) {
        if (status.links() < 2) {
            return false;
        }
        First first = links.putIfAbsent(new Inode(status.device(), status.inode()), new First(path, name));
        if (first == null) {
            return false;
        }
        if (first.directory().isEmpty()) {
            files.link(root, first.name(), to, name, false);
            return true;
        }
        try (Fd directory = files.open(root, first.directory(), OpenFlags.PATH | OpenFlags.DIRECTORY, 0, RESOLVE)) {
            files.link(directory, first.name(), to, name, false);
        }
        return true;
    }

    private void file(Fd directory, String name, FileStatus status, Fd to) {
        switch (status.type()) {
            case FileStatus.TYPE_REGULAR -> regular(directory, name, status, to);
            case FileStatus.TYPE_SYMLINK -> {
                files.makeSymbolicLink(files.readLink(directory, name), to, name);
                special(directory, name, status, to);
            }
            default -> {
                files.makeNode(to, name, status.type() | 0600, status.specialDevice());
                special(directory, name, status, to);
            }
        }
    }

    private void regular(Fd directory, String name, FileStatus status, Fd to) {
        try (Fd from = files.open(directory, name, OPEN_FILE);
                Fd made = files.open(to, name, MAKE_FILE, 0600, 0)) {
            FileStatus opened = files.status(from);
            if (opened.inode() != status.inode() || !opened.isRegular()) {
                throw new LayerException(FAILED, name, "it changed while it was copied");
            }
            if (opened.size() > 0) {
                bytes(from, made, opened.size());
            }
            properties.copy(from, opened, made);
        }
    }

    /** What cannot be opened without doing something. */
    private void special(Fd directory, String name, FileStatus status, Fd to) {
        files.changeOwner(to, name, status.uid(), status.gid(), Files.NOFOLLOW);
        try (Fd from = files.open(directory, name, PATH);
                Fd made = files.open(to, name, PATH)) {
            for (String attribute : properties.attributes(from)) {
                copy.kernel()
                        .attributes()
                        .get(from, attribute)
                        .ifPresent(value -> copy.kernel().attributes().set(made, attribute, value, 0));
            }
        }
        if (status.type() != FileStatus.TYPE_SYMLINK) {
            files.changeMode(to, name, status.mode() & 07777);
        }
        long nanos = status.modifiedNanos();
        files.setTimes(
                to,
                name,
                Math.floorDiv(nanos, 1_000_000_000L),
                (int) Math.floorMod(nanos, 1_000_000_000L),
                Files.NOFOLLOW);
    }

    private void bytes(Fd from, Fd to, long size) {
        shares = shares && files.share(from, to);
        if (shares) {
            return;
        }
        long at = 0;
        while (at < size) {
            OptionalLong data = files.dataFrom(from, at);
            if (data.isEmpty() || data.getAsLong() >= size) {
                break;
            }
            long end = Math.min(files.holeFrom(from, data.getAsLong()), size);
            part(from, to, data.getAsLong(), end);
            at = end;
        }
        if (at < size) {
            files.truncate(to, size);
        }
    }

    private void part(Fd from, Fd to, long start, long end) {
        long at = start;
        while (kernelCopies && at < end) {
            try {
                long copied = files.copyPart(from, to, at, end - at);
                if (copied == 0) {
                    throw new LayerException(FAILED, "", "a file became shorter while it was copied");
                }
                at += copied;
            } catch (SystemCallException exception) {
                if (!UNABLE.contains(exception.errno())) {
                    throw exception;
                }
                kernelCopies = false;
            }
        }
        if (at < end) {
            through(from, to, at, end);
        }
    }

    private void through(Fd from, Fd to, long start, long end) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.min(BUFFER, end - start));
            for (long at = start; at < end; ) {
                long length = files.readAt(from, at, buffer.asSlice(0, Math.min(buffer.byteSize(), end - at)));
                if (length == 0) {
                    throw new LayerException(FAILED, "", "a file became shorter while it was copied");
                }
                files.writeAt(to, buffer.asSlice(0, length), at);
                at += length;
            }
        }
    }
}
