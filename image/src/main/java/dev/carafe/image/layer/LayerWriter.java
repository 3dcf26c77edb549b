package dev.carafe.image.layer;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * Makes archives of folders. Equal folders become equal bytes: names are in order, and nothing in the archive is of the
 * moment or the machine. One object serves any number of folders, and threads.
 *
 * <p>Folders are open for reading and may be anybody's work; what changes while it is read is an error. Sockets are left
 * out, with a warning.
 *
 * @param form how folders that are joined mark what they remove; {@link LayerForm#PLAIN} ones have no marks
 * @param owners the ids in the archive for those of this machine
 */
public record LayerWriter(Kernel kernel, LayerForm form, Owners owners) {

    /**
     * What was written.
     *
     * @param bytes of the archive
     * @param warnings what was left out, one line each; only the first ones
     */
    public record Written(long entries, long bytes, List<String> warnings) {}

    /** One for root and the ids as they are. */
    public static LayerWriter of(Kernel kernel, LayerForm form) {
        return new LayerWriter(kernel, form, Owners.same());
    }

    /**
     * Writes the upper folder of an overlay as a layer: what it removes becomes whiteouts.
     *
     * @param output gets the uncompressed archive, and stays open
     * @throws LayerException if the folder has what no layer can have, such as a directory that overlayfs has renamed
     *     without copying
     */
    public Written upper(Fd folder, OutputStream output) throws IOException {
        return write(output, writing -> writing.upper(folder));
    }

    /**
     * Writes, as a layer, what one tree has other than another one.
     *
     * @param before the folders of the one that the layer goes on, top first; none for a first layer
     * @param after the folders of the other one, top first
     */
    public Written difference(List<Fd> before, List<Fd> after, OutputStream output) throws IOException {
        return write(output, writing -> writing.difference(before, after));
    }

    /**
     * Writes a whole tree as a plain archive.
     *
     * @param folders top first
     */
    public Written tree(List<Fd> folders, OutputStream output) throws IOException {
        return write(output, writing -> writing.tree(folders));
    }

    private interface What {
        Written write(Writing writing) throws IOException;
    }

    private Written write(OutputStream output, What what) throws IOException {
        try (var writing = new Writing(this, output)) {
            return what.write(writing);
        } catch (SystemCallException exception) {
            throw new LayerException(LayerException.Kind.FAILED, "", exception.getMessage(), exception);
        }
    }
}
