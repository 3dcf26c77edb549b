package dev.carafe.cli;

import dev.carafe.image.LocalImages;
import dev.carafe.image.store.Freed;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code carafe image prune}. */
@Command(
        name = "carafe image prune",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Frees what no name leads to and nobody uses.")
final class ImagePruneCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-a", "--all"},
            description = "Also what came today of transfers that were cut short.")
    private boolean all;

    ImagePruneCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        try (LocalImages images = invocation.images().local()) {
            Freed freed = images.prune(all);
            invocation
                    .output()
                    .println("freed " + Quantities.readable(freed.bytes()) + ": " + freed.blobs() + " blobs, "
                            + freed.layers() + " layers");
            return Ending.SUCCESS;
        }
    }
}
