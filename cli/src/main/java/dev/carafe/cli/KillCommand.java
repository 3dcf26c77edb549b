package dev.carafe.cli;

import dev.carafe.engine.Signals;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code carafe kill}. */
@Command(
        name = "carafe kill",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Signals the programs of instances.")
final class KillCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-s", "--signal"},
            paramLabel = "SIGNAL",
            defaultValue = "KILL",
            description = "Its name or number; KILL unless given.")
    String signal = "KILL";

    @Mixin
    final InstanceNames names = new InstanceNames();

    KillCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        return names.act(invocation, instance -> instance.kill(Signals.parse(signal)));
    }
}
