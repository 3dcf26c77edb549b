package dev.carafe.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code carafe restart}. */
@Command(
        name = "carafe restart",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Ends instances and starts them again.")
final class RestartCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Mixin
    final StopOptions how = new StopOptions();

    @Mixin
    final InstanceNames names = new InstanceNames();

    RestartCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        return names.act(invocation, instance -> {
            how.stop(instance);
            instance.start(invocation.starter(), Optional.empty());
        });
    }
}
