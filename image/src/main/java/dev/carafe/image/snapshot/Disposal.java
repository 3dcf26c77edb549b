package dev.carafe.image.snapshot;

import dev.carafe.linux.Btrfs;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.FileSystemStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.TreeRemoval;

/** Removes folders of snapshots, of whichever driver: what is a subvolume goes in one step. */
record Disposal(Kernel kernel) {

    /** Removes a folder and all that is in it. */
    void remove(Fd directory, String name) {
        if (isSubvolume(directory, name)) {
            destroy(directory, name);
            return;
        }
        try (Fd folder = kernel.files().open(directory, name, Driver.FOLDER)) {
            if (isSubvolume(folder, BtrfsDriver.ROOT)) {
                destroy(folder, BtrfsDriver.ROOT);
            }
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOTDIR) {
                throw exception;
            }
        }
        new TreeRemoval(kernel).remove(directory, name);
    }

    private boolean isSubvolume(Fd directory, String name) {
        if (!kernel.files().exists(directory, name)) {
            return false;
        }
        FileStatus status = kernel.files().status(directory, name, Files.NOFOLLOW);
        return status.isDirectory()
                && status.inode() == Btrfs.TOP_INODE
                && kernel.files().fileSystem(directory).type() == FileSystemStatus.BTRFS;
    }

    private void destroy(Fd directory, String name) {
        Btrfs btrfs = kernel.btrfs();
        long number;
        try (Fd subvolume = kernel.files().open(directory, name, Driver.FOLDER)) {
            number = btrfs.subvolume(subvolume);
            try {
                btrfs.destroy(directory, name);
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.ENOTEMPTY) {
                    throw exception;
                }
                // Whoever worked in it has made subvolumes of his own.
                btrfs.setReadOnly(subvolume, false);
                new TreeRemoval(kernel).clear(subvolume);
                btrfs.destroy(directory, name);
            }
        }
        try {
            btrfs.forgetGroup(directory, number);
        } catch (SystemCallException notCounted) {
            // Quotas are off, or the kernel has forgotten it by itself, or will.
        }
    }
}
