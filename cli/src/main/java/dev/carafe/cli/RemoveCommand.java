package dev.carafe.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code carafe rm}. */
@Command(
        name = "carafe rm",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Removes instances and their changes to their images.")
final class RemoveCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-f", "--force"},
            description = "End those that run, and remove what is broken.")
    boolean force;

    @Option(
            names = {"-v", "--volumes"},
            description = "Remove the volumes without names that were made for them as well.")
    boolean volumes;

    @Mixin
    final InstanceNames names = new InstanceNames();

    RemoveCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        return names.act(invocation, instance -> instance.remove(force, volumes));
    }
}
