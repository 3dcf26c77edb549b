package dev.carafe.engine;

import dev.carafe.engine.options.InstanceMount;
import dev.carafe.image.snapshot.Mount;
import dev.carafe.image.snapshot.Mounter;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Mounts;
import dev.carafe.linux.Namespace;
import dev.carafe.linux.Namespaces;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * The files of an instance that does not run, mounted with its volumes and binds where nobody else sees them: in a mount
 * namespace that has no process, and ends when this closes. What it has in memory only is not there.
 */
final class StoppedRoot implements AutoCloseable {

    private static final int CONFINED = OpenFlags.RESOLVE_IN_ROOT | OpenFlags.RESOLVE_NO_MAGICLINKS;

    private final Fd root;
    private final Fd namespace;

    private StoppedRoot(Fd root, Fd namespace) {
        this.root = root;
        this.namespace = namespace;
    }

    /** What is mounted at a place. */
    private record Wanted(
            String target, String source, String below, int flags, boolean readOnly, boolean allReadOnly) {}

    /**
     * Mounts them. The instance's lock is held, and is to be held until this closes.
     */
    static StoppedRoot mount(Parts parts, InstanceMaker maker, InstanceFolder folder, InstanceRecord record) {
        Changes changes = maker.changes(record);
        Path place = folder.path().resolve(InstanceFolder.ROOT);
        List<Mount> mounts = changes.mounts(place);
        List<Wanted> wanted = record.options().storage().mounts().stream()
                .filter(it -> !(it instanceof InstanceMount.Tmpfs))
                .sorted(Comparator.comparingInt(
                        it -> (int) it.target().chars().filter(c -> c == '/').count()))
                .map(it -> wanted(parts, record, changes, it))
                .toList();
        boolean readOnly = record.options().storage().readOnlyRoot();
        return Namespaces.onOwnThread(() -> mount(parts.kernel(), mounts, place, wanted, readOnly));
    }

    private static Wanted wanted(Parts parts, InstanceRecord record, Changes changes, InstanceMount mount) {
        return switch (mount) {
            case InstanceMount.Bind bind -> {
                boolean submounts = bind.submounts() != InstanceMount.Submounts.LEFT_OUT;
                yield new Wanted(
                        bind.target(),
                        bind.source(),
                        "",
                        submounts ? Mounts.TREE_CLONE | Mounts.RECURSIVE : Mounts.TREE_CLONE,
                        bind.readOnly(),
                        bind.submounts() == InstanceMount.Submounts.INCLUDED);
            }
            case InstanceMount.Volume volume ->
                new Wanted(
                        volume.target(),
                        parts.volumes()
                                .ready(
                                        volume,
                                        changes.files(),
                                        !record.options().policies().autoRemove())
                                .toString(),
                        volume.subpath().orElse(""),
                        Mounts.TREE_CLONE,
                        volume.readOnly(),
                        false);
            case InstanceMount.Tmpfs tmpfs -> throw new IllegalArgumentException("in memory only: " + tmpfs.target());
        };
    }

    private static StoppedRoot mount(
            Kernel kernel, List<Mount> mounts, Path place, List<Wanted> wanted, boolean readOnly) {
        kernel.namespaces().unshare(Set.of(Namespace.MOUNT));
        kernel.mounts().mount("", "/", "", Mounts.MS_REC | Mounts.MS_PRIVATE, "");
        Mounter.of(kernel).mount(mounts);
        Fd root = kernel.files().open(Fd.CWD, place.toString(), OpenFlags.PATH | OpenFlags.DIRECTORY);
        try {
            wanted.forEach(it -> add(kernel, root, it));
            if (readOnly) {
                kernel.mounts().setAttributes(root, 0, Mounts.ATTR_RDONLY, 0, 0);
            }
            // Mounts below the root stay there only as long as their namespace.
            return new StoppedRoot(root, kernel.namespaces().openOwn(Namespace.MOUNT));
        } catch (RuntimeException exception) {
            root.close();
            throw exception;
        }
    }

    private static void add(Kernel kernel, Fd root, Wanted wanted) {
        Mounts mounts = kernel.mounts();
        try (Fd source = source(kernel.files(), wanted);
                Fd tree = mounts.openTree(source, "", wanted.flags() | Files.EMPTY_PATH);
                Fd target = target(
                        kernel.files(), root, wanted.target(), kernel.files().status(source))) {
            if (wanted.readOnly()) {
                mounts.setAttributes(tree, wanted.allReadOnly() ? Mounts.RECURSIVE : 0, Mounts.ATTR_RDONLY, 0, 0);
            }
            mounts.move(tree, target);
        } catch (SystemCallException exception) {
            throw new EngineException(
                    exception.errno() == Errno.ENOENT ? EngineException.Kind.NOT_FOUND : EngineException.Kind.FAILED,
                    "the mount on " + wanted.target() + ": " + wanted.source() + ": "
                            + exception.errno().description());
        }
    }

    private static Fd source(Files files, Wanted wanted) {
        Fd whole = files.open(Fd.CWD, wanted.source(), OpenFlags.PATH);
        if (wanted.below().isEmpty()) {
            return whole;
        }
        try (whole) {
            return files.open(whole, wanted.below(), OpenFlags.PATH, 0, CONFINED);
        }
    }

    /** Opens what a mount goes on, and makes what is missing of it, as its start would. */
    private static Fd target(Files files, Fd root, String path, FileStatus source) {
        for (int slash = path.indexOf('/', 1); ; slash = path.indexOf('/', slash + 1)) {
            boolean last = slash < 0;
            String part = last ? path : path.substring(0, slash);
            if (!exists(files, root, part)) {
                int above = part.lastIndexOf('/');
                try (Fd parent = files.open(
                        root,
                        above == 0 ? "/" : part.substring(0, above),
                        OpenFlags.PATH | OpenFlags.DIRECTORY,
                        0,
                        CONFINED)) {
                    String name = part.substring(above + 1);
                    if (last && !source.isDirectory()) {
                        files.makeNode(parent, name, FileStatus.TYPE_REGULAR | 0644, 0);
                    } else {
                        files.makeDirectory(parent, name, 0755);
                    }
                }
            }
            if (last) {
                return files.open(root, path, OpenFlags.PATH, 0, CONFINED);
            }
        }
    }

    private static boolean exists(Files files, Fd root, String path) {
        try {
            files.open(root, path, OpenFlags.PATH, 0, CONFINED).close();
            return true;
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return false;
            }
            throw exception;
        }
    }

    /** Closed with this. */
    Fd root() {
        return root;
    }

    @Override
    public void close() {
        root.close();
        namespace.close();
    }
}
