package dev.carafe.cli;

import dev.carafe.image.LocalImages;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code carafe system prune}. */
@Command(
        name = "carafe system prune",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Removes what nobody uses: instances that do not run, the devices of networks that nobody is in,",
            "and blobs and layers that no image has. Images and volumes stay unless told otherwise."
        })
final class SystemPruneCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-a", "--all"},
            description = "Also all images that no instance was made of.")
    boolean all;

    @Option(names = "--volumes", description = "Also volumes without names that no instance has any more.")
    boolean volumes;

    @Option(
            names = "--filter",
            paramLabel = "KEY=VALUE",
            description = "Of instances only those of which it is true: until (older than that), label.")
    List<String> filters = List.of();

    @Option(
            names = {"-f", "--force"},
            description = "Taken, as docker has it; nobody is asked in any case.")
    boolean unused;

    SystemPruneCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        PruneCommand.prune(invocation, filters);
        invocation.networks().prune().forEach(invocation.output()::println);
        if (volumes) {
            invocation
                    .engine()
                    .volumes()
                    .prune(false)
                    .forEach(volume -> invocation.output().println(volume.name()));
        }
        try (LocalImages images = invocation.images().local()) {
            ImagePruneCommand.prune(invocation, images, all, false);
        }
        return Ending.SUCCESS;
    }
}
