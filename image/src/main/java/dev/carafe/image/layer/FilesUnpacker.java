package dev.carafe.image.layer;

import static dev.carafe.image.error.ImageException.Kind.CONFLICT;
import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts what is in an archive among files that are there, while others may be at work on them. Both may mean harm.
 *
 * <p>All stays beneath the folder: names are taken apart, and the kernel gets one at a time with the directory that has
 * it ({@link FolderPath}), without following any link, wherever that comes from. A file that is there is not written
 * through but replaced; a file never replaces a directory, nor the other way round. No name has a meaning of its own, as
 * those have in layers. The folder itself stays as it is.
 */
public final class FilesUnpacker {

    private static final int MAKE =
            OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.EXCL | OpenFlags.NOFOLLOW | OpenFlags.NOCTTY;
    private static final int OPEN_DIRECTORY = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;
    private static final int SET_ID = 06000;

    /**
     * What files get of what the archive says of them.
     *
     * @param owners their users and groups; else they are their maker's
     * @param rights what gives rights to whoever reaches them: device numbers, capabilities, and set-id bits where the
     *     owner is the one that they are of
     */
    public record Keeping(boolean owners, boolean rights) {}

    /** What a directory gets when all is done. */
    private record Last(int mode, long seconds, int nanos) {}

    /** No link is followed, and what is in a directory's place stays. */
    private final FolderPath.Missing guide = new FolderPath.Missing() {
        @Override
        public boolean make(FolderPath above, String name, @Nullable FileStatus found) {
            if (found != null) {
                return false;
            }
            files().makeDirectory(above.directory(), name, 0755);
            countInode(above.path(name));
            return true;
        }

        @Override
        public boolean follows(FolderPath above, String name) {
            return false;
        }
    };

    private final Kernel kernel;
    private final Files files;
    private final LayerLimits limits;
    private final Keeping keeping;
    private final TarReader reader;
    private final FolderPath place;
    private final FolderPath targets;
    private final TreeMap<String, Last> directories = new TreeMap<>();
    private final Warnings warnings = new Warnings();
    private String checked = "";
    private long inodes;

    private FilesUnpacker(Kernel kernel, Keeping keeping, LayerLimits limits, InputStream tar, Fd folder) {
        this.kernel = kernel;
        this.keeping = keeping;
        this.limits = limits;
        files = kernel.files();
        reader = new TarReader(Chunks.of(tar), limits);
        place = new FolderPath(files, folder, limits.depth());
        targets = new FolderPath(files, folder, limits.depth());
    }

    /**
     * Unpacks an archive.
     *
     * @param tar uncompressed; read to its end, and not closed
     * @param folder open for reading or as a place
     * @return what was left out, one line each; only the first ones
     * @throws ImageException {@link ImageException.Kind#INVALID} if the archive makes no sense, is too much, or leads
     *     out; conflict if what is there is in the way; denied if the machine refuses. What was unpacked by then stays.
     */
    public static List<String> unpack(Kernel kernel, InputStream tar, Fd folder, Keeping keeping, LayerLimits limits)
            throws IOException {
        var unpacker = new FilesUnpacker(kernel, keeping, limits, tar, folder);
        try {
            unpacker.check("");
            unpacker.run();
            return unpacker.warnings.lines();
        } catch (LayerException exception) {
            throw new ImageException(
                    exception.kind() == LayerException.Kind.FAILED ? FAILED : INVALID,
                    "cannot unpack the archive: " + exception.getMessage(),
                    exception);
        } finally {
            unpacker.place.close();
            unpacker.targets.close();
        }
    }

    private Files files() {
        return files;
    }

