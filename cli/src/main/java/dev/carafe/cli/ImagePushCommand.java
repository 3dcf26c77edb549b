package dev.carafe.cli;

import dev.carafe.image.LocalImages;
import dev.carafe.image.error.ImageException;
import dev.carafe.image.registry.Registries;
import dev.carafe.image.store.Watcher;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Platform;
import dev.carafe.oci.image.Reference;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe image push}, also {@code carafe push}. */
@Command(
        name = "carafe image push",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Sends an image to a registry; what the registry has already is not sent.")
final class ImagePushCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(names = "--platform", paramLabel = "OS/ARCH[/VARIANT]", description = "One of several, and not all.")
    @Nullable
    String platform;

    @Option(
            names = {"-a", "--all-tags"},
            description = "All that have a tag in the repository, here.")
    boolean allTags;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print the digest alone.")
    boolean quiet;

    @Mixin
    RegistryAccess access = new RegistryAccess();

    @Mixin
    Progress progress = new Progress();

    @Parameters(index = "0", paramLabel = "IMAGE", description = "A name, a digest, or the first digits of an id.")
    String name = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "NAME",
            description = "What it is to be called there, if not as it is here.")
    @Nullable
    String as;

    ImagePushCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Optional<Reference> target = Optional.ofNullable(as).map(Reference::parse);
        if (allTags && target.isPresent()) {
            throw new UsageException("--all-tags sends images under the names that they have: leave " + as + " away");
        }
        try (Registries registries = access.open(invocation)) {
            for (String one : allTags ? tagged() : List.of(name)) {
                push(one, target, registries);
            }
        }
        return Ending.SUCCESS;
    }

    private List<String> tagged() {
        Reference repository = RegistryAccess.repository(name);
        try (LocalImages local = invocation.images().local()) {
            List<String> names = local.list().stream()
                    .map(LocalImages.Summary::reference)
                    .filter(it -> it.tag().isPresent() && it.repository().equals(repository.repository()))
                    .map(Reference::familiar)
                    .toList();
            if (names.isEmpty()) {
                throw new ImageException(
                        ImageException.Kind.NOT_FOUND, "no image of " + repository.familiar() + " has a tag here");
            }
            return names;
        }
    }

    private void push(String image, Optional<Reference> target, Registries registries) {
        Document pushed = invocation
                .images()
                .push(
                        image,
                        target,
                        Optional.ofNullable(platform).map(Platform::parse),
                        registries,
                        quiet ? Watcher.NONE : progress.view(invocation));
        String digest = pushed.digest().toString();
        invocation
                .output()
                .println(quiet ? digest : target.map(Reference::familiar).orElse(image) + "  " + digest);
    }
}
