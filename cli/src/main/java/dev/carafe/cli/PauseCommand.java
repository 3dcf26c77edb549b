package dev.carafe.cli;

import dev.carafe.engine.Instance;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code carafe pause}. */
@Command(
        name = "carafe pause",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Stops all processes of instances where they stand.")
final class PauseCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Parameters(
            paramLabel = "NAME",
            arity = "1..*",
            description = "The name of an instance, its id, or the first digits of that.")
    private List<String> names = new ArrayList<>();

    PauseCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        return EachInstance.named(invocation, names, Instance::pause);
    }
}
