package dev.carafe.cli;

import java.util.List;
import java.util.concurrent.Callable;

/** {@code carafe system}: finds the command that the next word names. */
final class SystemCommands {

    private static final int FAILURE = 1;

    private static final String USAGE = """
            Usage: carafe system COMMAND

              df      what images, instances and volumes take on the disk
              info    what Carafe is and has on this machine; also carafe info
              prune   remove what nobody uses: instances that do not run, volumes, networks, layers
            """;

    private SystemCommands() {}

    static Ending execute(Invocation invocation, List<String> words) {
        if (words.isEmpty() || List.of("-h", "--help", "help").contains(words.getFirst())) {
            invocation.output().print(USAGE);
            return words.isEmpty() ? Ending.FAILURE : Ending.SUCCESS;
        }
        Callable<Ending> command = switch (words.getFirst()) {
            case "df" -> new SystemUsageCommand(invocation);
            case "info" -> new SystemInfoCommand(invocation);
            case "prune" -> new SystemPruneCommand(invocation);
            default ->
                throw new UsageException(
                        "there is no command \"system " + words.getFirst() + "\"; \"carafe system --help\" lists them");
        };
        return CommandLineDoor.parsed(invocation, command, words.subList(1, words.size()), FAILURE);
    }
}
