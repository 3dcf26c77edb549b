package dev.carafe.cli;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.ConfigReader;
import dev.carafe.runtime.Blueprint;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.ProcessNotice;
import dev.carafe.runtime.RootSource;
import java.nio.file.Path;

/** An OCI bundle on the disk: a folder with {@code config.json} and, beside it or elsewhere, a root file system. */
final class BundleFolder {

    private static final int MOST_CONFIG_BYTES = 16 << 20;

    private final Kernel kernel;
    private final Path folder;

    BundleFolder(Kernel kernel, Path folder) {
        this.kernel = kernel;
        this.folder = folder;
    }

    /** The container that it describes. */
    Containers.Creation creation(String id, int preserved, ProcessNotice notice) {
        Config config = config();
        Path rootfs = folder.resolve(config.root().path()).normalize();
        checkRoot(rootfs);
        return new Containers.Creation(
                id,
                config,
                folder.toString(),
                new RootSource.Folder(rootfs.toString()),
                rootfs.toString(),
                Blueprint.Input.INHERITED,
                preserved,
                notice);
    }

    private Config config() {
        Files files = kernel.files();
        Path path = folder.resolve("config.json");
        try (Fd file = files.open(Fd.CWD, path.toString(), OpenFlags.RDONLY | OpenFlags.NONBLOCK)) {
            if (!files.status(file).isRegular()) {
                throw new UsageException(path + " is no regular file");
            }
            long size = files.status(file).size();
            if (size > MOST_CONFIG_BYTES) {
                throw new UsageException("config.json: is " + size + " bytes long, more than the " + MOST_CONFIG_BYTES
                        + " that are read: " + path);
            }
            return new ConfigReader().config(files.readAll(file, MOST_CONFIG_BYTES));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                throw new UsageException(
                        "there is no " + path + "; --bundle names the folder that has config.json, and "
                                + "\"carafe oci spec\" writes one to start from");
            }
            throw exception;
        }
    }

    private void checkRoot(Path rootfs) {
        try {
            if (kernel.files().status(Fd.CWD, rootfs.toString(), 0).isDirectory()) {
                return;
            }
        } catch (SystemCallException exception) {
            throw new UsageException("config.json: root.path: " + rootfs + ": "
                    + exception.errno().description());
        }
        throw new UsageException("config.json: root.path: " + rootfs + " is not a directory");
    }
}
