package dev.carafe.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code carafe volume prune}. */
@Command(
        name = "carafe volume prune",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Removes volumes that were made for instances, and that none has any more; prints their names.")
final class VolumePruneCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-a", "--all"},
            description = "Also those that somebody has given a name.")
    boolean all;

    @Option(
            names = {"-f", "--force"},
            description = "Taken, as docker has it; nobody is asked in any case.")
    boolean unused;

    VolumePruneCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        invocation
                .engine()
                .volumes()
                .prune(all)
                .forEach(volume -> invocation.output().println(volume.name()));
        return Ending.SUCCESS;
    }
}
