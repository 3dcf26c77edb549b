package dev.carafe.cli;

import dev.carafe.engine.EngineException;
import dev.carafe.engine.Volumes;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe volume rm}. */
@Command(
        name = "carafe volume rm",
        mixinStandardHelpOptions = true,
        description = "Removes volumes and their files. One that an instance has stays.")
final class VolumeRemoveCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-f", "--force"},
            description = "Say nothing of those that are not there.")
    boolean force;

    @Parameters(paramLabel = "NAME", arity = "1..*", description = "As the list has it.")
    List<String> names = List.of();

    VolumeRemoveCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Volumes volumes = invocation.engine().volumes();
        for (String name : names) {
            try {
                volumes.remove(name);
            } catch (EngineException exception) {
                if (!force || exception.kind() != EngineException.Kind.NOT_FOUND) {
                    throw exception;
                }
                continue;
            }
            invocation.output().println(name);
        }
        return Ending.SUCCESS;
    }
}
