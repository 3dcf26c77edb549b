package dev.carafe.cli;

import dev.carafe.engine.Instance;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code carafe pause}. */
@Command(
        name = "carafe pause",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Stops all processes of instances where they stand.")
final class PauseCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Mixin
    final InstanceNames names = new InstanceNames();

    PauseCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        return names.act(invocation, Instance::pause);
    }
}
