package dev.carafe.cli;

import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code carafe network}: finds the command that the next word names. */
final class NetworkCommands {

    static final CommandGroup GROUP = new CommandGroup("network", () -> NetworkCommands.USAGE, NetworkCommands::find);

    private static final String USAGE = """
            Usage: carafe network COMMAND

              list      the networks that there are
              inspect   all that is known of one
              prune     take away what no instance needs of them; it comes back when it is needed
            """;

    private NetworkCommands() {}

    private static Optional<Callable<Ending>> find(Invocation invocation, String word) {
        return switch (word) {
            case "list", "ls" -> Optional.of(new NetworkListCommand(invocation));
            case "inspect" -> Optional.of(new NetworkInspectCommand(invocation));
            case "prune" -> Optional.of(new NetworkPruneCommand(invocation));
            case "create", "rm", "remove", "connect", "disconnect" ->
                throw new UsageException(
                        "\"network " + word + "\" is not supported yet: there are the networks bridge, host and none");
            default -> Optional.empty();
        };
    }
}
