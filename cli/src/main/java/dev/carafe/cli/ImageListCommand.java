package dev.carafe.cli;

import dev.carafe.image.LocalImages;
import dev.carafe.image.LocalImages.Summary;
import dev.carafe.oci.image.Reference;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe image list}, also {@code carafe images}. */
@Command(
        name = "carafe image list",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Lists the images that are here.")
final class ImageListCommand implements Callable<Ending> {

    private static final int SHORT_ID = 12;
    private static final String NONE = "-";

    static final Listing<Summary> LISTING = new Listing<>(
            List.of(
                    Listing.Column.of("name", ImageListCommand::name),
                    Listing.Column.of("tag", it -> it.reference().tag().orElse(NONE)),
                    new Listing.Column<>(
                            "id", it -> id(it).substring(0, Math.min(SHORT_ID, id(it).length())), ImageListCommand::id),
                    Listing.Column.of(
                            "platform",
                            it -> it.content()
                                    .map(content -> content.config().platform().toString())
                                    .orElse(NONE)),
                    new Listing.Column<>("created", it -> created(it).replaceAll("T.*", ""), ImageListCommand::created),
                    new Listing.Column<>(
                            "size",
                            it -> it.content()
                                    .map(content -> Quantities.readable(content.size()))
                                    .orElse(NONE),
                            it -> it.content()
                                    .map(content -> Long.toString(content.size()))
                                    .orElse(NONE)),
                    Listing.Column.of(
                            "digest", it -> it.name().target().digest().toString()),
                    Listing.Column.of("reference", it -> it.name().text())),
            6);

    private final Invocation invocation;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "table", description = Listing.FORMATS)
    String format = "table";

    @Option(
            names = {"-q", "--quiet"},
            description = "Only the digests.")
    boolean quiet;

    @Parameters(paramLabel = "NAME", arity = "0..*", description = "Only images whose name begins like this.")
    List<String> names = List.of();

    ImageListCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        try (LocalImages images = invocation.images().local()) {
            List<Summary> shown = images.list().stream()
                    .filter(it -> names.isEmpty()
                            || names.stream()
                                    .anyMatch(name -> it.reference().familiar().startsWith(name)
                                            || it.name().text().startsWith(name)))
                    .toList();
            LISTING.print(shown, quiet ? "digest" : format, invocation.output());
            return Ending.SUCCESS;
        }
    }

    private static String name(Summary image) {
        Reference reference = image.reference();
        return new Reference(reference.host(), reference.path(), java.util.Optional.empty(), java.util.Optional.empty())
                .familiar();
    }

    private static String id(Summary image) {
        return image.content().map(it -> it.id().hex()).orElse(NONE);
    }

    private static String created(Summary image) {
        return image.content().flatMap(it -> it.config().created()).orElse(NONE);
    }
}
