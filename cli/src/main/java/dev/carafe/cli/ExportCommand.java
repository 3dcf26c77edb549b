package dev.carafe.cli;

import dev.carafe.engine.Instance;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe export}. */
@Command(
        name = "carafe export",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Writes an instance's files, without what is mounted, to one archive.")
final class ExportCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "The archive; else it goes to standard output.")
    @Nullable
    String output;

    @Option(
            names = {"-p", "--pause"},
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Let an instance that runs stand still meanwhile, as it does unless told otherwise.")
    boolean pause;

    @Parameters(paramLabel = "NAME", arity = "1", description = "The instance.")
    String name = "";

    ExportCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() throws IOException {
        Instance instance = invocation.engine().instances().find(name);
        new OutputFile(invocation, output).write((out, title) -> instance.export(out, pause));
        return Ending.SUCCESS;
    }
}
