package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;

/**
 * The socket that a terminal's master side is sent to, as {@code --console-socket} has it.
 *
 * @param path of a Unix stream socket that somebody listens on
 */
public record ConsoleSocket(Kernel kernel, String path) implements Containers.TerminalOwner {

    @Override
    public void take(Fd master) {
        try {
            Delivery.send(kernel, path, "/dev/ptmx", master);
        } catch (SystemCallException exception) {
            throw new RuntimeFailure("--console-socket " + path + ": " + exception.getMessage(), exception);
        }
    }
}
