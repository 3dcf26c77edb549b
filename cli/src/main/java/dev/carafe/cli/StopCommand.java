package dev.carafe.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code carafe stop}. */
@Command(
        name = "carafe stop",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Ends instances: their stop signal first, and SIGKILL if that takes too long.")
final class StopCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Mixin
    final StopOptions how = new StopOptions();

    @Mixin
    final InstanceNames names = new InstanceNames();

    StopCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        return names.act(invocation, how::stop);
    }
}
