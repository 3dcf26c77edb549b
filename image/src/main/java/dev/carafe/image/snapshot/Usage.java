package dev.carafe.image.snapshot;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import java.nio.file.Path;

/**
 * What files take on the disk: a snapshot beside what it stands on, or a whole tree.
 *
 * @param bytes in whole blocks
 * @param inodes files and directories
 */
public record Usage(long bytes, long inodes) {

    /** Of a tree, a file with several names once. */
    public static Usage of(Kernel kernel, Path tree) {
        try (Fd root = kernel.files().open(Fd.CWD, tree.toString(), Driver.FOLDER)) {
            return new Counting(kernel).all(root);
        }
    }
}
