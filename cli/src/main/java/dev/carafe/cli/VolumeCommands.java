package dev.carafe.cli;

import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code carafe volume}: finds the command that the next word names. */
final class VolumeCommands {

    static final CommandGroup GROUP = new CommandGroup("volume", () -> VolumeCommands.USAGE, VolumeCommands::find);

    private static final String USAGE = """
            Usage: carafe volume COMMAND

              create    make one
              list      those that there are
              inspect   all that is known of some
              rm        remove some and their files
              prune     remove those that nobody uses
            """;

    private VolumeCommands() {}

    private static Optional<Callable<Ending>> find(Invocation invocation, String word) {
        return switch (word) {
            case "create" -> Optional.of(new VolumeCreateCommand(invocation));
            case "list", "ls" -> Optional.of(new VolumeListCommand(invocation));
            case "inspect" -> Optional.of(new VolumeInspectCommand(invocation));
            case "rm", "remove" -> Optional.of(new VolumeRemoveCommand(invocation));
            case "prune" -> Optional.of(new VolumePruneCommand(invocation));
            default -> Optional.empty();
        };
    }
}
