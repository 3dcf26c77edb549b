package dev.carafe.cli;

import dev.carafe.image.registry.Registries;
import dev.carafe.oci.image.Reference;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code carafe registry rm}. */
@Command(
        name = "carafe registry rm",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Deletes images from their registries: a tag where the registry can delete tags alone,"
                    + " and by a digest the manifest with all tags that lead to it.",
            "The registry frees what nothing leads to when it sees fit."
        })
final class RegistryRemoveCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Mixin
    RegistryAccess access = new RegistryAccess();

    @Parameters(
            paramLabel = "IMAGE",
            arity = "1..*",
            description = "[HOST[:PORT]/]PATH with a :TAG or a @DIGEST, which is not guessed here.")
    List<String> names = List.of();

    RegistryRemoveCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        List<Reference> references = names.stream().map(Reference::parse).toList();
        for (Reference reference : references) {
            if (reference.tag().isEmpty() && reference.digest().isEmpty()) {
                throw new UsageException(reference.familiar() + " has neither tag nor digest: name what is to be"
                        + " deleted; \"carafe registry tags " + reference.familiar() + "\" lists what there is");
            }
        }
        try (Registries registries = access.open(invocation)) {
            for (Reference reference : references) {
                registries.repository(reference).delete();
                invocation.output().println(reference.familiar());
            }
        }
        return Ending.SUCCESS;
    }
}
