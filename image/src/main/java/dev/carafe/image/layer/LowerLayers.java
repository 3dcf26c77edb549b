package dev.carafe.image.layer;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Folders seen as overlayfs would join them, top first. Links on the way are not followed. */
record LowerLayers(Kernel kernel, LayerForm form, List<Fd> folders) {

    private static final int OPEN = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;
    static final byte[] YES = "y".getBytes(StandardCharsets.US_ASCII);

    /** What to do with what is found, while the directory that has it is open. */
    @FunctionalInterface
    interface Use<R> {
        R use(Fd directory, String name, FileStatus status);
    }

    static boolean isWhiteout(FileStatus status) {
        return status.type() == FileStatus.TYPE_CHARACTER && status.specialDevice() == 0;
    }

    /** Looks for a path; nothing if it is in none, or removed. */
    <R> Optional<R> find(List<String> names, Use<R> use) {
        if (names.isEmpty()) {
            return folders.isEmpty()
                    ? Optional.empty()
                    : Optional.of(use.use(folders.getFirst(), "", kernel.files().status(folders.getFirst())));
        }
        List<Fd> opened = new ArrayList<>();
        try {
            List<Fd> joined = folders;
            for (String name : names.subList(0, names.size() - 1)) {
                joined = below(joined, name, opened);
            }
            String last = names.getLast();
            for (Fd directory : joined) {
                FileStatus status = status(directory, last);
                if (status != null) {
                    return isWhiteout(status) ? Optional.empty() : Optional.of(use.use(directory, last, status));
                }
            }
            return Optional.empty();
        } finally {
            opened.forEach(Fd::close);
        }
    }

    /** The directories of a name in directories that are joined. */
    List<Fd> below(List<Fd> joined, String name, List<Fd> opened) {
        List<Fd> below = new ArrayList<>();
        for (Fd directory : joined) {
            FileStatus status = status(directory, name);
            if (status == null) {
                continue;
            }
            if (!status.isDirectory()) {
                break;
            }
            Fd found = kernel.files().open(directory, name, OPEN);
            opened.add(found);
            below.add(found);
            if (isOpaque(found)) {
                break;
            }
        }
        return below;
    }

    /** Whether a directory covers what folders further down have at its place. */
    boolean isOpaque(Fd directory) {
        return form.isOverlay()
                && new Properties(kernel)
                        .attribute(directory, form.opaqueMark())
                        .filter(value -> Arrays.equals(value, YES))
                        .isPresent();
    }

    private @Nullable FileStatus status(Fd directory, String name) {
        try {
            return kernel.files().status(directory, name, Files.NOFOLLOW);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return null;
            }
            throw exception;
        }
    }
}
