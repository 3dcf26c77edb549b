package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.FAILED;
import static dev.carafe.image.layer.LayerException.Kind.FORBIDDEN;
import static dev.carafe.image.layer.LayerException.Kind.UNSUPPORTED;

import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.linux.Attributes;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.TreeRemoval;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The unpacking of one layer.
 *
 * <p>Names are taken apart into components, and the kernel is only ever given one of them with the directory that has
 * it ({@link FolderPath}). A file that is there is never written through: it is removed and made anew. What is made is
 * its maker's alone until it has its owner, attributes, mode and time, in this order: a change of owner takes set-id
 * bits and capabilities away. Modes and times of directories come last of all, as what is made in them changes those.
 */
final class Unpacking implements AutoCloseable {

    private static final String WHITEOUT = ".wh.";
    /** Aufs kept what was its own under such names. All but one mean nothing to others. */
    private static final String AUFS = ".wh..wh.";

    private static final String OPAQUE = ".wh..wh..opq";

    private static final int MAKE =
            OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.EXCL | OpenFlags.NOFOLLOW | OpenFlags.NOCTTY;
    private static final int OPEN_DIRECTORY = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;
    private static final int WARNINGS_MOST = 100;
    private static final int COPY = 1 << 20;

    /** What files in a directory inherit from it; not so those of an archive, which have all that is their own. */
    private static final String INHERITED = "system.posix_acl_default";

    /** What a directory gets when all is done. */
    private record Last(int mode, long seconds, int nanos) {}

    private final LayerUnpacker unpacker;
    private final TarReader reader;
    private final Files files;
    private final Attributes attributes;
    private final Properties properties;
    private final TreeRemoval removal;
    private final LayerForm form;
    private final Fd folder;
    /** Where entries are made. */
    private final FolderPath place;
    /** Where the targets of hard links lie. */
    private final FolderPath targets;

    private final TreeMap<String, Last> directories = new TreeMap<>();
    private final TreeMap<String, byte[]> inherited = new TreeMap<>();
    private final TreeSet<String> implied = new TreeSet<>(List.of(""));
    /** Paths that this layer has or goes through: what it removes is not of them. Only for {@link LayerForm#PLAIN}. */
    private final Set<String> own = new HashSet<>();
    /** Those of them that were there before and are only gone through. */
    private final TreeSet<String> passed = new TreeSet<>();

    private final FolderPath.Missing guide = new FolderPath.Missing() {
        @Override
        public boolean make(FolderPath above, String name, @Nullable FileStatus found) {
            return imply(above, name, found);
        }

        @Override
        public boolean follows(FolderPath above, String name) {
            return isOwn(above.path(name));
        }
    };

    private final FolderPath.Missing targetGuide = new FolderPath.Missing() {
        @Override
        public boolean make(FolderPath above, String name, @Nullable FileStatus found) {
            return false;
        }

        @Override
        public boolean follows(FolderPath above, String name) {
            return isOwn(above.path(name));
        }
    };

    private final List<String> warnings = new ArrayList<>();
    private @Nullable LowerLayers lower;
    private String parent = "";
    private boolean parentIsOpen;
    private long entries;
    private long inodes;
    private boolean coversAll;

    Unpacking(LayerUnpacker unpacker, TarReader reader, Fd folder) {
        this.unpacker = unpacker;
        this.reader = reader;
        this.folder = folder;
        files = unpacker.kernel().files();
        attributes = unpacker.kernel().attributes();
        properties = new Properties(unpacker.kernel());
        removal = new TreeRemoval(unpacker.kernel());
        form = unpacker.form();
        place = new FolderPath(files, folder, unpacker.limits().depth());
        targets = new FolderPath(files, folder, unpacker.limits().depth());
    }

