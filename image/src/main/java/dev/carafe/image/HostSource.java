package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.DENIED;
import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.UNAVAILABLE;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.snapshot.RootFileSystem;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileSystemStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Mounts;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.image.ImageConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Views of this machine's own system, without its secrets.
 *
 * <p>The view has two layers: one that hides, and the machine's root folder below it. The layer that hides is made anew
 * when what it hides has changed, as with a new user's home; a view that is in use keeps the one that it has. The rest
 * is the living system: what changes on the machine changes in the view, unless the container has changed it itself.
 * File systems mounted below the root are not in it, and their folders are empty.
 */
final class HostSource {

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final Kernel kernel;
    private final Files files;
    private final Shelf shelf;
    private final Path machine;
    private final Path dataFolder;

    /**
     * @param machine the root folder of the system to show
     * @param dataFolder hidden, wherever it is
     */
    HostSource(Kernel kernel, Path folder, Path machine, Path dataFolder) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.shelf = new Shelf(kernel, folder);
        this.machine = machine;
        this.dataFolder = dataFolder;
    }

    Image resolve(ImageReference.Host reference) {
        HideLayer hidden;
        String shell;
        try (Fd root = withoutMounts(reference)) {
            if (files.fileSystem(root).type() == FileSystemStatus.OVERLAY) {
                throw new ImageException(
                        UNAVAILABLE,
                        reference + ": this machine's root is an overlay itself, as in a container, and the kernel"
                                + " stacks no third one on it. Use another image, such as bootstrap:debian/bookworm");
            }
            List<HidingRule> rules = new ArrayList<>(HidingRule.all());
            rules.add(new HidingRule(HidingRule.Action.HIDE, dataFolder.toString()));
            hidden = new MachineSurvey(kernel, root).apply(rules);
            shell = files.exists(root, "usr/bin/bash") || files.exists(root, "bin/bash") ? "bash" : "sh";
        } catch (SystemCallException exception) {
            throw new ImageException(
                    FAILED, reference + ": cannot find out what to hide: " + exception.getMessage(), exception);
        }
        String identity = hidden.identity();
        Path made = shelf.obtain(
                identity.substring(identity.indexOf(':') + 1), PATIENCE, waiting -> {}, (path, unfinished) -> {
                    files.makeDirectory(unfinished, "view", 0711);
                    files.makeDirectory(unfinished, "layer", 0700);
                    try (Fd layer = files.open(unfinished, "layer", OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
                        hidden.write(kernel, layer);
                    }
                });
        return new Image(
                reference,
                identity,
                ImageConfig.Execution.of(
                        List.of(shell), List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")),
                new RootFileSystem.View(List.of(made.resolve("layer")), machine, made.resolve("view")));
    }

    /** The machine's root as overlayfs will see it: a mount of its own, attached nowhere, and none below it. */
    private Fd withoutMounts(ImageReference.Host reference) {
        try {
            return kernel.mounts().openTree(Fd.CWD, machine.toString(), Mounts.TREE_CLONE);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.EPERM) {
                throw new ImageException(
                        DENIED, reference + ": only root can make a view of the machine's own system", exception);
            }
            throw exception;
        }
    }
}
