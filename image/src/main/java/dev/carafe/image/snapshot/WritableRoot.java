package dev.carafe.image.snapshot;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An image's root file system with the layer that takes one container's changes.
 *
 * <p>Whoever starts the container makes {@link #mounts} in order, inside the container's own mount namespace with
 * private propagation, so that the host sees none of them:
 *
 * {@snippet :
 * for (Mount mount : new WritableRoot(image.rootFileSystem(), upper, work).mounts(root)) {
 *     kernel.mounts().mount(mount.type(), mount.target().toString(), mount.type(), 0, mount.options());
 * }
 * }
 *
 * @param image what lies below
 * @param upper the folder that the changes land in
 * @param work an empty folder on the same file system as {@code upper}, for the kernel's own use
 */
public record WritableRoot(RootFileSystem image, Path upper, Path work) {

    /** The mounts to make, in order; the last one is the container's root and attached at {@code target}. */
    public List<Mount> mounts(Path target) {
        return mounts(image, Optional.of(new Mount.Changes(upper, work)), target);
    }

    /** The mounts that show an image of several folders as it is. */
    static List<Mount> readOnly(RootFileSystem image, Path target) {
        return mounts(image, Optional.empty(), target);
    }

    private static List<Mount> mounts(RootFileSystem image, Optional<Mount.Changes> changes, Path target) {
        return switch (image) {
            case RootFileSystem.Directory directory -> List.of(Mount.overlay(directory.layers(), changes, target));
            case RootFileSystem.Overlay overlay -> List.of(Mount.overlay(overlay.layers(), changes, target));
            case RootFileSystem.View view -> {
                Path point = view.attachmentPoint();
                yield List.of(
                        Mount.empty(point),
                        Mount.overlay(List.of(point, view.base()), Optional.empty(), point),
                        Mount.overlay(
                                Stream.concat(view.covers().stream(), Stream.of(point))
                                        .toList(),
                                changes,
                                target));
            }
        };
    }

    /** All folders of the tree, the writable one first: what {@link dev.carafe.linux.accounts.Accounts} looks through. */
    public List<Path> layers() {
        List<Path> layers = new ArrayList<>();
        layers.add(upper);
        layers.addAll(image.layers());
        return List.copyOf(layers);
    }
}
