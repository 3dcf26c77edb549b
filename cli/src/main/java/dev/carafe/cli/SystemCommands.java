package dev.carafe.cli;

import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code carafe system}: finds the command that the next word names. */
final class SystemCommands {

    static final CommandGroup GROUP = new CommandGroup("system", () -> SystemCommands.USAGE, SystemCommands::find);

    private static final String USAGE = """
            Usage: carafe system COMMAND

              df      what images, instances and volumes take on the disk
              info    what Carafe is and has on this machine; also carafe info
              prune   remove what nobody uses: instances that do not run, volumes, networks, layers
            """;

    private SystemCommands() {}

    private static Optional<Callable<Ending>> find(Invocation invocation, String word) {
        return switch (word) {
            case "df" -> Optional.of(new SystemUsageCommand(invocation));
            case "info" -> Optional.of(new SystemInfoCommand(invocation));
            case "prune" -> Optional.of(new SystemPruneCommand(invocation));
            default -> Optional.empty();
        };
    }
}
