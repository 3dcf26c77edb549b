package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Where a caller wants to hear of a new process before its program begins.
 *
 * @param pidFile its number is written here, wholly or not at all
 * @param pidfdSocket a descriptor of it ({@code pidfd_open(2)}) is sent to whoever listens here
 */
public record ProcessNotice(Optional<String> pidFile, Optional<String> pidfdSocket) {

    public static final ProcessNotice NONE = new ProcessNotice(Optional.empty(), Optional.empty());

    void give(Kernel kernel, int pid) {
        pidFile.ifPresent(path -> writePidFile(kernel.files(), path, pid));
        pidfdSocket.ifPresent(path -> sendPidfd(kernel, path, pid));
    }

    private static void writePidFile(Files files, String path, int pid) {
        int slash = path.lastIndexOf('/');
        String temporary = path.substring(0, slash + 1) + "." + path.substring(slash + 1);
        try (Fd file = files.open(Fd.CWD, temporary, OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.TRUNC, 0644, 0)) {
            files.write(file, Integer.toString(pid).getBytes(StandardCharsets.US_ASCII));
        } catch (SystemCallException exception) {
            throw new RuntimeFailure("--pid-file " + path + ": " + exception.getMessage(), exception);
        }
        files.rename(Fd.CWD, temporary, Fd.CWD, path);
    }

    private static void sendPidfd(Kernel kernel, String path, int pid) {
        try (Fd process = kernel.processes().open(pid)) {
            Delivery.send(kernel, path, "pidfd", process);
        } catch (SystemCallException exception) {
            throw new RuntimeFailure("--pidfd-socket " + path + ": " + exception.getMessage(), exception);
        }
    }
}
