package dev.carafe.image.snapshot;

import static dev.carafe.image.error.ImageException.Kind.UNAVAILABLE;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.LayerForm;
import dev.carafe.image.layer.LayerWriter;
import dev.carafe.image.layer.Owners;
import dev.carafe.image.layer.TreeCopy;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@link DriverKind#OVERLAY}: a snapshot is a folder {@code upper} with what was changed, and {@code work} beside it. */
record OverlayDriver(Kernel kernel) implements Driver {

    private static final String UPPER = "upper";
    private static final String WORK = "work";

    /** Folders of one parent that need the same of a mount. */
    private record Group(Path parent, Owners.Mapped ids) {}

    @Override
    public DriverKind kind() {
        return DriverKind.OVERLAY;
    }

    @Override
    public void fill(Fd folder, Path path, Lower lower, Preparation how) {
        if (how.owners().isPresent() && lower.view().isPresent()) {
            throw new ImageException(
                    UNAVAILABLE,
                    "a view of this machine's own system cannot be had with other ids: the files of others that are"
                            + " mounted in it have theirs");
        }
        Files files = kernel.files();
        files.makeDirectory(folder, UPPER, 0700);
        files.makeDirectory(folder, WORK, 0700);
        // The top of a joined tree is that of the uppermost folder.
        try (Fd upper = files.open(folder, UPPER, FOLDER);
                Fd top = files.open(
                        Fd.CWD, lower.folders().getFirst().toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            new TreeCopy(kernel, LayerForm.OVERLAY).properties(top, upper);
            Optional<Owners.Mapped> stored = lower.layers().isEmpty()
                    ? Optional.empty()
                    : lower.layers().getFirst().owners();
            IdMaps.between(stored, how.owners()).ifPresent(ids -> own(upper, ids));
        }
    }

    private void own(Fd upper, Owners.Mapped ids) {
        FileStatus status = kernel.files().status(upper);
        kernel.files()
                .changeOwner(
                        upper,
                        ids.user(Integer.toUnsignedLong(status.uid()), ""),
                        ids.group(Integer.toUnsignedLong(status.gid()), ""));
    }

    @Override
    public void fillView(Fd folder, Path path, Lower lower, Base base) {
        // All that it shows lies elsewhere.
    }

    @Override
    public List<Mount> mounts(Path folder, Lower lower, Preparation how, Path target) {
        List<Mount> mounts = new ArrayList<>(idMaps(folder, lower, how.owners()));
        mounts.addAll(new WritableRoot(files(lower), folder.resolve(UPPER), folder.resolve(WORK)).mounts(target));
        return mounts;
    }

    /** A file system joined of others has no ids of its own: those of each folder below are mapped, over itself. */
    private static List<Mount> idMaps(Path snapshot, Lower lower, Optional<Owners.Mapped> wanted) {
        Map<Group, List<Path>> groups = new LinkedHashMap<>();
        for (Lower.Layer layer : lower.layers()) {
            Path folder = layer.folder();
            Path parent = folder.getParent();
            // Layers of the store share theirs, so that one mount does for all.
            Path at = parent == null || snapshot.startsWith(parent) ? folder : parent;
            IdMaps.between(layer.owners(), wanted)
                    .ifPresent(ids -> groups.computeIfAbsent(new Group(at, ids), any -> new ArrayList<>())
                            .add(folder));
        }
        List<Mount> mounts = new ArrayList<>();
        groups.forEach((group, folders) -> {
            Path folder = folders.size() > 1 ? group.parent : folders.getFirst();
            mounts.add(Mount.bind(folder, false, Optional.of(group.ids), folder));
        });
        return mounts;
    }

    private static RootFileSystem files(Lower lower) {
        List<Path> layers = lower.layers().stream().map(Lower.Layer::folder).toList();
        if (lower.view().isEmpty()) {
            return About.tree(layers);
        }
        RootFileSystem.View view = lower.view().get();
        List<Path> covers = new ArrayList<>(layers);
        covers.addAll(view.covers());
        return new RootFileSystem.View(covers, view.base(), view.attachmentPoint());
    }

    @Override
    public List<Mount> viewMounts(Path folder, Lower lower, Snapshot snapshot, Path target) {
        RootFileSystem files = files(lower);
        Optional<Owners.Mapped> wanted = snapshot.how().owners();
        if (files instanceof RootFileSystem.Directory(Path only)) {
            Optional<Owners.Mapped> stored = lower.layers().getFirst().owners();
            return List.of(Mount.bind(only, false, IdMaps.between(stored, wanted), target));
        }
        List<Mount> mounts = new ArrayList<>(idMaps(folder, lower, wanted));
        mounts.addAll(WritableRoot.readOnly(files, target));
        return mounts;
    }

    @Override
    public Lower above(Path folder, Lower lower, Preparation how) {
        return lower.with(new Lower.Layer(folder.resolve(UPPER), how.owners()));
    }

    @Override
    public void committed(Fd folder) {
        new dev.carafe.linux.TreeRemoval(kernel).remove(folder, WORK);
    }

    @Override
    public void limit(Fd folder, long bytes) {
        // The folder is limited, and what is in it with it.
    }

    @Override
    public Usage usage(Fd folder, Lower lower) {
        try (Fd upper = kernel.files().open(folder, UPPER, FOLDER)) {
            return new Counting(kernel).all(upper);
        }
    }

    @Override
    public LayerWriter.Written difference(Fd folder, Lower lower, Snapshot snapshot, OutputStream output)
            throws IOException {
        Owners owners = snapshot.how().owners().<Owners>map(it -> it).orElseGet(Owners::same);
        try (Fd upper = kernel.files().open(folder, UPPER, FOLDER)) {
            return new LayerWriter(kernel, LayerForm.OVERLAY, owners).upper(upper, output);
        }
    }
}
