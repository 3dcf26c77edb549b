package dev.carafe.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code carafe network prune}. */
@Command(
        name = "carafe network prune",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Takes the devices and packet filter rules of networks away that no instance is in, and prints their names.",
            "They are made again when they are needed."
        })
final class NetworkPruneCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-f", "--force"},
            description = "Taken, as docker has it; nobody is asked in any case.")
    boolean unused;

    NetworkPruneCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        invocation.networks().prune().forEach(invocation.output()::println);
        return Ending.SUCCESS;
    }
}
