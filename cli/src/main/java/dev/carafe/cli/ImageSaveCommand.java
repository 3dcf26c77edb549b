package dev.carafe.cli;

import dev.carafe.image.LocalImages;
import dev.carafe.image.LocalImages.Summary;
import dev.carafe.image.archive.ImageWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe image save}, also {@code carafe save}. */
@Command(
        name = "carafe image save",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Writes images to an archive, which docker load reads too, or to an OCI image layout.")
final class ImageSaveCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "PATH",
            description = "The archive, or the layout's folder; else an archive goes to standard output.")
    @Nullable
    String output;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "archive",
            description = "archive, or layout for a folder, which may have other images already.")
    String format = "archive";

    @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "A name, a digest, or the first digits of an id.")
    List<String> names = List.of();

    ImageSaveCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() throws IOException {
        try (LocalImages images = invocation.images().local()) {
            List<Summary> found = names.stream().map(images::find).toList();
            switch (format) {
                case "layout" -> {
                    if (output == null) {
                        throw new UsageException("--format layout: -o has to name the folder");
                    }
                    try (ImageWriter writer = ImageWriter.layout(invocation.kernel(), invocation.absolute(output))) {
                        images.save(found, writer);
                    }
                }
                case "archive" ->
                    new OutputFile(invocation, output).write((out, title) -> write(images, found, out, title));
                default -> throw new UsageException("--format " + format + ": archive or layout");
            }
            return Ending.SUCCESS;
        }
    }

    private static void write(LocalImages images, List<Summary> found, OutputStream out, String title) {
        try (ImageWriter writer = ImageWriter.archive(out, title)) {
            images.save(found, writer);
        }
    }
}
