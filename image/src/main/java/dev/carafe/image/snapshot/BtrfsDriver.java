package dev.carafe.image.snapshot;

import static dev.carafe.image.error.ImageException.Kind.UNAVAILABLE;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.LayerWriter;
import dev.carafe.linux.Btrfs;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * {@link DriverKind#BTRFS}: a snapshot is a subvolume {@code root} with all of the tree. Subvolumes that are made in it
 * stay out of what is made of it.
 */
record BtrfsDriver(Kernel kernel) implements Driver {

    static final String ROOT = "root";

    @Override
    public DriverKind kind() {
        return DriverKind.BTRFS;
    }

    /** Of a whole machine only overlayfs can make a tree. */
    static void checkCopyable(Lower lower) {
        if (lower.view().isPresent()) {
            throw new ImageException(
                    UNAVAILABLE,
                    "a view of " + lower.view().get().base()
                            + " takes the driver overlay: another one would have to copy all of it");
        }
    }

    @Override
    public void fill(Fd folder, Path path, Lower lower, Preparation how) {
        checkCopyable(lower);
        try (Fd below = kernel.files()
                .open(Fd.CWD, lower.folders().getFirst().toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            boolean whole =
                    lower.folders().size() == 1 && kernel.files().status(below).inode() == Btrfs.TOP_INODE;
            if (whole) {
                kernel.btrfs().snapshot(below, folder, ROOT);
                unlimit(folder);
                return;
            }
        }
        kernel.btrfs().makeSubvolume(folder, ROOT);
        CopyDriver.copy(kernel, folder, lower);
    }

    /** A copy is limited as its original was. */
    private void unlimit(Fd folder) {
        try (Fd root = kernel.files().open(folder, ROOT, FOLDER)) {
            kernel.btrfs().limitExclusive(root, Btrfs.UNLIMITED);
        } catch (SystemCallException exception) {
            // Where nothing is counted, nothing is limited.
            if (exception.errno() != Errno.ENOTCONN && exception.errno() != Errno.ENOENT) {
                throw exception;
            }
        }
    }

    @Override
    public void fillView(Fd folder, Path path, Lower lower, Base base) {
        // What it stands on is what it shows.
    }

    @Override
    public List<Mount> mounts(Path folder, Lower lower, Preparation how, Path target) {
        return List.of(Mount.bind(folder.resolve(ROOT), true, IdMaps.between(Optional.empty(), how.owners()), target));
    }

    @Override
    public List<Mount> viewMounts(Path folder, Lower lower, Snapshot snapshot, Path target) {
        return List.of(Mount.bind(
                lower.folders().getFirst(),
                false,
                IdMaps.between(Optional.empty(), snapshot.how().owners()),
                target));
    }

    @Override
    public Lower above(Path folder, Lower lower, Preparation how) {
        return Lower.of(List.of(folder.resolve(ROOT)));
    }

    @Override
    public void committed(Fd folder) {
        try (Fd root = kernel.files().open(folder, ROOT, FOLDER)) {
            kernel.btrfs().setReadOnly(root, true);
        }
    }

    @Override
    public void limit(Fd folder, long bytes) {
        try (Fd root = kernel.files().open(folder, ROOT, FOLDER)) {
            kernel.btrfs().enableQuotas(root);
            kernel.btrfs().limitExclusive(root, bytes);
        }
    }

    @Override
    public Usage usage(Fd folder, Lower lower) {
        Counting counting = new Counting(kernel);
        try (Fd root = kernel.files().open(folder, ROOT, FOLDER);
                Fd below = kernel.files()
                        .open(Fd.CWD, lower.folders().getFirst().toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            boolean copied = kernel.files().status(below).inode() == Btrfs.TOP_INODE;
            Usage counted = copied ? counting.added(below, root) : counting.all(root);
            kernel.files().syncFileSystem(root);
            return new Usage(kernel.btrfs().exclusive(root).orElse(counted.bytes()), counted.inodes());
        }
    }

    @Override
    public LayerWriter.Written difference(Fd folder, Lower lower, Snapshot snapshot, OutputStream output)
            throws IOException {
        return Driver.difference(kernel, folder, ROOT, lower, snapshot.base(), output);
    }
}
