package dev.carafe.cli;

import dev.carafe.engine.InstanceProcess;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe top}. */
@Command(
        name = "carafe top",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Lists the processes of an instance, by their numbers and users on this machine.")
final class ProcessesCommand implements Callable<Ending> {

    static final Listing<InstanceProcess> LISTING = new Listing<>(
            List.of(
                    Listing.Column.of("uid", it -> Long.toString(it.uid())),
                    Listing.Column.of("pid", it -> Integer.toString(it.pid())),
                    Listing.Column.of("ppid", it -> Integer.toString(it.parent())),
                    Listing.Column.of("state", InstanceProcess::state),
                    new Listing.Column<>(
                            "memory", it -> Quantities.readable(it.memory()), it -> Long.toString(it.memory())),
                    new Listing.Column<>(
                            "time",
                            it -> clock(it.time()),
                            it -> Long.toString(it.time().toMillis())),
                    Listing.Column.of("command", it -> it.command().replaceAll("\\p{Cntrl}", " "))),
            7);

    private final Invocation invocation;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "table", description = Listing.FORMATS)
    String format = "table";

    @Parameters(paramLabel = "NAME", description = "The instance.")
    String name = "";

    ProcessesCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        LISTING.print(invocation.engine().instances().find(name).processes(), format, invocation.output());
        return Ending.SUCCESS;
    }

    private static String clock(Duration time) {
        return "%d:%02d".formatted(time.toMinutes(), time.toSecondsPart());
    }
}
