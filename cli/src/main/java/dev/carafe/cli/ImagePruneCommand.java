package dev.carafe.cli;

import dev.carafe.engine.Instance;
import dev.carafe.image.LocalImages;
import dev.carafe.image.store.Freed;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
            description = "Also all images that no instance was made of.")
    boolean all;

    @Option(names = "--unfinished", description = "Also what came today of transfers that were cut short.")
    boolean unfinished;

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
        if (packed && (all || unfinished)) {
            throw new UsageException(
                    "--packed drops layers of images that stay; --all and --unfinished remove: leave the one or the others");
        }
        try (LocalImages images = invocation.images().local()) {
            if (packed) {
                PackedReport.print(invocation, images.dropPacked(images.list()));
            } else {
                prune(invocation, images, all, unfinished);
            }
            return Ending.SUCCESS;
        }
    }

    /** Frees what is not needed, and prints the names that went and how much that was. */
    static void prune(Invocation invocation, LocalImages images, boolean all, boolean unfinished) {
        if (all) {
            Set<String> used = invocation.engine().instances().list().stream()
                    .map(Instance.View::identity)
                    .collect(Collectors.toSet());
            for (LocalImages.Summary image : images.list()) {
                if (image.content()
                        .filter(it -> used.contains(it.id().toString()))
                        .isEmpty()) {
                    images.forget(image);
                    invocation.output().println(image.reference().familiar());
                }
            }
        }
        Freed freed = images.prune(unfinished);
        invocation
                .output()
                .println("freed " + Quantities.readable(freed.bytes()) + ": " + freed.blobs() + " blobs, "
                        + freed.layers() + " layers");
    }
}
