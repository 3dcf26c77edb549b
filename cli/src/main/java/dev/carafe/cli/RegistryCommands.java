package dev.carafe.cli;

import java.util.List;
import java.util.concurrent.Callable;

/** {@code carafe registry}: finds the command that the next word names. */
final class RegistryCommands {

    private static final int FAILURE = 1;

    private static final String USAGE = """
            Usage: carafe registry COMMAND

              tags        list the tags of a repository
              referrers   list what is about an image: signatures, lists of contents
              rm          delete an image or a tag from its registry

            "carafe pull", "push" and "image copy" move images; "carafe login" says who you are.
            """;

    private RegistryCommands() {}

    static Ending execute(Invocation invocation, List<String> words) {
        if (words.isEmpty() || List.of("-h", "--help", "help").contains(words.getFirst())) {
            invocation.output().print(USAGE);
            return words.isEmpty() ? Ending.FAILURE : Ending.SUCCESS;
        }
        Callable<Ending> command = switch (words.getFirst()) {
            case "tags" -> new RegistryTagsCommand(invocation);
            case "referrers" -> new RegistryReferrersCommand(invocation);
            case "rm", "remove" -> new RegistryRemoveCommand(invocation);
            default ->
                throw new UsageException("there is no command \"registry " + words.getFirst()
                        + "\"; \"carafe registry --help\" lists them");
        };
        return CommandLineDoor.parsed(invocation, command, words.subList(1, words.size()), FAILURE);
    }
}
