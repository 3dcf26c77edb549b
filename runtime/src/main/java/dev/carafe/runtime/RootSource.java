package dev.carafe.runtime;

import java.util.List;
import java.util.Optional;

/** Where an instance's root file system comes from; mounted only in the instance's own mount namespace. */
public sealed interface RootSource {

    /**
     * What a path of this machine is inside the root, where by its letters it lies in its folder; links are not looked
     * at. Callers name what the container has mounted in this way.
     */
    default Optional<String> inside(String path) {
        return Optional.empty();
    }

    /** A folder of this machine. */
    record Folder(String path) implements RootSource {
        @Override
        public Optional<String> inside(String other) {
            String folder = Unsupported.clean(path);
            String clean = Unsupported.clean(other);
            if (folder.equals("/")) {
                return Optional.empty(); // then it says nothing of whose files are meant
            }
            return clean.equals(folder)
                    ? Optional.of("/")
                    : Optional.of(clean)
                            .filter(it -> it.startsWith(folder + "/"))
                            .map(it -> it.substring(folder.length()));
        }
    }

    /**
     * Mounts to make in order; the last one is the root. Those before it may be its layers.
     *
     * @param mounts at least one
     */
    record Layers(List<Layer> mounts) implements RootSource {
        public Layers {
            mounts = List.copyOf(mounts);
            if (mounts.isEmpty()) {
                throw new IllegalArgumentException("a root without a mount");
            }
        }
    }

    /**
     * One of them.
     *
     * @param type the file system's type
     * @param options the file system's own, as {@code mount(2)} takes them
     * @param settings the same one by one, as {@code fsconfig(2)} takes them, for when they are too long for that
     * @param target the folder of this machine to attach it to
     */
    record Layer(String type, String options, List<Setting> settings, String target) {
        public Layer {
            settings = List.copyOf(settings);
        }
    }

    /**
     * One option.
     *
     * @param value empty for one that has none
     */
    record Setting(String key, String value) {}
}
