package dev.carafe.cli;

import dev.carafe.image.LocalImages;
import dev.carafe.oci.image.Reference;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code carafe image tag}, also {@code carafe tag}. */
@Command(
        name = "carafe image tag",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Gives an image a further name.")
final class ImageTagCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "A name, a digest, or the first digits of an id.")
    String name = "";

    @Parameters(index = "1", paramLabel = "NAME", description = "The further name.")
    String further = "";

    ImageTagCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Reference reference = Reference.parse(further);
        try (LocalImages images = invocation.images().local()) {
            images.tag(images.find(name), reference);
            return Ending.SUCCESS;
        }
    }
}
