package dev.carafe.cli;

import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Reference;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe image squash}. */
@Command(
        name = "carafe image squash",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Makes an image with one layer in place of all those of another one.")
final class ImageSquashCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-t", "--tag"},
            required = true,
            paramLabel = "NEW",
            description = "What the new image is called.")
    String tag = "";

    @Parameters(index = "0", paramLabel = "NAME", description = "A name, a digest, or the first digits of an id.")
    String name = "";

    ImageSquashCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Reference reference = Reference.parse(tag).withDefaultTag();
        Digest digest = invocation.images().squash(name, reference);
        invocation.output().println(reference.familiar() + "  " + digest);
        return Ending.SUCCESS;
    }
}
