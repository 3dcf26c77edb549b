package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The folder that has a folder for each container: one world of ids. It is made when it is first needed. */
final class StateRoot {

    private static final int MODE = 0700;
    /** Who clears a user's runtime folder of what has grown old leaves it alone then. */
    private static final int STICKY = 01000;

    private final Kernel kernel;
    private final Files files;
    private final String path;

    /** @param path absolute */
    StateRoot(Kernel kernel, String path) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.path = path;
    }

    /**
     * Makes the folder of a new container, locked.
     *
     * @throws RuntimeFailure if the id is taken
     */
    StateFolder create(String id) {
        return handing(root -> Optional.of(StateFolder.create(kernel, root, id)))
                .orElseThrow();
    }

    /** Waits for a container to be nobody else's; empty if there is no such container. */
    Optional<StateFolder> lockIfPresent(String id) {
        ContainerId.check(id);
        return handing(root -> StateFolder.lock(kernel, root, id));
    }

    /** Waits for a container to be nobody else's. */
    StateFolder lock(String id) {
        return lockIfPresent(id).orElseThrow(() -> missing(id));
    }

    /** Only looks; empty if there is no such container. */
    Optional<StateFolder> lookIfPresent(String id) {
        ContainerId.check(id);
        return handing(root -> StateFolder.look(kernel, root, id));
    }

    /** Only looks, without waiting for whoever is at work on it. */
    StateFolder look(String id) {
        return lookIfPresent(id).orElseThrow(() -> missing(id));
    }

    /** Opens the root for a folder in it, whose it is from then on. */
    private Optional<StateFolder> handing(Function<Fd, Optional<StateFolder>> opening) {
        Fd root = openOrMake();
        boolean handed = false;
        try {
            Optional<StateFolder> folder = opening.apply(root);
            handed = folder.isPresent();
            return folder;
        } finally {
            if (!handed) {
                root.close();
            }
        }
    }

    /** The ids of all containers, in no order. */
    List<String> ids() {
        try (Fd root = openOrMake()) {
            return files.list(root);
        }
    }

    /** The path of a container's folder. */
    String path(String id) {
        return path + "/" + ContainerId.check(id);
    }

    static RuntimeFailure missing(String id) {
        return new RuntimeFailure("container " + id + " does not exist");
    }

    private Fd openOrMake() {
        try {
            return open();
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw new RuntimeFailure("the state root " + path + ": " + exception.getMessage(), exception);
            }
        }
        try {
            files.makeDirectories(path, MODE | STICKY, MODE);
            return open();
        } catch (SystemCallException exception) {
            throw new RuntimeFailure("the state root " + path + ": " + exception.getMessage(), exception);
        }
    }

    private Fd open() {
        return files.open(Fd.CWD, path, OpenFlags.RDONLY | OpenFlags.DIRECTORY);
    }
}
