package dev.carafe.cli;

import dev.carafe.image.LocalImages;
import dev.carafe.oci.image.ImageConfig.Step;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe image history}, also {@code carafe history}. */
@Command(
        name = "carafe image history",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Prints how an image's layers came about, the last one first.")
final class ImageHistoryCommand implements Callable<Ending> {

    private final Invocation invocation;

    static final Listing<Step> LISTING = new Listing<>(
            List.of(
                    new Listing.Column<>(
                            "created",
                            it -> it.created().orElse("-").replaceAll("T.*", ""),
                            it -> it.created().orElse("-")),
                    new Listing.Column<>(
                            "by",
                            it -> shortened(it.createdBy().orElse("-")),
                            it -> it.createdBy().orElse("-")),
                    Listing.Column.of("empty", it -> Boolean.toString(it.emptyLayer())),
                    Listing.Column.of("comment", it -> it.comment().orElse(""))),
            4);

    private static final int WIDEST = 60;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "table", description = Listing.FORMATS)
    String format = "table";

    @Parameters(paramLabel = "IMAGE", arity = "1", description = "A name, a digest, or the first digits of an id.")
    String name = "";

    ImageHistoryCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        try (LocalImages images = invocation.images().local()) {
            List<Step> steps =
                    images.find(name).content().map(it -> it.config().history()).orElse(List.of());
            LISTING.print(steps.reversed(), format, invocation.output());
            return Ending.SUCCESS;
        }
    }

    private static String shortened(String text) {
        String line = text.replaceAll("[\\p{Cntrl}\\s]+", " ");
        return line.length() <= WIDEST ? line : line.substring(0, WIDEST - 1) + "\u2026";
    }
}
