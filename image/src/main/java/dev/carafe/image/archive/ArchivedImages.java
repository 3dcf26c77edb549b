package dev.carafe.image.archive;

import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.LayerException;
import dev.carafe.image.store.Origin;
import dev.carafe.image.store.Scratch;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.image.Descriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Images in a folder or a file, which other programs may have written. */
public interface ArchivedImages extends Origin, AutoCloseable {

    /**
     * One of them.
     *
     * @param name what it was called where it was saved: a reference, a mere tag, or nothing
     */
    record Entry(Optional<String> name, Descriptor target) {

        /** Whether somebody who knows a name, or only its tag, means this one. */
        public boolean isCalled(String text) {
            return name.filter(it -> it.equals(text) || it.endsWith(":" + text)).isPresent();
        }
    }

    /** All of them, in their order. */
    List<Entry> entries();

    /**
     * Opens an OCI image layout.
     *
     * @param folder absolute
     * @throws ImageException if it is none
     */
    static ArchivedImages layout(Kernel kernel, Path folder) {
        try {
            return Layout.read(new FolderFiles(kernel, folder));
        } catch (SystemCallException exception) {
            throw Layout.unreadable(folder.toString(), exception);
        }
    }

    /**
     * Opens a tar archive, compressed or not, with an OCI image layout or what {@code docker save} writes; where it has
     * both, as today's Docker writes, the layout counts.
     *
     * @param file absolute; a regular file
     * @param scratch for what has to be uncompressed first
     * @throws ImageException if it is none
     */
    static ArchivedImages archive(Path file, Supplier<Scratch> scratch) {
        try {
            TarFiles files = TarFiles.open(file, scratch);
            return files.size(Layout.INDEX).isPresent()
                            && files.size(Layout.HEADER).isPresent()
                    ? Layout.read(files)
                    : DockerArchive.read(files);
        } catch (IOException exception) {
            throw Layout.unreadable(file.toString(), exception);
        } catch (LayerException exception) {
            throw new ImageException(INVALID, file + ": is no tar archive: " + exception.getMessage(), exception);
        }
    }

    @Override
    void close();
}
