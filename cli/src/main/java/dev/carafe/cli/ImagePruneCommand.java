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
    boolean all;

    @Option(
            names = "--packed",
            description = {
                "Instead, the packed layers of images that are here unpacked:",
                "they are made again, to the byte, when an image is pushed or saved."
            })
    boolean packed;

    @Option(
            names = {"-f", "--force"},
            description = "Taken, as docker has it; nobody is asked in any case.")
    boolean unused;

    ImagePruneCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        if (all && packed) {
            throw new UsageException("--all is about transfers, and --packed about layers: leave one away");
        }
        try (LocalImages images = invocation.images().local()) {
            if (packed) {
                PackedReport.print(invocation, images.dropPacked(images.list()));
                return Ending.SUCCESS;
            }
            Freed freed = images.prune(all);
            invocation
                    .output()
                    .println("freed " + Quantities.readable(freed.bytes()) + ": " + freed.blobs() + " blobs, "
                            + freed.layers() + " layers");
            return Ending.SUCCESS;
        }
    }
}
