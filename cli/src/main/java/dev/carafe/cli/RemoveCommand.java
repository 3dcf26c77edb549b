package dev.carafe.cli;

import dev.carafe.engine.Engine;
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
        description = "Removes instances and their changes to their images.")
final class RemoveCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-f", "--force"},
            description = "End those that run.")
    private boolean force;

    @Parameters(paramLabel = "NAME", arity = "1..*", description = "As given to run --name; else the host name inside.")
    private List<String> names = new ArrayList<>();

    RemoveCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Engine engine = invocation.engine();
        for (String name : names) {
            engine.remove(name, force, invocation.starter());
            invocation.output().println(name);
        }
        return Ending.SUCCESS;
    }
}
