package dev.carafe.cli;

import java.util.List;
import java.util.concurrent.Callable;

/** {@code carafe network}: finds the command that the next word names. */
final class NetworkCommands {

    private static final int FAILURE = 1;

    private static final String USAGE = """
            Usage: carafe network COMMAND

              list      the networks that there are
              inspect   all that is known of one
              prune     take away what no instance needs of them; it comes back when it is needed
            """;

    private NetworkCommands() {}

    static Ending execute(Invocation invocation, List<String> words) {
        if (words.isEmpty() || List.of("-h", "--help", "help").contains(words.getFirst())) {
            invocation.output().print(USAGE);
            return words.isEmpty() ? Ending.FAILURE : Ending.SUCCESS;
        }
        Callable<Ending> command = switch (words.getFirst()) {
            case "list", "ls" -> new NetworkListCommand(invocation);
            case "inspect" -> new NetworkInspectCommand(invocation);
            case "prune" -> new NetworkPruneCommand(invocation);
            case "create", "rm", "remove", "connect", "disconnect" ->
                throw new UsageException("\"network " + words.getFirst()
                        + "\" is not supported yet: there are the networks bridge, host and none");
            default ->
                throw new UsageException("there is no command \"network " + words.getFirst()
                        + "\"; \"carafe network --help\" lists them");
        };
        return CommandLineDoor.parsed(invocation, command, words.subList(1, words.size()), FAILURE);
    }
}
