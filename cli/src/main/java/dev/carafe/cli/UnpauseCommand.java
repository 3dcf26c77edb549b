package dev.carafe.cli;

import dev.carafe.engine.Instance;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code carafe unpause}. */
@Command(
        name = "carafe unpause",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Lets the processes of paused instances go on.")
final class UnpauseCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Mixin
    final InstanceNames names = new InstanceNames();

    UnpauseCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        return names.act(invocation, Instance::unpause);
    }
}
