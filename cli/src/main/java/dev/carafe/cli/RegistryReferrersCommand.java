package dev.carafe.cli;

import dev.carafe.image.registry.Registries;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Reference;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe registry referrers}. */
@Command(
        name = "carafe registry referrers",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Lists what is about an image: signatures, lists of contents.")
final class RegistryReferrersCommand implements Callable<Ending> {

    private static final Listing<Descriptor> LISTING = new Listing<>(
            List.of(
                    Listing.Column.of("digest", it -> it.digest().toString()),
                    Listing.Column.of("type", it -> it.artifactType().orElse("-")),
                    new Listing.Column<>("size", it -> Quantities.readable(it.size()), it -> Long.toString(it.size()))),
            3);

    private final Invocation invocation;

    @Option(names = "--type", paramLabel = "TYPE", description = "Only artifacts of this type.")
    @Nullable
    String type;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "table", description = Listing.FORMATS)
    String format = "table";

    @Option(
            names = {"-q", "--quiet"},
            description = "Only the digests.")
    boolean quiet;

    @Mixin
    RegistryAccess access = new RegistryAccess();

    @Parameters(paramLabel = "IMAGE", arity = "1", description = "[HOST[:PORT]/]PATH[:TAG][@DIGEST]")
    String name = "";

    RegistryReferrersCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Reference reference = Reference.parse(name).withDefaultTag();
        try (Registries registries = access.open(invocation)) {
            Digest subject = reference
                    .digest()
                    .orElseGet(() -> registries.image(reference).head().digest());
            LISTING.print(
                    registries.repository(reference).referrers(subject, Optional.ofNullable(type)),
                    quiet ? "digest" : format,
                    invocation.output());
        }
        return Ending.SUCCESS;
    }
}
