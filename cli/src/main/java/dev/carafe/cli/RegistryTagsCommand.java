package dev.carafe.cli;

import dev.carafe.image.registry.Registries;
import dev.carafe.oci.image.Reference;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe registry tags}. */
@Command(
        name = "carafe registry tags",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Lists the tags of a repository, in the registry's order.")
final class RegistryTagsCommand implements Callable<Ending> {

    private static final Listing<Reference> LISTING = new Listing<>(
            List.of(
                    Listing.Column.of("tag", it -> it.tag().orElseThrow()),
                    Listing.Column.of("reference", Reference::toString)),
            1);

    private final Invocation invocation;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "table", description = Listing.FORMATS)
    String format = "table";

    @Option(
            names = {"-q", "--quiet"},
            description = "Only the tags.")
    boolean quiet;

    @Mixin
    RegistryAccess access = new RegistryAccess();

    @Parameters(paramLabel = "REPOSITORY", arity = "1", description = "[HOST[:PORT]/]PATH")
    String name = "";

    RegistryTagsCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Reference repository = Reference.parse(name);
        try (Registries registries = access.open(invocation)) {
            LISTING.print(
                    registries.repository(repository).tags().stream()
                            .map(repository::withTag)
                            .toList(),
                    quiet ? "tag" : format,
                    invocation.output());
        }
        return Ending.SUCCESS;
    }
}
