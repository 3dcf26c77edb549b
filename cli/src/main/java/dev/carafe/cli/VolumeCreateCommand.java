package dev.carafe.cli;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe volume create}. */
@Command(
        name = "carafe volume create",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Makes a volume and prints its name; one that is there already stays as it is.")
final class VolumeCreateCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-l", "--label"},
            paramLabel = "NAME=VALUE",
            description = "For whoever looks for volumes.")
    List<String> labels = List.of();

    @Option(
            names = {"-d", "--driver"},
            paramLabel = "DRIVER",
            description = "Only local, a folder of this machine.")
    String driver = "local";

    @Parameters(paramLabel = "NAME", arity = "0..1", description = "Random digits unless given.")
    @Nullable
    String name;

    VolumeCreateCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        if (!driver.equals("local")) {
            throw new UsageException("--driver " + driver + ": volumes are folders of this machine, as of local");
        }
        invocation
                .output()
                .println(invocation
                        .engine()
                        .volumes()
                        .create(Optional.ofNullable(name), RunOptions.pairs("--label", labels))
                        .name());
        return Ending.SUCCESS;
    }
}
