package dev.carafe.cli;

import dev.carafe.engine.Signals;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

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
    private String signal = "KILL";

    @Parameters(
            paramLabel = "NAME",
            arity = "1..*",
            description = "The name of an instance, its id, or the first digits of that.")
    private List<String> names = new ArrayList<>();

    KillCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        return EachInstance.named(invocation, names, instance -> instance.kill(Signals.parse(signal)));
    }
}
