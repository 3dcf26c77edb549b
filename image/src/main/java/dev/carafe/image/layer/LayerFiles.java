package dev.carafe.image.layer;

import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The files of a layer's folder, by the names that they have in its archive. No name leads out of it. */
public final class LayerFiles implements AutoCloseable {

    private static final int OPEN = OpenFlags.RDONLY | OpenFlags.NOFOLLOW | OpenFlags.NONBLOCK | OpenFlags.NOCTTY;

    private static final FolderPath.Missing NOT_MADE = new FolderPath.Missing() {
        @Override
        public boolean make(FolderPath parent, String name, @Nullable FileStatus found) {
            return false;
        }
    };

    private final Kernel kernel;
    private final FolderPath path;

    /** @param folder stays open when this closes */
    public LayerFiles(Kernel kernel, Fd folder) {
        this.kernel = kernel;
        this.path = new FolderPath(kernel.files(), folder, LayerLimits.usual().depth());
    }

    public Kernel kernel() {
        return kernel;
    }

    /**
     * Opens one for reading.
     *
     * @return nothing if there is none, or something else
     */
    public Optional<Fd> open(String name) {
        List<String> names = FolderPath.components(name);
        if (names.isEmpty() || names.contains("..") || !path.go(names.subList(0, names.size() - 1), NOT_MADE)) {
            return Optional.empty();
        }
        // A device is never opened, which may do something.
        FileStatus found = path.status(names.getLast());
        return found != null && found.isRegular()
                ? Optional.of(kernel.files().open(path.directory(), names.getLast(), OPEN))
                : Optional.empty();
    }

    @Override
    public void close() {
        path.close();
    }
}
