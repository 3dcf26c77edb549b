package dev.carafe.image;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.LayerException;
import dev.carafe.image.layer.LayerForm;
import dev.carafe.image.layer.TreeCopy;
import dev.carafe.image.snapshot.RootFileSystem;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import java.util.List;
import java.util.Optional;

/**
 * Copies a folder out of an image as it is: owners, modes, times, extended attributes, hard links. No link of the image
 * leads out of it.
 */
public final class FolderCopy implements AutoCloseable {

    private final Kernel kernel;
    private final LayeredTree tree;
    private final String path;
    private final List<Fd> folders;

    private FolderCopy(Kernel kernel, LayeredTree tree, String path, List<Fd> folders) {
        this.kernel = kernel;
        this.tree = tree;
        this.path = path;
        this.folders = folders;
    }

    /**
     * Looks for one. Of a view of this machine nothing is copied: it may be as large as the machine, and what is mounted
     * in it is not part of it.
     *
     * @param image its files
     * @param path of the folder in the image; links on the way are followed, in the image
     * @return nothing if there is none
     * @throws ImageException {@link ImageException.Kind#FAILED} if the image cannot be looked into
     */
    public static Optional<FolderCopy> find(Kernel kernel, RootFileSystem image, String path) {
        if (image instanceof RootFileSystem.View) {
            return Optional.empty();
        }
        try {
            LayeredTree tree = LayeredTree.open(kernel, image.layers());
            try {
                List<Fd> folders = tree.directory(path);
                if (!folders.isEmpty()) {
                    return Optional.of(new FolderCopy(kernel, tree, path, folders));
                }
            } catch (SystemCallException exception) {
                tree.close();
                throw exception;
            }
            tree.close();
            return Optional.empty();
        } catch (SystemCallException exception) {
            throw failed(path, exception);
        }
    }

    /**
     * Copies it.
     *
     * @param to an empty folder, open for reading; becomes like the image's
     * @throws ImageException {@link ImageException.Kind#FAILED} if something cannot be copied; what has been copied is
     *     left to the caller
     */
    public void copy(Fd to) {
        try {
            new TreeCopy(kernel, LayerForm.OVERLAY).copy(folders, to);
        } catch (LayerException | SystemCallException exception) {
            throw failed(path, exception);
        }
    }

    private static ImageException failed(String path, RuntimeException cause) {
        return new ImageException(
                ImageException.Kind.FAILED, "the image's " + path + " cannot be copied: " + cause.getMessage(), cause);
    }

    @Override
    public void close() {
        tree.close();
    }
}
