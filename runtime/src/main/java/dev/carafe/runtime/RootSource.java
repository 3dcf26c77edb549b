package dev.carafe.runtime;

import java.util.List;

/** Where an instance's root file system comes from; mounted only in the instance's own mount namespace. */
public sealed interface RootSource {

    /** A folder of this machine. */
    record Folder(String path) implements RootSource {}

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
