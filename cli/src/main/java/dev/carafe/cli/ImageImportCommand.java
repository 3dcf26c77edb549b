package dev.carafe.cli;

import dev.carafe.image.Instructions;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Reference;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe image import}, also {@code carafe import}. */
@Command(
        name = "carafe image import",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Makes an image from the archive of a root file system.")
final class ImageImportCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-c", "--change"},
            paramLabel = "INSTRUCTION",
            description = "How it is run, as in a Dockerfile: CMD [\"sh\"], ENV A=1, USER 1000 …")
    List<String> changes = List.of();

    @Parameters(index = "0", paramLabel = "FILE", description = "The archive, compressed or not; - for standard input.")
    String file = "";

    @Parameters(index = "1", paramLabel = "NAME", description = "What the image is called.")
    String name = "";

    ImageImportCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() throws IOException {
        Reference reference = Reference.parse(name).withDefaultTag();
        try (InputStream tar = Files.newInputStream(invocation.absolute(file.equals("-") ? "/dev/stdin" : file))) {
            Digest digest = invocation.images().importArchive(file, tar, reference, Instructions.read(changes));
            invocation.output().println(reference.familiar() + "  " + digest);
            return Ending.SUCCESS;
        }
    }
}
