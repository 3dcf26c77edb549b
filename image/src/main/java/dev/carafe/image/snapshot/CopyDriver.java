package dev.carafe.image.snapshot;

import dev.carafe.image.layer.LayerForm;
import dev.carafe.image.layer.LayerWriter;
import dev.carafe.image.layer.TreeCopy;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@link DriverKind#COPY}: a snapshot is a folder {@code root} with all of the tree. */
record CopyDriver(Kernel kernel) implements Driver {

    static final String ROOT = "root";

    @Override
    public DriverKind kind() {
        return DriverKind.COPY;
    }

    @Override
    public void fill(Fd folder, Path path, Lower lower, Preparation how) {
        kernel.files().makeDirectory(folder, ROOT, 0700);
        copy(kernel, folder, lower);
    }

    static void copy(Kernel kernel, Fd folder, Lower lower) {
        BtrfsDriver.checkCopyable(lower);
        List<Fd> opened = new ArrayList<>();
        try (Fd root = kernel.files().open(folder, ROOT, FOLDER)) {
            Driver.open(kernel, lower.folders(), opened);
            new TreeCopy(kernel, LayerForm.OVERLAY).copy(opened, root);
        } finally {
            opened.forEach(Fd::close);
        }
    }

    @Override
    public void fillView(Fd folder, Path path, Lower lower, Base base) {
        if (!(base instanceof Base.Committed)) {
            fill(folder, path, lower, Preparation.PLAIN);
        }
    }

    @Override
    public List<Mount> mounts(Path folder, Lower lower, Preparation how, Path target) {
        return List.of(Mount.bind(folder.resolve(ROOT), true, IdMaps.between(Optional.empty(), how.owners()), target));
    }

    @Override
    public List<Mount> viewMounts(Path folder, Lower lower, Snapshot snapshot, Path target) {
        Path shown = snapshot.base() instanceof Base.Committed ? lower.folders().getFirst() : folder.resolve(ROOT);
        return List.of(Mount.bind(
                shown, false, IdMaps.between(Optional.empty(), snapshot.how().owners()), target));
    }

    @Override
    public Lower above(Path folder, Lower lower, Preparation how) {
        return Lower.of(List.of(folder.resolve(ROOT)));
    }

    @Override
    public void committed(Fd folder) {
        // It is only ever mounted read-only from now on.
    }

    @Override
    public void limit(Fd folder, long bytes) {
        // The folder is limited, and what is in it with it.
    }

    @Override
    public Usage usage(Fd folder, Lower lower) {
        try (Fd root = kernel.files().open(folder, ROOT, FOLDER)) {
            return new Counting(kernel).all(root);
        }
    }

    @Override
    public LayerWriter.Written difference(Fd folder, Lower lower, Snapshot snapshot, OutputStream output)
            throws IOException {
        return Driver.difference(kernel, folder, ROOT, lower, snapshot.base(), output);
    }
}
