package dev.carafe.cli;

import java.util.List;
import java.util.concurrent.Callable;

/** {@code carafe volume}: finds the command that the next word names. */
final class VolumeCommands {

    private static final int FAILURE = 1;

    private static final String USAGE = """
            Usage: carafe volume COMMAND

              create    make one
              list      those that there are
              inspect   all that is known of some
              rm        remove some and their files
              prune     remove those that nobody uses
            """;

    private VolumeCommands() {}

    static Ending execute(Invocation invocation, List<String> words) {
        if (words.isEmpty() || List.of("-h", "--help", "help").contains(words.getFirst())) {
            invocation.output().print(USAGE);
            return words.isEmpty() ? Ending.FAILURE : Ending.SUCCESS;
        }
        Callable<Ending> command = switch (words.getFirst()) {
            case "create" -> new VolumeCreateCommand(invocation);
            case "list", "ls" -> new VolumeListCommand(invocation);
            case "inspect" -> new VolumeInspectCommand(invocation);
            case "rm", "remove" -> new VolumeRemoveCommand(invocation);
            case "prune" -> new VolumePruneCommand(invocation);
            default ->
                throw new UsageException(
                        "there is no command \"volume " + words.getFirst() + "\"; \"carafe volume --help\" lists them");
        };
        return CommandLineDoor.parsed(invocation, command, words.subList(1, words.size()), FAILURE);
    }
}
