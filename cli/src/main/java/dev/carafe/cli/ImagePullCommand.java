package dev.carafe.cli;

import dev.carafe.image.Images;
import dev.carafe.image.LocalImages;
import dev.carafe.image.registry.Registries;
import dev.carafe.image.store.Watcher;
import dev.carafe.oci.image.Platform;
import dev.carafe.oci.image.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe image pull}, also {@code carafe pull}. */
@Command(
        name = "carafe image pull",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Fetches images from registries and unpacks them.")
final class ImagePullCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(names = "--platform", paramLabel = "OS/ARCH[/VARIANT]", description = "Instead of this machine's.")
    @Nullable
    String platform;

    @Option(names = "--all-platforms", description = "All that an image is made for, without unpacking them.")
    boolean allPlatforms;

    @Option(
            names = {"-a", "--all-tags"},
            description = "All images of the repositories.")
    boolean allTags;

    @Option(
            names = "--discard-packed",
            description = {
                "Keep an image's layers unpacked only, and what is needed",
                "to make them again, to the byte, when it is pushed or saved."
            })
    boolean discardsPacked;

    @Mixin
    RegistryAccess access = new RegistryAccess();

    @Mixin
    Progress progress = new Progress();

    @Option(
            names = {"-q", "--quiet"},
            description = "Print the digests alone.")
    boolean quiet;

    @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "[HOST[:PORT]/]PATH[:TAG][@DIGEST]")
    List<String> names = List.of();

    ImagePullCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        if (platform != null && allPlatforms) {
            throw new UsageException("--platform names one, and --all-platforms means all of them: leave one away");
        }
        if (allPlatforms && discardsPacked) {
            throw new UsageException(
                    "--all-platforms unpacks nothing, so that --discard-packed has nothing to discard");
        }
        List<Reference> references = names.stream().map(Reference::parse).toList();
        Optional<Platform> wanted = allPlatforms
                ? Optional.empty()
                : Optional.of(platform == null ? Images.platform() : Platform.parse(platform));
        Images images = invocation.images();
        try (Registries registries = access.open(invocation)) {
            for (Reference reference : allTags ? tagged(names, registries) : references) {
                Images.Pulled pulled =
                        images.pull(reference, wanted, registries, quiet ? Watcher.NONE : progress.view(invocation));
                invocation
                        .output()
                        .println(
                                quiet
                                        ? pulled.digest().toString()
                                        : pulled.reference().familiar() + "  " + pulled.digest()
                                                + (pulled.changed() ? "" : "  unchanged"));
                if (discardsPacked) {
                    discardPacked(images, pulled.reference());
                }
            }
        }
        return Ending.SUCCESS;
    }

    private static List<Reference> tagged(List<String> repositories, Registries registries) {
        List<Reference> all = new ArrayList<>();
        for (String name : repositories) {
            Reference repository = RegistryAccess.repository(name);
            registries.repository(repository).tags().forEach(tag -> all.add(repository.withTag(tag)));
        }
        return all;
    }

    private void discardPacked(Images images, Reference reference) {
        try (LocalImages local = images.local()) {
            LocalImages.PackedDropped result = local.dropPacked(List.of(local.find(reference.toString())));
            if (!quiet) {
                PackedReport.printStaying(invocation, result);
            }
        }
    }
}
