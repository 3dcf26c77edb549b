package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.FAILED;
import static dev.carafe.image.layer.LayerException.Kind.FORBIDDEN;
import static dev.carafe.image.layer.LayerException.Kind.TOO_LARGE;
import static dev.carafe.image.layer.LayerException.Kind.UNSUPPORTED;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The writing of one archive. */
final class Writing implements AutoCloseable {

    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";
    private static final int PATH = OpenFlags.PATH | OpenFlags.NOFOLLOW;
    private static final int OPEN_DIRECTORY = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;
    private static final int OPEN_FILE = OpenFlags.RDONLY | OpenFlags.NONBLOCK | OpenFlags.NOCTTY;
    private static final int BUFFER = 1 << 20;
    private static final int WARNINGS_MOST = 100;

    /** A file by where it is stored. */
    private record Inode(long device, long number) {}

    /** A name in the directory that has it. */
    private record Place(Fd directory, String name, FileStatus status) {}

    /** A directory of the difference that is written when something in it is. */
    private final class Pending {
        private final @Nullable Pending above;
        private final String path;
        private final Place place;
        private boolean written;

        Pending(@Nullable Pending above, String path, Place place) {
            this.above = above;
            this.path = path;
            this.place = place;
        }

        void write() throws IOException {
            if (!written) {
                written = true;
                if (above != null) {
                    above.write();
                }
                entry(place, path);
            }
        }
    }

    private final LayerWriter writer;
    private final Files files;
    private final Properties properties;
    private final TarWriter tar;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment memory = arena.allocate(BUFFER);
    private final MemorySegment other = arena.allocate(BUFFER);
    private final byte[] buffer = new byte[BUFFER];
    private final Map<Inode, String> links = new HashMap<>();
    private final List<String> warnings = new ArrayList<>();
    private final int depthMost = LayerLimits.usual().depth();
    private boolean isLayer = true;
    private int depth;

    Writing(LayerWriter writer, OutputStream output) {
        this.writer = writer;
        files = writer.kernel().files();
        properties = new Properties(writer.kernel());
        tar = new TarWriter(output);
    }

    LayerWriter.Written upper(Fd folder) throws IOException {
        entry(new Place(folder, "", files.status(folder)), "");
        upper(new LowerLayers(writer.kernel(), writer.form(), List.of(folder)), folder, "");
        return end();
    }

    LayerWriter.Written tree(List<Fd> folders) throws IOException {
        isLayer = false;
        entry(new Place(folders.getFirst(), "", files.status(folders.getFirst())), "");
        whole(new LowerLayers(writer.kernel(), writer.form(), folders), folders, "");
        return end();
    }

    LayerWriter.Written difference(List<Fd> before, List<Fd> after) throws IOException {
        var beforeLayers = new LowerLayers(writer.kernel(), writer.form(), before);
        var afterLayers = new LowerLayers(writer.kernel(), writer.form(), after);
        var root = new Place(after.getFirst(), "", files.status(after.getFirst()));
        var pending = new Pending(null, "", root);
        if (before.isEmpty() || isOther(new Place(before.getFirst(), "", files.status(before.getFirst())), root, "")) {
            pending.write();
        }
        difference(beforeLayers, before, afterLayers, after, pending);
        return end();
    }

    private LayerWriter.Written end() throws IOException {
        tar.end();
        return new LayerWriter.Written(tar.entries(), tar.bytes(), List.copyOf(warnings));
    }

    private void upper(LowerLayers layers, Fd directory, String path) throws IOException {
        for (String name : new TreeSet<>(files.list(directory))) {
            String below = below(path, name);
            FileStatus status = files.status(directory, name, Files.NOFOLLOW);
            if (LowerLayers.isWhiteout(status)) {
                whiteout(path, name);
            } else if (entry(new Place(directory, name, status), below) && status.isDirectory()) {
                try (Fd opened = files.open(directory, name, OPEN_DIRECTORY)) {
                    if (layers.isOpaque(opened)) {
                        mark(below(below, OPAQUE));
                    }
                    descend(below);
                    upper(layers, opened, below);
                    depth--;
                }
            }
        }
    }

