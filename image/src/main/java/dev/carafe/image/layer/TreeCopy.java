package dev.carafe.image.layer;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import java.util.List;

/**
 * Copies trees as they are: owners, modes, times, all extended attributes that are part of an image, hard links, holes,
 * devices. Content is shared with the original where the file system can, and passes through the kernel alone where not.
 *
 * @param form how the folders mark what they remove; {@link LayerForm#PLAIN} ones have no marks
 */
public record TreeCopy(Kernel kernel, LayerForm form) {

    /**
     * Copies a tree into a folder, which becomes like the tree's own root.
     *
     * @param folders those that the tree is joined from, top first
     * @param to empty, open for reading, and nobody else's
     * @throws LayerException if something cannot be copied; what has been copied is left to whoever made the folder
     */
    public void copy(List<Fd> folders, Fd to) {
        new Copying(this, to).run(folders);
    }

    /** Makes one directory like another one, in all but content. */
    public void properties(Fd from, Fd to) {
        new Properties(kernel).copy(from, kernel.files().status(from), to);
    }
}
