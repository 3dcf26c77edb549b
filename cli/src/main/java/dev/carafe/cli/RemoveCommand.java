package dev.carafe.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

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
    private boolean force;

    @Option(
            names = {"-v", "--volumes"},
            description = "Remove the volumes without names that were made for them as well.")
    private boolean volumes;

    @Parameters(
            paramLabel = "NAME",
            arity = "1..*",
            description = "The name of an instance, its id, or the first digits of that.")
    private List<String> names = new ArrayList<>();

    RemoveCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        return EachInstance.named(invocation, names, instance -> instance.remove(force, volumes));
    }
}
