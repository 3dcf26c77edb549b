package dev.carafe.image;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A mount to make, as {@code mount(2)} takes it, with no flags.
 *
 * @param type the file system's type, which may stand for the source as well
 * @param target the folder to attach it at, which is there
 * @param options the file system's own options
 * @param writable whether it is the one that a container's changes land in
 */
public record Mount(String type, Path target, String options, boolean writable) {

    /** Where the changes of an overlay land, and the kernel's scratch folder beside it. */
    record Changes(Path upper, Path work) {}

    /**
     * Folders joined by overlayfs.
     *
     * @param lower top first; at least two unless there are changes
     * @param changes none makes it read-only
     * @see <a href="https://docs.kernel.org/filesystems/overlayfs.html">overlayfs</a>
     */
    static Mount overlay(List<Path> lower, Optional<Changes> changes, Path target) {
        String layers = lower.stream()
                .map(layer -> escape(layer).replace(":", "\\:"))
                .collect(Collectors.joining(":", "lowerdir=", ""));
        return new Mount(
                "overlay",
                target,
                changes.map(it -> layers + ",upperdir=" + escape(it.upper) + ",workdir=" + escape(it.work))
                        .orElse(layers),
                changes.isPresent());
    }

    /** An empty folder on a file system of its own. */
    static Mount empty(Path target) {
        return new Mount("tmpfs", target, "mode=0755,size=4k", false);
    }

    private static String escape(Path path) {
        return path.toString().replace("\\", "\\\\").replace(",", "\\,");
    }
}
