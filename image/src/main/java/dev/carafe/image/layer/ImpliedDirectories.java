package dev.carafe.image.layer;

import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import java.util.List;
import java.util.Optional;

/**
 * Gives directories that a layer only goes through what they have in the layers below.
 *
 * <p>Layers are unpacked in any order, or all at once, without those below. A layer that only has {@code tmp/file} must
 * not make {@code /tmp} a directory that nobody else may write to: once the layers below are there, and like this
 * themselves, this makes it what it is there.
 */
public record ImpliedDirectories(Kernel kernel, LayerForm form) {

    private static final int OPEN = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;

    /**
     * Does so. Doing it again changes nothing.
     *
     * @param folder what the layer was unpacked to
     * @param unpacked what came of that
     * @param lower the folders of all layers below, top first; where none has such a directory it stays as it is
     */
    public void patch(Fd folder, Unpacked unpacked, List<Fd> lower) {
        var below = new LowerLayers(kernel, form, lower);
        var properties = new Properties(kernel);
        for (String path : unpacked.implied()) {
            if (unpacked.coversAll() && !path.isEmpty()) {
                return;
            }
            List<String> names = FolderPath.components(path);
            try (var own = new FolderPath(kernel.files(), folder, Integer.MAX_VALUE)) {
                // Below a directory that covers what lies under it there is nothing to be like.
                if (own.go(names, FolderPath.Missing.STAYS)
                        && own.above().stream().noneMatch(below::isOpaque)) {
                    Optional<Boolean> _ = below.find(names, (directory, name, status) -> {
                        copy(properties, directory, name, status, own.directory());
                        return true;
                    });
                }
            }
        }
    }

    private void copy(Properties properties, Fd directory, String name, FileStatus status, Fd to) {
        if (name.isEmpty()) {
            properties.copy(directory, status, to);
        } else if (status.isDirectory()) {
            try (Fd from = kernel.files().open(directory, name, OPEN)) {
                properties.copy(from, status, to);
            }
        }
    }
}