    private void run() throws IOException {
        for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
            try {
                unpack(entry.get());
            } catch (SystemCallException exception) {
                throw FilesWriter.failed("write", entry.get().name(), exception);
            }
        }
        finishDirectories();
        reader.drain();
    }

    private void unpack(TarEntry entry) throws IOException {
        List<String> names = names(entry.name());
        if (names.isEmpty()) {
            if (entry.type() != TarEntry.Type.DIRECTORY) {
                throw new ImageException(INVALID, "the archive's entry " + quoted(entry.name()) + " has no name");
            }
            return; // the folder, which stays as it is
        }
        String name = names.getLast();
        go(entry, names.subList(0, names.size() - 1));
        if (entry.type() == TarEntry.Type.HARD_LINK) {
            hardLink(entry, name);
            return;
        }
        countInode(entry.name());
        switch (entry.type()) {
            case FILE -> file(entry, name);
            case DIRECTORY -> directory(entry, name);
            case SYMBOLIC_LINK -> {
                clear(entry, name);
                files.makeSymbolicLink(entry.target(), place.directory(), name);
                finishNode(entry, name);
            }
            case CHARACTER_DEVICE -> device(entry, name, FileStatus.TYPE_CHARACTER);
            case BLOCK_DEVICE -> device(entry, name, FileStatus.TYPE_BLOCK);
            default -> {
                clear(entry, name);
                files.makeNode(place.directory(), name, FileStatus.TYPE_FIFO | 0600, 0);
                finishNode(entry, name);
            }
        }
    }

    private static List<String> names(String path) {
        List<String> names = FolderPath.components(path);
        if (names.contains("..")) {
            throw new ImageException(
                    INVALID, "the archive's entry " + quoted(path) + ": a name with .. in it may lead anywhere");
        }
        return names;
    }

    private void go(TarEntry entry, List<String> above) {
        if (!place.go(above, guide)) {
            throw new ImageException(
                    CONFLICT,
                    "cannot write " + quoted(entry.name()) + ": " + quoted(String.join("/", above))
                            + " is or goes through a link or file, and links are not followed; copy to where it leads");
        }
        String path = place.path();
        if (!path.equals(checked)) {
            check(path);
            checked = path;
        }
    }

    /** What is made there are no files, but orders to the kernel. */
    private void check(String path) {
        if (FilesWriter.isKernels(files, place.directory())) {
            throw new ImageException(
                    CONFLICT,
                    "cannot write to " + quoted(path.isEmpty() ? "." : path)
                            + ": what is there is the kernel's, and no files");
        }
    }

    /** Makes room for what is no directory. */
    private void clear(TarEntry entry, String name) {
        FileStatus found = place.status(name);
        if (found == null) {
            return;
        }
        if (found.isDirectory()) {
            throw new ImageException(CONFLICT, "cannot overwrite the directory " + shown(entry) + " with what is none");
        }
        files.unlink(place.directory(), name, 0);
    }

    private void file(TarEntry entry, String name) throws IOException {
        clear(entry, name);
        try (Fd file = files.open(place.directory(), name, MAKE, 0600, 0)) {
            long end = 0;
            for (ByteBuffer part = reader.content(); part.hasRemaining(); part = reader.content()) {
                MemorySegment memory = MemorySegment.ofBuffer(part);
                files.writeAt(file, memory, reader.offset());
                end = reader.offset() + memory.byteSize();
            }
            if (end < entry.size()) {
                files.truncate(file, entry.size());
            }
            if (keeping.owners()) {
                files.changeOwner(file, user(entry), group(entry));
            }
            attributes(file, entry);
            files.changeMode(file, mode(entry));
            files.setTimes(file, entry.seconds(), entry.nanos());
        }
    }

    private void directory(TarEntry entry, String name) {
        FileStatus found = place.status(name);
        if (found != null && !found.isDirectory()) {
            throw new ImageException(
                    CONFLICT, "cannot overwrite " + shown(entry) + ", which is no directory, with a directory");
        }
        if (found == null) {
            files.makeDirectory(place.directory(), name, 0700);
        }
        try (Fd directory = files.open(place.directory(), name, OPEN_DIRECTORY)) {
            if (keeping.owners()) {
                files.changeOwner(directory, user(entry), group(entry));
            }
            attributes(directory, entry);
        }
        directories.put(place.path(name), new Last(mode(entry), entry.seconds(), entry.nanos()));
    }

    private void device(TarEntry entry, String name, int type) {
        if (!keeping.rights()) {
            warnings.add(entry.name(), "left out: it is a device, which whoever reaches it could use");
            return;
        }
        clear(entry, name);
        files.makeNode(
                place.directory(), name, type | 0600, FileStatus.device(entry.deviceMajor(), entry.deviceMinor()));
        finishNode(entry, name);
    }

    /** Owner, attributes, mode and time of what is not opened. */
    private void finishNode(TarEntry entry, String name) {
        Fd directory = place.directory();
        try (Fd node = files.open(directory, name, OpenFlags.PATH | OpenFlags.NOFOLLOW)) {
            if (keeping.owners()) {
                files.changeOwner(node, "", user(entry), group(entry), Files.EMPTY_PATH);
            }
            attributes(node, entry);
            if (entry.type() != TarEntry.Type.SYMBOLIC_LINK) {
                // By what was made, as its name may stand for a link by now.
                files.changeMode(Fd.CWD, "/proc/self/fd/" + node.number(), mode(entry));
            }
        }
        files.setTimes(directory, name, entry.seconds(), entry.nanos(), Files.NOFOLLOW);
    }

    private void hardLink(TarEntry entry, String name) {
        List<String> target = names(entry.target());
        FileStatus found =
                !target.isEmpty() && targets.go(target.subList(0, target.size() - 1), FolderPath.Missing.STAYS)
                        ? targets.status(target.getLast())
                        : null;
        if (found == null || found.isDirectory()) {
            throw new ImageException(
                    INVALID,
                    "the archive's entry " + quoted(entry.name()) + ": there is no file " + quoted(entry.target())
                            + " to link to");
        }
        FileStatus there = place.status(name);
        if (there != null && there.inode() == found.inode() && there.device() == found.device()) {
            return;
        }
        clear(entry, name);
        files.link(targets.directory(), target.getLast(), place.directory(), name, false);
    }

    private static int user(TarEntry entry) {
        return Owners.same().user(entry.uid(), entry.name());
    }

    private static int group(TarEntry entry) {
        return Owners.same().group(entry.gid(), entry.name());
    }

    private int mode(TarEntry entry) {
        boolean own = keeping.owners() || (entry.uid() == 0 && entry.gid() == 0);
        return keeping.rights() && own ? entry.mode() : entry.mode() & ~SET_ID;
    }

    private void attributes(Fd file, TarEntry entry) {
        for (Map.Entry<String, byte[]> attribute : entry.attributes().entrySet()) {
            String name = attribute.getKey();
            if (!Properties.isContent(name) || (!keeping.rights() && !name.startsWith("user."))) {
                continue;
            }
            try {
                kernel.attributes().set(file, name, attribute.getValue(), 0);
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.EOPNOTSUPP && exception.errno() != Errno.EPERM) {
                    throw exception;
                }
                warnings.add(
                        entry.name(),
                        "its attribute " + quoted(name) + " is left out: "
                                + exception.errno().description());
            }
        }
    }

    /** Those deep down first, as a directory's mode may close it, and what is made in it changes its time. */
    private void finishDirectories() {
        for (Map.Entry<String, Last> entry : directories.descendingMap().entrySet()) {
            Last last = entry.getValue();
            try {
                if (place.go(FolderPath.components(entry.getKey()), FolderPath.Missing.STAYS)) {
                    files.changeMode(place.directory(), last.mode());
                    files.setTimes(place.directory(), last.seconds(), last.nanos());
                }
            } catch (SystemCallException exception) {
                throw FilesWriter.failed("write", entry.getKey(), exception);
            }
        }
    }

    private void countInode(String entry) {
        inodes++;
        LayerLimits.check(inodes, limits.inodes(), entry, "this is file " + inodes + " of the archive");
    }

    private static String shown(TarEntry entry) {
        return quoted(String.join("/", FolderPath.components(entry.name())));
    }

    private static String quoted(String name) {
        return LayerException.quoted(name);
    }
}
