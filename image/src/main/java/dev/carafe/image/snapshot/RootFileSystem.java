package dev.carafe.image.snapshot;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * An image's files as a description of what to mount. Nothing is mounted yet, and nothing of this may be written to:
 * {@link WritableRoot} adds the layer that takes a container's changes and says which mounts to make.
 */
public sealed interface RootFileSystem {

    /** The folders that make up the tree, top first. */
    List<Path> layers();

    /** One folder that is the whole tree. */
    record Directory(Path path) implements RootFileSystem {
        @Override
        public List<Path> layers() {
            return List.of(path);
        }
    }

    /** Folders that overlayfs joins. The writable layer goes right on top of them, in the same mount. */
    record Overlay(List<Path> layers) implements RootFileSystem {
        public Overlay {
            layers = List.copyOf(layers);
            if (layers.isEmpty()) {
                throw new IllegalArgumentException("an overlay without layers");
            }
        }
    }

    /**
     * Layers on top of a folder that they lie in themselves, as does the writable layer, such as {@code /}.
     *
     * <p>The kernel refuses to join a folder with one that lies in it ({@code ELOOP}, "overlapping lowerdir path"). So
     * the folder becomes a file system of its own first, an overlay of itself and nothing, and what lies in it goes on
     * top of that.
     *
     * @param covers top first
     * @param base the folder that the others lie in. What is mounted below it is not part of the view
     * @param attachmentPoint an empty folder to attach that first overlay at, in the container's own mount namespace.
     *     Many containers may use it at once, as none sees another's mounts. Once all is mounted it may be taken away
     */
    record View(List<Path> covers, Path base, Path attachmentPoint) implements RootFileSystem {
        public View {
            covers = List.copyOf(covers);
        }

        @Override
        public List<Path> layers() {
            return Stream.concat(covers.stream(), Stream.of(base)).toList();
        }
    }
}
