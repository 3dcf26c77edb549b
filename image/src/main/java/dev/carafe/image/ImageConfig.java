package dev.carafe.image;

import java.util.List;

/**
 * How an image wants to be run; whoever runs it may override each of these.
 *
 * @param environment {@code NAME=value}, in the image's order
 * @param entrypoint the program with its first arguments; empty where the command names the program itself
 * @param command what follows the entrypoint unless the user gives arguments
 * @param workingDirectory absolute, inside the image; may be missing there
 * @param user as {@link Accounts#resolve} takes it; empty for the superuser
 */
public record ImageConfig(
        List<String> environment, List<String> entrypoint, List<String> command, String workingDirectory, String user) {

    public ImageConfig {
        environment = List.copyOf(environment);
        entrypoint = List.copyOf(entrypoint);
        command = List.copyOf(command);
    }
}
