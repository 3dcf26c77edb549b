package dev.carafe.runtime;

import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.Mount;
import java.util.List;
import java.util.Map;

/**
 * Everything that a container's plan is compiled from. Equal blueprints give equal plans: nothing else is looked at.
 *
 * @param id the container's, of which hooks are told
 * @param config what to make
 * @param bundle the folder that relative sources start from, absolute
 * @param root where the root file system comes from
 * @param process what its first process is to be
 */
public record Blueprint(String id, Config config, String bundle, RootSource root, ProcessBlueprint process) {

    /** The cgroup's folder in every hierarchy: see {@link ProcessBlueprint}. */
    Map<String, String> cgroupFolders() {
        return process.cgroupFolders();
    }

    /** Where standard input comes from, unless it is a terminal of the instance's own. */
    public enum Input {
        INHERITED,
        NULL,
        /** The null device, where standard output and error go as well. */
        ALL_NULL
    }

    /** The mounts of the configuration as they are meant: at paths of the container, and such as there can be. */
    List<Mount> mounts() {
        return Rootless.mounts(config).stream()
                .map(mount -> root.inside(mount.destination())
                        .map(mount::withDestination)
                        .orElse(mount))
                .toList();
    }

    /** When the program begins, once all is ready. */
    public sealed interface Beginning {

        /**
         * At once.
         *
         * @param diesWithParent whether it ends when its parent does, which then is its monitor
         */
        record AtOnce(boolean diesWithParent) implements Beginning {}

        /**
         * When {@code start} says so, which may be another process, long after the creator has ended.
         *
         * @param fifo one of this machine: a byte is the word to start. When that has been read a failure to begin comes
         *     back, and its end without one is success
         */
        record WhenStarted(String fifo) implements Beginning {}
    }
}
