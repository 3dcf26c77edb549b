package dev.carafe.cli;

import dev.carafe.image.Images;
import dev.carafe.image.registry.Registries;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Platform;
import dev.carafe.oci.image.Reference;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe image copy}. */
@Command(
        name = "carafe image copy",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Copies an image from one registry to another, or to another name, and keeps nothing of it here.")
final class ImageCopyCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(names = "--platform", paramLabel = "OS/ARCH[/VARIANT]", description = "One of several, and not all.")
    @Nullable
    String platform;

    @Mixin
    RegistryAccess access = new RegistryAccess();

    @Mixin
    Progress progress = new Progress();

    @Parameters(index = "0", paramLabel = "IMAGE", description = "[HOST[:PORT]/]PATH[:TAG][@DIGEST]")
    String from = "";

    @Parameters(index = "1", paramLabel = "NAME", description = "Likewise, where it is to be.")
    String to = "";

    ImageCopyCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        Reference target = Reference.parse(to).withDefaultTag();
        try (Registries registries = access.open(invocation)) {
            Document copied = Images.copy(
                    Reference.parse(from),
                    target,
                    Optional.ofNullable(platform).map(Platform::parse),
                    registries,
                    progress.view(invocation));
            invocation.output().println(target.familiar() + "  " + copied.digest());
        }
        return Ending.SUCCESS;
    }
}
