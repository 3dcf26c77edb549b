package dev.carafe.cli;

import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code carafe registry}: finds the command that the next word names. */
final class RegistryCommands {

    static final CommandGroup GROUP =
            new CommandGroup("registry", () -> RegistryCommands.USAGE, RegistryCommands::find);

    private static final String USAGE = """
            Usage: carafe registry COMMAND

              tags        list the tags of a repository
              referrers   list what is about an image: signatures, lists of contents
              rm          delete an image or a tag from its registry

            "carafe pull", "push" and "image copy" move images; "carafe login" says who you are.
            """;

    private RegistryCommands() {}

    private static Optional<Callable<Ending>> find(Invocation invocation, String word) {
        return switch (word) {
            case "tags" -> Optional.of(new RegistryTagsCommand(invocation));
            case "referrers" -> Optional.of(new RegistryReferrersCommand(invocation));
            case "rm", "remove" -> Optional.of(new RegistryRemoveCommand(invocation));
            default -> Optional.empty();
        };
    }
}