    Unpacked run() throws IOException {
        for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
            entries++;
            TarEntry present = entry.get();
            try {
                Failpoint.LAYER_PART_UNPACKED.reach();
                unpack(present);
            } catch (SystemCallException exception) {
                throw new LayerException(FAILED, present.name(), exception.getMessage(), exception);
            }
        }
        finishDirectories();
        reader.drain();
        return new Unpacked(
                entries,
                inodes,
                reader.bytes(),
                form.isOverlay() ? Collections.unmodifiableSortedSet(implied) : Collections.emptySortedSet(),
                coversAll,
                List.copyOf(warnings));
    }

    private void unpack(TarEntry entry) throws IOException {
        List<String> names = FolderPath.components(entry.name());
        if (names.contains("..")) {
            throw new LayerException(FORBIDDEN, entry.name(), "a name with .. in it may lead anywhere");
        }
        if (names.size() > unpacker.limits().depth()) {
            LayerLimits.check(
                    names.size(), unpacker.limits().depth(), entry.name(), "it lies " + names.size() + " names deep");
        }
        if (names.isEmpty()) {
            root(entry);
            return;
        }
        String last = names.getLast();
        List<String> above = names.subList(0, names.size() - 1);
        if (names.stream().anyMatch(name -> name.startsWith(AUFS))) {
            if (last.equals(OPAQUE) && above.stream().noneMatch(name -> name.startsWith(WHITEOUT))) {
                go(entry, above);
                cover();
            }
            return;
        }
        for (String name : above) {
            if (name.startsWith(WHITEOUT)) {
                throw new LayerException(
                        FORBIDDEN,
                        entry.name(),
                        "it lies below " + LayerException.quoted(name)
                                + ", which in a layer is not a directory but the removal of one");
            }
        }
        if (last.startsWith(WHITEOUT)) {
            String removed = last.substring(WHITEOUT.length());
            if (removed.isEmpty() || removed.equals(".") || removed.equals("..")) {
                throw new LayerException(FORBIDDEN, entry.name(), "it would remove no file but a whole directory");
            }
            go(entry, above);
            remove(entry, removed);
            return;
        }
        make(entry, above, last);
    }

    /** Goes to a directory, and makes those on the way that are missing. */
    private void go(TarEntry entry, List<String> above) {
        String wanted = String.join("/", above);
        if (parentIsOpen && wanted.equals(parent)) {
            return;
        }
        parentIsOpen = false;
        if (!place.go(above, guide)) {
            throw new LayerException(
                    FORBIDDEN, entry.name(), "what it lies in is no directory but a file of this layer");
        }
        parent = wanted;
        parentIsOpen = true;
        pass(place);
    }

    /** A directory that was there before, and is only gone through, stays as it is. */
    private void pass(FolderPath at) {
        if (form.isOverlay()) {
            return;
        }
        String path = at.path();
        keepPath(path);
        if (directories.containsKey(path)) {
            return;
        }
        passed.add(path);
        properties.attribute(at.directory(), INHERITED).ifPresent(list -> {
            inherited.put(path, list);
            attributes.remove(at.directory(), INHERITED);
        });
        FileStatus status = files.status(at.directory());
        long nanos = status.modifiedNanos();
        directories.put(path, new Last(status.mode() & 07777, Math.floorDiv(nanos, 1_000_000_000L), (int)
                Math.floorMod(nanos, 1_000_000_000L)));
    }

    /** Whether something is of this layer, and not of one below. A folder of overlayfs has nothing else. */
    private boolean isOwn(String path) {
        return form.isOverlay() || own.contains(path);
    }

    private boolean imply(FolderPath above, String name, @Nullable FileStatus found) {
        String path = above.path(name);
        boolean uncovers = found != null && form.isOverlay() && LowerLayers.isWhiteout(found);
        if (found != null && !uncovers && isOwn(path)) {
            return false;
        }
        pass(above);
        if (found != null) {
            // Removed by this layer, or a file or link of a layer below, which a directory covers.
            removal.remove(above.directory(), name);
            forget(path);
        }
        countInode(path);
        files.makeDirectory(above.directory(), name, 0700);
        owner(above.directory(), name, 0, 0, path);
        // The time of its making would differ with every unpacking.
        directories.put(path, new Last(0755, 0, 0));
        if (uncovers) {
            cover(above.directory(), name);
        } else {
            implied.add(path);
        }
        return true;
    }

    private void root(TarEntry entry) {
        if (entry.type() != TarEntry.Type.DIRECTORY) {
            throw new LayerException(FORBIDDEN, entry.name(), "the root can only be a directory");
        }
        implied.remove("");
        passed.remove("");
        files.changeOwner(folder, user(entry), group(entry));
        properties.clearAttributes(folder);
        inherited.remove("");
        attributes(folder, entry, "");
        directories.put("", last(entry));
    }

    private void make(TarEntry entry, List<String> above, String name) throws IOException {
        if (entry.type() == TarEntry.Type.HARD_LINK) {
            hardLink(entry, above, name);
            return;
        }
        if (entry.type() == TarEntry.Type.CHARACTER_DEVICE && entry.deviceMajor() == 0 && entry.deviceMinor() == 0) {
            warn(entry, "left out: a character device 0:0 is how overlayfs removes files, which is not a layer's way");
            return;
        }
        go(entry, above);
        countInode(entry.name());
        switch (entry.type()) {
            case FILE -> file(entry, name);
            case DIRECTORY -> directory(entry, name);
            case SYMBOLIC_LINK -> {
                replacing(name, () -> files.makeSymbolicLink(entry.target(), place.directory(), name));
                finishNode(entry, name);
            }
            case CHARACTER_DEVICE -> device(entry, name, FileStatus.TYPE_CHARACTER);
            case BLOCK_DEVICE -> device(entry, name, FileStatus.TYPE_BLOCK);
            case FIFO -> {
                replacing(name, () -> files.makeNode(place.directory(), name, FileStatus.TYPE_FIFO | 0600, 0));
                finishNode(entry, name);
            }
            case HARD_LINK -> throw new IllegalStateException("made above");
        }
        keep(name);
    }

    private void file(TarEntry entry, String name) throws IOException {
        Fd[] made = new Fd[1];
        replacing(name, () -> made[0] = files.open(place.directory(), name, MAKE, 0600, 0));
        try (Fd file = made[0]) {
            long end = 0;
            for (ByteBuffer part = reader.content(); part.hasRemaining(); part = reader.content()) {
                MemorySegment memory = MemorySegment.ofBuffer(part);
                files.writeAt(file, memory, reader.offset());
                end = reader.offset() + memory.byteSize();
            }
            if (end < entry.size()) {
                files.truncate(file, entry.size());
            }
            files.changeOwner(file, user(entry), group(entry));
            attributes(file, entry, "");
            files.changeMode(file, entry.mode());
            files.setTimes(file, entry.seconds(), entry.nanos());
        }
    }

    private void directory(TarEntry entry, String name) {
        String path = place.path(name);
        FileStatus found = madeDirectory(name) ? null : place.status(name);
        if (found != null && !found.isDirectory()) {
            discard(name);
            files.makeDirectory(place.directory(), name, 0700);
            if (form.isOverlay()) {
                // It was removed, or something else, and what layers below have at its place is not to come back.
                cover(place.directory(), name);
            }
        }
        files.changeOwner(place.directory(), name, user(entry), group(entry), Files.NOFOLLOW);
        boolean isMerged = found != null && found.isDirectory();
        if (isMerged || !entry.attributes().isEmpty()) {
            try (Fd directory = files.open(place.directory(), name, OPEN_DIRECTORY)) {
                if (isMerged) {
                    properties.clearAttributes(directory);
                    inherited.remove(path);
                }
                attributes(directory, entry, path);
            }
        }
        implied.remove(path);
        passed.remove(path);
        directories.put(path, last(entry));
    }

    private boolean madeDirectory(String name) {
        try {
            files.makeDirectory(place.directory(), name, 0700);
            return true;
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.EEXIST) {
                return false;
            }
            throw exception;
        }
    }

    private void device(TarEntry entry, String name, int type) {
        long number = FileStatus.device(entry.deviceMajor(), entry.deviceMinor());
        try {
            replacing(name, () -> files.makeNode(place.directory(), name, type | 0600, number));
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.EPERM) {
                throw exception;
            }
            warn(entry, "left out: only root may make devices");
            return;
        }
        finishNode(entry, name);
    }

    /** Owner, attributes, mode and time of what is not opened. */
    private void finishNode(TarEntry entry, String name) {
        Fd directory = place.directory();
        files.changeOwner(directory, name, user(entry), group(entry), Files.NOFOLLOW);
        if (!entry.attributes().isEmpty()) {
            try (Fd node = files.open(directory, name, OpenFlags.PATH | OpenFlags.NOFOLLOW)) {
                attributes(node, entry, "");
            }
        }
        if (entry.type() != TarEntry.Type.SYMBOLIC_LINK) {
            files.changeMode(directory, name, entry.mode());
        }
        files.setTimes(directory, name, entry.seconds(), entry.nanos(), Files.NOFOLLOW);
    }

    private void hardLink(TarEntry entry, List<String> above, String name) throws IOException {
        List<String> target = FolderPath.components(entry.target());
        if (target.isEmpty() || target.contains("..")) {
            throw new LayerException(
                    FORBIDDEN, entry.name(), "no file to link to: " + LayerException.quoted(entry.target()));
        }
        // First to where the link goes: what is removed on the way may have been the target's directory.
        go(entry, above);
        String targetName = target.getLast();
        FileStatus found = target(target);
        if (found == null && form.isOverlay()) {
            copyUp(entry, target);
            go(entry, above);
            found = target(target);
        }
        if (found == null || LowerLayers.isWhiteout(found)) {
            throw new LayerException(
                    FORBIDDEN, entry.name(), "there is no " + LayerException.quoted(entry.target()) + " to link to");
        }
        if (found.isDirectory()) {
            throw new LayerException(
                    FORBIDDEN,
                    entry.name(),
                    "it is a link to " + LayerException.quoted(entry.target()) + ", which is a directory");
        }
        String path = place.path(name);
        FileStatus there = place.status(name);
        if (there != null && there.inode() == found.inode() && there.device() == found.device()) {
            keep(name);
            return;
        }
        if (there != null) {
            if ((targets.path(targetName) + "/").startsWith(path + "/")) {
                throw new LayerException(FORBIDDEN, entry.name(), "it would replace the directory of what it links to");
            }
            // This forgets where the target lies, and may remove a link on the way there.
            List<String> lies = FolderPath.components(targets.path());
            discard(name);
            targets.go(lies, FolderPath.Missing.STAYS);
        }
        // The attributes in its header are those that the file has already.
        files.link(targets.directory(), targetName, place.directory(), name, false);
        keep(name);
    }

    /** Goes to where a hard link's target lies, and looks at it; null if it is not there. */
    private @Nullable FileStatus target(List<String> target) {
        return targets.go(target.subList(0, target.size() - 1), targetGuide) ? targets.status(target.getLast()) : null;
    }

    /** Copies a file of a layer below to its place in this one, so that it can have another name here. */
    private void copyUp(TarEntry entry, List<String> target) {
        LowerLayers below = lower;
        if (below == null) {
            below = new LowerLayers(unpacker.kernel(), form, unpacker.lower().get());
            lower = below;
        }
        Optional<Boolean> _ =
                below.find(target, (directory, name, status) -> copyUp(entry, target, directory, name, status));
    }

    private boolean copyUp(TarEntry entry, List<String> target, Fd directory, String name, FileStatus status) {
        if (!status.isRegular()) {
            throw new LayerException(
                    UNSUPPORTED,
                    entry.name(),
                    "it is a link to " + LayerException.quoted(entry.target())
                            + " of a layer below, which is no regular file");
        }
        go(entry, target.subList(0, target.size() - 1));
        countInode(entry.name());
        try (Fd from = files.open(
                        directory,
                        name,
                        OpenFlags.RDONLY | OpenFlags.NOFOLLOW | OpenFlags.NONBLOCK | OpenFlags.NOCTTY);
                Fd to = files.open(place.directory(), name, MAKE, 0600, 0)) {
            copyContent(from, to, status.size());
            properties.copy(from, status, to);
        }
        keep(name);
        return true;
    }

    private void copyContent(Fd from, Fd to, long size) {
        try {
            files.copyRange(from, to, size);
            return;
        } catch (SystemCallException exception) {
            switch (exception.errno()) {
                case EXDEV, EINVAL, EOPNOTSUPP, ENOSYS -> {}
                default -> throw exception;
            }
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(COPY);
            long at = 0;
            for (long got = files.readAt(from, at, memory); got > 0; got = files.readAt(from, at, memory)) {
                files.writeAt(to, memory.asSlice(0, got), at);
                at += got;
            }
        }
    }

    /** Removes a name of the layers below. */
    private void remove(TarEntry entry, String name) {
        FileStatus found = place.status(name);
        if (form == LayerForm.PLAIN) {
            if (found != null) {
                removeForeign(place.directory(), place.path(name), name, found);
            }
            return;
        }
        if (found == null) {
            countInode(entry.name());
            files.makeNode(place.directory(), name, FileStatus.TYPE_CHARACTER, 0);
        } else if (found.isDirectory()) {
            cover(place.directory(), name);
            implied.remove(place.path(name));
        }
    }

    /** Has the present directory cover what the layers below have at its place. */
    private void cover() {
        if (form == LayerForm.PLAIN) {
            Fd directory = place.directory();
            for (String name : files.list(directory)) {
                FileStatus found = place.status(name);
                if (found != null) {
                    removeForeign(directory, place.path(name), name, found);
                }
            }
        } else if (place.path().isEmpty()) {
            coversAll = true;
        } else {
            mark(place.directory());
        }
    }

    private void cover(Fd parent, String name) {
        try (Fd directory = files.open(parent, name, OPEN_DIRECTORY)) {
            mark(directory);
        }
    }

    private void mark(Fd directory) {
        attributes.set(directory, form.opaqueMark(), LowerLayers.YES, 0);
    }

    /** Removes what is not this layer's. */
    private void removeForeign(Fd parent, String path, String name, FileStatus found) {
        if (!own.contains(path)) {
            removal.remove(parent, name);
            forget(path);
        } else if (found.isDirectory()) {
            try (Fd directory = files.open(parent, name, OPEN_DIRECTORY)) {
                if (passed.remove(path) || !directories.containsKey(path)) {
                    startAnew(directory, path);
                }
                for (String below : files.list(directory)) {
                    removeForeign(directory, path + "/" + below, below, files.status(directory, below, Files.NOFOLLOW));
                }
            }
        }
    }

    /** What was there is removed, and what this layer has in it lies in a directory that nobody has described. */
    private void startAnew(Fd directory, String path) {
        properties.clearAttributes(directory);
        inherited.remove(path);
        files.changeOwner(
                directory, unpacker.owners().user(0, path), unpacker.owners().group(0, path));
        directories.put(path, new Last(0755, 0, 0));
    }

    /** Makes something under a name, after removing what has it. */
    private void replacing(String name, Runnable make) {
        try {
            make.run();
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.EEXIST) {
                throw exception;
            }
            discard(name);
            make.run();
        }
    }

    private void discard(String name) {
        removal.remove(place.directory(), name);
        forget(place.path(name));
    }

    /** A directory may be gone, and all that was known of it. */
    private void forget(String path) {
        targets.leave(0);
        directories.remove(path);
        directories.subMap(path + "/", path + "0").clear();
        inherited.remove(path);
        inherited.subMap(path + "/", path + "0").clear();
        implied.remove(path);
        implied.subSet(path + "/", path + "0").clear();
        passed.remove(path);
        passed.subSet(path + "/", path + "0").clear();
    }

    private void keep(String name) {
        if (!form.isOverlay()) {
            keepPath(place.path(name));
        }
    }

    private void keepPath(String path) {
        String kept = path;
        while (own.add(kept) && kept.contains("/")) {
            kept = kept.substring(0, kept.lastIndexOf('/'));
        }
    }

    /** @param path of a directory */
    private void attributes(Fd file, TarEntry entry, String path) {
        for (Map.Entry<String, byte[]> attribute : entry.attributes().entrySet()) {
            String name = attribute.getKey();
            if (Properties.isOverlayMark(name)) {
                warn(
                        entry,
                        "its attribute " + LayerException.quoted(name)
                                + " is left out: it is how overlayfs works, not a layer's");
            } else if (name.equals(INHERITED) && entry.type() == TarEntry.Type.DIRECTORY) {
                inherited.put(path, AccessList.mapped(name, attribute.getValue(), unpacker.owners(), entry.name()));
            } else if (!Properties.isLabel(name)) {
                attribute(file, entry, name, attribute.getValue());
            }
        }
    }

    private void attribute(Fd file, TarEntry entry, String name, byte[] value) {
        try {
            attributes.set(file, name, AccessList.mapped(name, value, unpacker.owners(), entry.name()), 0);
        } catch (SystemCallException exception) {
            boolean isIgnored = exception.errno() == Errno.EPERM
                    && name.startsWith("user.")
                    && entry.type() != TarEntry.Type.FILE
                    && entry.type() != TarEntry.Type.DIRECTORY;
            if (isIgnored) {
                return;
            }
            if (exception.errno() != Errno.EOPNOTSUPP && exception.errno() != Errno.EPERM) {
                throw exception;
            }
            warn(
                    entry,
                    "its attribute " + LayerException.quoted(name) + " is left out: "
                            + exception.errno().description());
        }
    }

    private void finishDirectories() {
        // Those deep down first: a directory that is closed to its owner is closed to those who are not root.
        List<Map.Entry<String, Last>> order =
                new ArrayList<>(directories.descendingMap().entrySet());
        for (Map.Entry<String, Last> entry : order) {
            String path = entry.getKey();
            try {
                if (place.go(FolderPath.components(path), FolderPath.Missing.STAYS)) {
                    finish(place.directory(), entry.getValue(), inherited.get(path));
                }
            } catch (SystemCallException exception) {
                throw new LayerException(FAILED, path, exception.getMessage(), exception);
            }
        }
    }

    private void finish(Fd directory, Last last, byte @Nullable [] list) {
        if (list != null) {
            try {
                attributes.set(directory, INHERITED, list, 0);
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.EOPNOTSUPP) {
                    throw exception;
                }
                warn(place.path(), "its attribute " + INHERITED + " is left out: the file system has no such lists");
            }
        }
        files.changeMode(directory, last.mode());
        files.setTimes(directory, last.seconds(), last.nanos());
    }

    private static Last last(TarEntry entry) {
        return new Last(entry.mode(), entry.seconds(), entry.nanos());
    }

    private void owner(Fd parent, String name, long uid, long gid, String entry) {
        files.changeOwner(
                parent,
                name,
                unpacker.owners().user(uid, entry),
                unpacker.owners().group(gid, entry),
                Files.NOFOLLOW);
    }

    private int user(TarEntry entry) {
        return unpacker.owners().user(entry.uid(), entry.name());
    }

    private int group(TarEntry entry) {
        return unpacker.owners().group(entry.gid(), entry.name());
    }

    private void countInode(String entry) {
        inodes++;
        LayerLimits.check(inodes, unpacker.limits().inodes(), entry, "this is file " + inodes + " of the layer");
    }

    private void warn(TarEntry entry, String text) {
        warn(entry.name(), text);
    }

    private void warn(String name, String text) {
        if (warnings.size() < WARNINGS_MOST) {
            warnings.add(LayerException.quoted(name) + ": " + text);
        }
    }

    @Override
    public void close() {
        place.close();
        targets.close();
    }
}
