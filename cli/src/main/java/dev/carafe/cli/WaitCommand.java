package dev.carafe.cli;

import dev.carafe.engine.Instance;
import dev.carafe.linux.Polling;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code carafe wait}. */
@Command(
        name = "carafe wait",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Waits until instances have ended, one after the other, and prints the status of each.")
final class WaitCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Mixin
    final InstanceNames names = new InstanceNames();

    WaitCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        List<Instance> found =
                new ArrayList<>(); // before waiting: one that is removed at its end has a name until then
        Ending ending = names.each(invocation, (name, instance) -> found.add(instance));
        for (Instance instance : found) {
            invocation
                    .output()
                    .println(instance.await(Polling.FOREVER)
                            .map(exit -> exit.status())
                            .orElse(0));
            invocation.output().flush();
        }
        return ending;
    }
}
