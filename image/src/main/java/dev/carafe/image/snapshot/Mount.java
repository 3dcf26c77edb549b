package dev.carafe.image.snapshot;

import dev.carafe.image.layer.Owners;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A mount to make, with no flags.
 *
 * @param type the file system's type, which may stand for the source as well; or {@link #BIND}
 * @param target the folder to attach it at, which is there
 * @param lower of an overlay, the folders to join, top first; of a folder that is mounted again, that one; else none
 * @param settings the file system's other options, without what may have to be escaped in them
 * @param writable whether it is the one that a container's changes land in; a folder that is mounted again must be made
 *     read-only otherwise, while the others are so by themselves
 * @param owners of a folder that is mounted again: the ids to show ({@code outside}) in place of those that its files
 *     have ({@code inside}), by {@code MOUNT_ATTR_IDMAP}
 */
public record Mount(
        String type,
        Path target,
        List<Path> lower,
        List<Setting> settings,
        boolean writable,
        Optional<Owners.Mapped> owners) {

    /** The type of a folder that is mounted again, at another place or over itself. */
    public static final String BIND = "bind";

    /**
     * An option of a file system.
     *
     * @param value empty for one that has none
     */
    public record Setting(String key, String value) {}

    /** Where the changes of an overlay land, and the kernel's scratch folder beside it. */
    record Changes(Path upper, Path work) {}

    public Mount {
        lower = List.copyOf(lower);
        settings = List.copyOf(settings);
    }

    /**
     * Folders joined by overlayfs.
     *
     * @param lower top first; at least two unless there are changes
     * @param changes none makes it read-only
     * @see <a href="https://docs.kernel.org/filesystems/overlayfs.html">overlayfs</a>
     */
    static Mount overlay(List<Path> lower, Optional<Changes> changes, Path target) {
        return new Mount(
                "overlay",
                target,
                lower,
                changes.map(it -> List.of(
                                new Setting("upperdir", it.upper.toString()),
                                new Setting("workdir", it.work.toString()),
                                // Else what lands in the folder could not be told by a layer.
                                new Setting("redirect_dir", "off"),
                                new Setting("metacopy", "off")))
                        .orElse(List.of()),
                changes.isPresent(),
                Optional.empty());
    }

    /** An empty folder on a file system of its own. */
    static Mount empty(Path target) {
        return new Mount(
                "tmpfs",
                target,
                List.of(),
                List.of(new Setting("mode", "0755"), new Setting("size", "4k")),
                false,
                Optional.empty());
    }

    /** A folder once more. */
    static Mount bind(Path source, boolean writable, Optional<Owners.Mapped> owners, Path target) {
        return new Mount(BIND, target, List.of(source), List.of(), writable, owners);
    }

    /** With one setting more. */
    public Mount with(String key) {
        List<Setting> more = new ArrayList<>(settings);
        more.add(new Setting(key, ""));
        return new Mount(type, target, lower, more, writable, owners);
    }

    /** All options in one text, as {@code mount(2)} takes them. */
    public String options() {
        List<String> options = new ArrayList<>();
        if (!lower.isEmpty() && !type.equals(BIND)) {
            options.add(lower.stream()
                    .map(layer -> escape(layer.toString()).replace(":", "\\:"))
                    .collect(Collectors.joining(":", "lowerdir=", "")));
        }
        settings.forEach(it -> options.add(it.key + (it.value.isEmpty() ? "" : "=" + escape(it.value))));
        return String.join(",", options);
    }

    private static String escape(String path) {
        return path.replace("\\", "\\\\").replace(",", "\\,");
    }
}
