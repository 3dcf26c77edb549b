package dev.carafe.cli;

import dev.carafe.engine.Instance;
import dev.carafe.engine.Signals;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How an instance is ended. */
final class StopOptions {

    @Option(
            names = {"-t", "--time", "--timeout"},
            paramLabel = "SECONDS",
            description = "How long to wait before SIGKILL; -1 for as long as it takes.")
    @Nullable
    Integer seconds;

    @Option(
            names = {"-s", "--signal"},
            paramLabel = "SIGNAL",
            description = "Instead of its own stop signal.")
    @Nullable
    String signal;

    void stop(Instance instance) {
        instance.stop(
                Optional.ofNullable(signal).map(Signals::parse),
                Optional.ofNullable(seconds).map(Duration::ofSeconds));
    }
}
