package dev.carafe.cli;

import dev.carafe.engine.Instance;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code carafe unpause}. */
@Command(
        name = "carafe unpause",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Lets the processes of paused instances go on.")
final class UnpauseCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Parameters(
            paramLabel = "NAME",
            arity = "1..*",
            description = "The name of an instance, its id, or the first digits of that.")
    private List<String> names = new ArrayList<>();

    UnpauseCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        return EachInstance.named(invocation, names, Instance::unpause);
    }
}
