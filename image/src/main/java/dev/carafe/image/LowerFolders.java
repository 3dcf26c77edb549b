package dev.carafe.image;

import dev.carafe.image.store.Layers;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.Digest;
import java.util.ArrayList;
import java.util.List;

/** The folders of the layers that lie below one, opened when they are there. */
final class LowerFolders implements AutoCloseable {

    private final Kernel kernel;
    private final Layers layers;
    private final List<Digest> below;
    private final Runnable await;
    private final List<Fd> opened = new ArrayList<>();

    /**
     * @param below their names, the top one first
     * @param await returns when all are there
     */
    LowerFolders(Kernel kernel, Layers layers, List<Digest> below, Runnable await) {
        this.kernel = kernel;
        this.layers = layers;
        this.below = below;
        this.await = await;
    }

    /** The top one first; they are closed with this. */
    synchronized List<Fd> open() {
        if (opened.isEmpty() && !below.isEmpty()) {
            await.run();
            layers.folders(below.reversed())
                    .forEach(folder -> opened.add(
                            kernel.files().open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)));
        }
        return opened;
    }

    @Override
    public synchronized void close() {
        opened.forEach(Fd::close);
    }
}