    /** All that is below a directory of joined folders. */
    private void whole(LowerLayers layers, List<Fd> joined, String path) throws IOException {
        for (String name : names(joined)) {
            Place place = find(joined, name);
            if (place != null) {
                whole(layers, joined, place, below(path, name));
            }
        }
    }

    private void whole(LowerLayers layers, List<Fd> joined, Place place, String path) throws IOException {
        if (entry(place, path) && place.status().isDirectory()) {
            List<Fd> opened = new ArrayList<>();
            try {
                descend(path);
                whole(layers, layers.below(joined, place.name(), opened), path);
                depth--;
            } finally {
                opened.forEach(Fd::close);
            }
        }
    }

    private void difference(
            LowerLayers beforeLayers, List<Fd> before, LowerLayers afterLayers, List<Fd> after, Pending directory)
            throws IOException {
        SortedSet<String> names = names(before);
        names.addAll(names(after));
        for (String name : names) {
            Place old = find(before, name);
            Place present = find(after, name);
            String path = below(directory.path, name);
            if (present == null) {
                if (old != null) {
                    directory.write();
                    whiteout(directory.path, name);
                }
                continue;
            }
            boolean bothDirectories = old != null
                    && old.status().isDirectory()
                    && present.status().isDirectory();
            boolean isOther = old == null || isOther(old, present, path);
            if (!bothDirectories) {
                if (isOther) {
                    directory.write();
                    whole(afterLayers, after, present, path);
                }
                continue;
            }
            var pending = new Pending(directory, path, present);
            if (isOther) {
                pending.write();
            }
            List<Fd> opened = new ArrayList<>();
            try {
                List<Fd> oldBelow = beforeLayers.below(before, name, opened);
                List<Fd> presentBelow = afterLayers.below(after, name, opened);
                descend(path);
                difference(beforeLayers, oldBelow, afterLayers, presentBelow, pending);
                depth--;
            } finally {
                opened.forEach(Fd::close);
            }
        }
    }

    private void descend(String path) {
        if (++depth > depthMost) {
            throw new LayerException(TOO_LARGE, path, "it lies deeper than " + depthMost + " directories");
        }
    }

    private SortedSet<String> names(List<Fd> joined) {
        SortedSet<String> names = new TreeSet<>();
        joined.forEach(directory -> names.addAll(files.list(directory)));
        return names;
    }

