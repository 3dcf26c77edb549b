package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.FileSystemStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.accounts.Accounts;
import dev.carafe.oci.runtime.ProcessConfig;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Where the user of a process is at home, as the root file system's own list of users has it; asked for only if the
 * configuration has no {@code HOME}. A list that cannot be read is as good as none, as to runC.
 */
final class HomeFolder {

    private final Files files;

    HomeFolder(Files files) {
        this.files = files;
    }

    Optional<String> of(ProcessConfig process, RootSource root) {
        return root instanceof RootSource.Folder folder ? of(process, folder.path()) : Optional.empty();
    }

    /** @param root a path of this machine that leads to the root file system */
    Optional<String> of(ProcessConfig process, String root) {
        // Of several the last holds, and an empty one is none.
        if (!process.env().stream()
                .filter(variable -> variable.startsWith("HOME="))
                .reduce("HOME=", (earlier, later) -> later)
                .equals("HOME=")) {
            return Optional.empty();
        }
        try (Fd tree = files.open(Fd.CWD, root, OpenFlags.PATH | OpenFlags.DIRECTORY);
                Fd found = files.open(
                        tree,
                        "etc/passwd",
                        OpenFlags.PATH,
                        0,
                        OpenFlags.RESOLVE_IN_ROOT | OpenFlags.RESOLVE_NO_MAGICLINKS)) {
            if (!isOrdinary(found)) {
                return Optional.empty();
            }
            return Optional.of(home(found, process.user().uid()));
        } catch (SystemCallException unreadable) {
            return Optional.empty();
        }
    }

    /**
     * Looked at before it is opened: opening a device may do something, and reading a file that is the kernel's own may
     * wait for ever, as that of {@code /proc/kmsg} does. Such have no size, but for those of sysfs.
     */
    private boolean isOrdinary(Fd found) {
        FileStatus status = files.status(found);
        long type = files.fileSystem(found).type();
        return status.isRegular()
                && status.size() > 0
                && type != FileSystemStatus.PROC
                && type != FileSystemStatus.SYSFS;
    }

    private String home(Fd passwd, long uid) {
        try (Fd file = files.open(Fd.CWD, "/proc/self/fd/" + passwd.number(), OpenFlags.RDONLY)) {
            String text = new String(files.readAll(file, Accounts.FILE_MOST), StandardCharsets.UTF_8);
            return Accounts.parse(text, "").resolve(Long.toString(uid)).home();
        }
    }
}
