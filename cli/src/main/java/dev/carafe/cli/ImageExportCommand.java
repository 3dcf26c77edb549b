package dev.carafe.cli;

import dev.carafe.image.LocalImages;
import dev.carafe.image.LocalImages.Summary;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe image export}. */
@Command(
        name = "carafe image export",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Writes an image's files, as they are when it runs, to one archive.")
final class ImageExportCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "The archive; else it goes to standard output.")
    @Nullable
    String output;

    @Parameters(paramLabel = "IMAGE", arity = "1", description = "A name, a digest, or the first digits of an id.")
    String name = "";

    ImageExportCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() throws IOException {
        try (LocalImages images = invocation.images().local()) {
            Summary image = images.find(name);
            new OutputFile(invocation, output).write((out, title) -> images.export(image, out));
            return Ending.SUCCESS;
        }
    }
}
