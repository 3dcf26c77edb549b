package dev.carafe.image.layer;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.function.Supplier;

/**
 * Unpacks layers. One object serves any number of them, and threads.
 *
 * <p>As {@linkplain LayerForm#OVERLAY a folder of overlayfs} every layer is unpacked by itself, in any order: what it
 * removes becomes overlayfs' own marks. Only hard links to files of layers below need those. As {@linkplain
 * LayerForm#PLAIN a change} layers are unpacked onto the same folder, lowest first.
 *
 * <p>What is left in the folder after an error is to be removed by whoever made the folder.
 *
 * @param lower gives the folders of all layers below, top first; asked, once, when the first hard link needs them, so
 *     that it may wait until they are there. They stay the giver's.
 */
public record LayerUnpacker(
        Kernel kernel, LayerForm form, LayerLimits limits, Owners owners, Supplier<List<Fd>> lower) {

    /** One with the usual limits, for root and the ids as they are. */
    public static LayerUnpacker of(Kernel kernel, LayerForm form) {
        return new LayerUnpacker(kernel, form, LayerLimits.usual(), Owners.same(), List::of);
    }

    public LayerUnpacker withLimits(LayerLimits other) {
        return new LayerUnpacker(kernel, form, other, owners, lower);
    }

    public LayerUnpacker withOwners(Owners other) {
        return new LayerUnpacker(kernel, form, limits, other, lower);
    }

    public LayerUnpacker withLower(Supplier<List<Fd>> other) {
        return new LayerUnpacker(kernel, form, limits, owners, other);
    }

    /**
     * Unpacks one layer.
     *
     * @param tar the uncompressed archive, which is read to its very end and not closed
     * @param folder open for reading; empty, but for {@link LayerForm#PLAIN}
     * @throws LayerException if it cannot be unpacked
     * @throws IOException if {@code tar} cannot be read
     */
    public Unpacked unpack(InputStream tar, Fd folder) throws IOException {
        return unpack(Chunks.of(tar), folder);
    }

    Unpacked unpack(Chunks chunks, Fd folder) throws IOException {
        try (var unpacking = new Unpacking(this, new TarReader(chunks, limits), folder)) {
            return unpacking.run();
        }
    }
}