    private @Nullable Place find(List<Fd> joined, String name) {
        for (Fd directory : joined) {
            try {
                FileStatus status = files.status(directory, name, Files.NOFOLLOW);
                boolean removed = writer.form().isOverlay() && LowerLayers.isWhiteout(status);
                return removed ? null : new Place(directory, name, status);
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.ENOENT) {
                    throw exception;
                }
            }
        }
        return null;
    }

    /** Whether two files, if that is what they are, differ in anything that an archive keeps. */
    private boolean isOther(Place old, Place present, String path) {
        FileStatus a = old.status();
        FileStatus b = present.status();
        if (a.device() == b.device() && a.inode() == b.inode()) {
            return false;
        }
        if (a.mode() != b.mode()
                || a.uid() != b.uid()
                || a.gid() != b.gid()
                || a.modifiedNanos() != b.modifiedNanos()
                || a.specialDevice() != b.specialDevice()
                || (!a.isDirectory() && a.size() != b.size())) {
            return true;
        }
        try (Fd first = open(old, path);
                Fd second = open(present, path)) {
            if (!sameAttributes(first, second)) {
                return true;
            }
            return switch (a.type()) {
                case FileStatus.TYPE_SYMLINK -> !files.readLink(first, "").equals(files.readLink(second, ""));
                case FileStatus.TYPE_REGULAR -> !sameContent(first, second, path);
                default -> false;
            };
        }
    }

    private boolean sameAttributes(Fd first, Fd second) {
        List<String> names = properties.attributes(first);
        if (!new TreeSet<>(names).equals(new TreeSet<>(properties.attributes(second)))) {
            return false;
        }
        return names.stream().allMatch(name -> Arrays.equals(value(first, name), value(second, name)));
    }

    private byte[] value(Fd file, String name) {
        Optional<byte[]> value = writer.kernel().attributes().get(file, name);
        return value.orElseGet(() -> new byte[0]);
    }

    private boolean sameContent(Fd first, Fd second, String path) {
        try (Fd a = reopen(first, path);
                Fd b = reopen(second, path)) {
            long at = 0;
            while (true) {
                long length = fill(a, at, memory);
                if (fill(b, at, other) != length || memory.asSlice(0, length).mismatch(other.asSlice(0, length)) >= 0) {
                    return false;
                }
                if (length < BUFFER) {
                    return true;
                }
                at += length;
            }
        }
    }

    private long fill(Fd file, long at, MemorySegment into) {
        long filled = 0;
        while (filled < into.byteSize()) {
            long got = files.readAt(file, at + filled, into.asSlice(filled));
            if (got == 0) {
                break;
            }
            filled += got;
        }
        return filled;
    }

    /** Opens a name without doing anything to what it stands for, and sees to it that it is still the same. */
    private Fd open(Place place, String path) {
        Fd opened = place.name().isEmpty()
                ? files.duplicate(place.directory())
                : files.open(place.directory(), place.name(), PATH);
        FileStatus status = files.status(opened);
        if (status.inode() != place.status().inode()
                || status.type() != place.status().type()) {
            opened.close();
            throw changed(path);
        }
        return opened;
    }

    /** Opens a regular file for reading that is open as a path only. */
    private Fd reopen(Fd file, String path) {
        try {
            return files.open(Fd.CWD, "/proc/self/fd/" + file.number(), OPEN_FILE);
        } catch (SystemCallException exception) {
            throw new LayerException(FAILED, path, exception.getMessage(), exception);
        }
    }

    private static LayerException changed(String path) {
        return new LayerException(FAILED, path, "it changed while it was read");
    }

    /** Writes one file; false if it was left out. */
    private boolean entry(Place place, String path) throws IOException {
        FileStatus status = place.status();
        if (status.type() == FileStatus.TYPE_SOCKET) {
            warn(path, "left out: archives have no sockets");
            return false;
        }
        if (isLayer && place.name().startsWith(WHITEOUT)) {
            throw new LayerException(
                    FORBIDDEN, path, "in a layer a name that begins with .wh. removes a file and is none");
        }
        String name = status.isDirectory() ? (path.isEmpty() ? "./" : path + "/") : path;
        try (Fd file = open(place, path)) {
            checkMarks(file, path);
            var inode = new Inode(status.device(), status.inode());
            String first = status.links() > 1 && !status.isDirectory() ? links.putIfAbsent(inode, path) : null;
            if (first != null) {
                tar.entry(described(file, status, name, TarEntry.Type.HARD_LINK, first, 0));
                return true;
            }
            switch (status.type()) {
                case FileStatus.TYPE_REGULAR -> file(file, status, name);
                case FileStatus.TYPE_SYMLINK ->
                    tar.entry(described(file, status, name, TarEntry.Type.SYMBOLIC_LINK, files.readLink(file, ""), 0));
                default -> tar.entry(described(file, status, name, type(status), "", 0));
            }
            return true;
        }
    }

    private void file(Fd file, FileStatus status, String name) throws IOException {
        tar.entry(described(file, status, name, TarEntry.Type.FILE, "", status.size()));
        if (status.size() == 0) {
            return;
        }
        try (Fd content = reopen(file, name)) {
            long at = 0;
            while (at < status.size()) {
                long most = Math.min(BUFFER, status.size() - at);
                int length = (int) files.readAt(content, at, memory.asSlice(0, most));
                if (length == 0) {
                    throw changed(name);
                }
                memory.asByteBuffer().get(0, buffer, 0, length);
                tar.content(buffer, length);
                at += length;
            }
        }
    }

    private static TarEntry.Type type(FileStatus status) {
        return switch (status.type()) {
            case FileStatus.TYPE_DIRECTORY -> TarEntry.Type.DIRECTORY;
            case FileStatus.TYPE_CHARACTER -> TarEntry.Type.CHARACTER_DEVICE;
            case FileStatus.TYPE_BLOCK -> TarEntry.Type.BLOCK_DEVICE;
            case FileStatus.TYPE_FIFO -> TarEntry.Type.FIFO;
            default -> throw new IllegalStateException("a file of the type " + status.type());
        };
    }

    private TarEntry described(Fd file, FileStatus status, String name, TarEntry.Type type, String target, long size) {
        boolean isDevice = type == TarEntry.Type.CHARACTER_DEVICE || type == TarEntry.Type.BLOCK_DEVICE;
        long device = isDevice ? status.specialDevice() : 0;
        return new TarEntry(
                name,
                type,
                target,
                status.mode() & 07777,
                writer.owners().userInside(status.uid(), name),
                writer.owners().groupInside(status.gid(), name),
                size,
                Math.floorDiv(status.modifiedNanos(), 1_000_000_000L),
                (int) Math.floorMod(status.modifiedNanos(), 1_000_000_000L),
                (int) ((device >> 8) & 0xfff),
                (int) ((device & 0xff) | ((device >> 12) & 0xfff00)),
                type == TarEntry.Type.HARD_LINK ? Map.of() : attributes(file, name),
                List.of());
    }

    private Map<String, byte[]> attributes(Fd file, String path) {
        List<String> names = properties.attributes(file);
        if (names.isEmpty()) {
            return Map.of();
        }
        Map<String, byte[]> attributes = new TreeMap<>();
        for (String name : names) {
            if (name.contains("=")) {
                warn(
                        path,
                        "its attribute " + LayerException.quoted(name) + " is left out: archives allow no = in names");
            } else {
                byte[] value = FileCapability.unmapped(name, value(file, name), writer.owners(), path);
                attributes.put(name, AccessList.unmapped(name, value, writer.owners(), path));
            }
        }
        return attributes;
    }

    /** Overlayfs can be told to keep less than whole files in its upper folder. */
    private void checkMarks(Fd file, String path) {
        if (!writer.form().isOverlay()) {
            return;
        }
        List<String> names;
        try {
            names = writer.kernel().attributes().list(file);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.EOPNOTSUPP) {
                return;
            }
            throw exception;
        }
        for (String part : List.of("redirect", "metacopy", "whiteout")) {
            if (names.contains(writer.form().mark(part))) {
                throw new LayerException(
                        UNSUPPORTED,
                        path,
                        "it has overlayfs' mark " + writer.form().mark(part)
                                + ", which no layer can tell: mount with redirect_dir=off,metacopy=off");
            }
        }
    }

    private void whiteout(String path, String name) throws IOException {
        mark(below(path, WHITEOUT + name));
    }

    /** An empty file whose name is its meaning. */
    private void mark(String name) throws IOException {
        tar.entry(new TarEntry(name, TarEntry.Type.FILE, "", 0600, 0, 0, 0, 0, 0, 0, 0, Map.of(), List.of()));
    }

    private static String below(String path, String name) {
        return path.isEmpty() ? name : path + "/" + name;
    }

    private void warn(String path, String text) {
        if (warnings.size() < WARNINGS_MOST) {
            warnings.add(LayerException.quoted(path) + ": " + text);
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
