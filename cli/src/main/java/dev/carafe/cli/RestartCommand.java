package dev.carafe.cli;

import dev.carafe.engine.Signals;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe restart}. */
@Command(
        name = "carafe restart",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Ends instances and starts them again.")
final class RestartCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-t", "--time", "--timeout"},
            paramLabel = "SECONDS",
            description = "How long to wait before SIGKILL; -1 for as long as it takes.")
    private @Nullable Integer seconds;

    @Option(
            names = {"-s", "--signal"},
            paramLabel = "SIGNAL",
            description = "Instead of its own stop signal.")
    private @Nullable String signal;

    @Parameters(
            paramLabel = "NAME",
            arity = "1..*",
            description = "The name of an instance, its id, or the first digits of that.")
    private List<String> names = new ArrayList<>();

    RestartCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        return EachInstance.named(invocation, names, instance -> {
            instance.stop(
                    Optional.ofNullable(signal).map(Signals::parse),
                    Optional.ofNullable(seconds).map(Duration::ofSeconds));
            instance.start(invocation.starter(), Optional.empty());
        });
    }
}
