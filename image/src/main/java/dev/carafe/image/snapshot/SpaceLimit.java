package dev.carafe.image.snapshot;

import static dev.carafe.image.error.ImageException.Kind.UNAVAILABLE;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileSystemStatus;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Projects;
import dev.carafe.linux.SystemCallException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Limits what may be in a folder: on btrfs as a subvolume of its own, on xfs and ext4 as a project.
 *
 * <p>Overlayfs makes a folder of its own whenever it is mounted, and where there is no room for that it is read-only: who
 * has filled a snapshot up makes room before he unmounts it.
 *
 * @param what for messages
 * @param top an existing folder on the same file system
 * @param ofFolder whether it is the folder itself that is limited; else its driver limits what is in it
 */
record SpaceLimit(Kernel kernel, String what, Path top, FileSystemStatus fileSystem, long bytes, boolean ofFolder) {

    /** Numbers that administrators do not use: theirs are small. */
    private static final int FIRST_PROJECT = 0x4000_0000;

    private static final int PROJECTS = 0x3fff_ffff;
    private static final int ATTEMPTS = 100;

    /** @throws ImageException if the file system cannot */
    static SpaceLimit of(Kernel kernel, Key key, Path top, long bytes, DriverKind driver) {
        String what = "cannot limit the snapshot " + key + " to " + bytes + " bytes: ";
        try (Fd folder = kernel.files().open(Fd.CWD, top.toString(), Driver.FOLDER)) {
            FileSystemStatus fileSystem = kernel.files().fileSystem(folder);
            long type = fileSystem.type();
            if (type != FileSystemStatus.BTRFS && type != FileSystemStatus.XFS && type != FileSystemStatus.EXT4) {
                throw new ImageException(
                        UNAVAILABLE, what + top + " lies on " + fileSystem.name() + "; use a folder on btrfs or xfs");
            }
            return new SpaceLimit(kernel, what, top, fileSystem, bytes, driver != DriverKind.BTRFS);
        }
    }

    /** Whether the folder has to be a subvolume. */
    boolean wantsSubvolume() {
        return ofFolder && fileSystem.type() == FileSystemStatus.BTRFS;
    }

    /**
     * Limits a folder that is empty.
     *
     * @return the number of its project, if it has one now
     */
    OptionalInt apply(Fd folder) {
        if (!ofFolder) {
            return OptionalInt.empty();
        }
        if (fileSystem.type() == FileSystemStatus.BTRFS) {
            kernel.btrfs().enableQuotas(folder);
            kernel.btrfs().limitExclusive(folder, bytes);
            return OptionalInt.empty();
        }
        Projects projects = kernel.projects();
        try {
            int project = unused(projects, folder);
            projects.limit(folder, project, bytes);
            projects.assign(folder, project);
            return OptionalInt.of(project);
        } catch (SystemCallException exception) {
            String reason = switch (exception.errno()) {
                case ESRCH, ENOSYS, EINVAL, EOPNOTSUPP, ENOTTY, ENOPKG ->
                    "which counts nothing by projects here (mount it with the option prjquota, on Linux 5.14 or"
                            + " newer with quotas built in)";
                default -> "and it refuses: " + exception.getMessage();
            };
            throw new ImageException(
                    UNAVAILABLE,
                    what + top + " lies on " + fileSystem.name() + ", " + reason + "; use a folder on btrfs or xfs",
                    exception);
        }
    }

    private int unused(Projects projects, Fd folder) {
        for (int i = 0; i < ATTEMPTS; i++) {
            int project = FIRST_PROJECT + ThreadLocalRandom.current().nextInt(PROJECTS);
            try {
                Projects.Quota quota = projects.quota(folder, project);
                if (quota.used() == 0 && quota.limit() == 0) {
                    return project;
                }
            } catch (SystemCallException exception) {
                if (exception.errno() == Errno.ENOENT) {
                    return project;
                }
                throw exception;
            }
        }
        throw new ImageException(UNAVAILABLE, what + "no project's number is free on " + top);
    }

    /** Limits nothing any more by a project. */
    static void forget(Kernel kernel, Fd file, int project) {
        try {
            kernel.projects().limit(file, project, 0);
        } catch (SystemCallException notCounted) {
            // The file system was mounted without quotas meanwhile.
        }
    }
}
