package dev.carafe.runtime;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Mounts;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.runtime.plan.MountOperation;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The mounts of a container that has no mount namespace, or whose is somebody else's.
 *
 * <p>Without one its root is a mount on the root's own folder, and all others are in that: where everybody on the host
 * sees them, and where they stay when it has ended until somebody takes them away. One call takes them all.
 */
final class HostMounts {

    private final Kernel kernel;
    private final Files files;

    HostMounts(Kernel kernel) {
        this.kernel = kernel;
        this.files = kernel.files();
    }

    /** Whether a container has no mount namespace but its caller's. */
    static boolean areUsedBy(Config config) {
        return config.linux().namespace(Namespace.Type.MOUNT).isEmpty();
    }

    /**
     * Refuses to join the mount namespace of the caller: to change the root of that would be the end of the machine.
     *
     * @throws RuntimeFailure if that is what is asked for
     */
    void check(Config config) {
        Optional<String> path = config.linux().namespace(Namespace.Type.MOUNT).flatMap(Namespace::path);
        if (path.isEmpty()) {
            return;
        }
        var theirs = files.status(Fd.CWD, path.get(), 0);
        var ours = files.status(Fd.CWD, "/proc/self/ns/mnt", 0);
        if (theirs.inode() == ours.inode() && theirs.device() == ours.device()) {
            throw new RuntimeFailure("config.json: linux.namespaces: the mount namespace " + path.get()
                    + " is the caller's own, whose root must stay; leave out \"mount\" to run in it");
        }
    }

    /** The mount that the root's folder is on before it is covered; empty for a container that covers none. */
    OptionalLong beneath(Config config, String rootfs) {
        if (!areUsedBy(config)) {
            return OptionalLong.empty();
        }
        try (Fd folder = open(rootfs)) {
            return OptionalLong.of(files.mountId(folder));
        } catch (SystemCallException exception) {
            throw new RuntimeFailure("config.json: root.path: " + exception.getMessage(), exception);
        }
    }

    /** Takes away what covers a root's folder; none is fine. */
    void remove(String rootfs, long beneath) {
        try (Fd top = open(rootfs)) {
            if (files.mountId(top) != beneath) {
                kernel.mounts().unmount(top, Mounts.DETACH);
            }
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT && exception.errno() != Errno.ENOTDIR) {
                throw exception;
            }
        }
    }

    /** What a monitor does at the end, when the root's folder is covered. */
    static List<MountOperation> removal(Config config, String rootfs) {
        return areUsedBy(config) ? List.of(new MountOperation.Umount(rootfs, Mounts.DETACH)) : List.of();
    }

    private Fd open(String rootfs) {
        return files.open(Fd.CWD, rootfs, OpenFlags.PATH | OpenFlags.DIRECTORY);
    }
}
