package dev.carafe.image.snapshot;

import dev.carafe.image.layer.LayerForm;
import dev.carafe.image.layer.LayerWriter;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the kinds of drivers do each in their way, in a folder that is one snapshot's. Who may call what when, and what
 * becomes of that if the process ends in between, is {@link Snapshots}' business.
 */
sealed interface Driver permits OverlayDriver, BtrfsDriver, CopyDriver {

    int FOLDER = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;

    static Driver of(Kernel kernel, DriverKind kind) {
        return switch (kind) {
            case OVERLAY -> new OverlayDriver(kernel);
            case BTRFS -> new BtrfsDriver(kernel);
            case COPY -> new CopyDriver(kernel);
        };
    }

    DriverKind kind();

    /** Whether those of an image stand on one tree that is made of its layers first. */
    default boolean wantsGround() {
        return kind() == DriverKind.BTRFS;
    }

    /** Makes what a snapshot consists of that is to take changes. */
    void fill(Fd folder, Path path, Lower lower, Preparation how);

    /** Likewise one that is not. */
    void fillView(Fd folder, Path path, Lower lower, Base base);

    List<Mount> mounts(Path folder, Lower lower, Preparation how, Path target);

    List<Mount> viewMounts(Path folder, Lower lower, Snapshot snapshot, Path target);

    /** What others stand on who stand on this one. */
    Lower above(Path folder, Lower lower, Preparation how);

    /** Is told that a snapshot takes no changes any more; called again if that was interrupted. */
    void committed(Fd folder);

    /** Limits what a snapshot takes that has been filled, if that is not done by its folder. */
    void limit(Fd folder, long bytes);

    Usage usage(Fd folder, Lower lower);

    /** Writes what has been changed as a layer. */
    LayerWriter.Written difference(Fd folder, Lower lower, Snapshot snapshot, OutputStream output) throws IOException;

    /** Opens folders; whoever has them opened closes what is in the list, whatever happens. */
    static void open(Kernel kernel, List<Path> folders, List<Fd> opened) {
        for (Path folder : folders) {
            opened.add(kernel.files().open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY));
        }
    }

    /** What a tree of one folder has other than what it stands on. */
    static LayerWriter.Written difference(
            Kernel kernel, Fd folder, String tree, Lower lower, Base base, OutputStream output) throws IOException {
        List<Fd> before = new ArrayList<>();
        try (Fd root = kernel.files().open(folder, tree, FOLDER)) {
            if (!(base instanceof Base.Nothing)) {
                open(kernel, lower.folders(), before);
            }
            return LayerWriter.of(kernel, LayerForm.OVERLAY).difference(before, List.of(root), output);
        } finally {
            before.forEach(Fd::close);
        }
    }
}
