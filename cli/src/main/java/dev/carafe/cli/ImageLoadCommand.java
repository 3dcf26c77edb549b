package dev.carafe.cli;

import dev.carafe.oci.image.Reference;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe image load}, also {@code carafe load}. */
@Command(
        name = "carafe image load",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Takes images out of an archive, as \"save\" and docker save write it, or an OCI image layout.")
final class ImageLoadCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-i", "--input"},
            paramLabel = "PATH",
            description = "The archive, compressed or not, or the layout's folder.")
    @Nullable
    String input;

    @Option(names = "--name", paramLabel = "NAME", description = "For an image that has none, or only a tag.")
    @Nullable
    String name;

    @Mixin
    Progress progress = new Progress();

    @Parameters(paramLabel = "PATH", arity = "0..1", description = "Likewise; standard input where there is neither.")
    @Nullable
    String path;

    ImageLoadCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        String from =
                Optional.ofNullable(input).or(() -> Optional.ofNullable(path)).orElse("/dev/stdin");
        Path archive = invocation.absolute(from);
        Optional<Reference> as = Optional.ofNullable(name).map(Reference::parse);
        invocation
                .images()
                .load(archive, as, progress.view(invocation))
                .forEach(loaded -> invocation.output().println(loaded.familiar()));
        return Ending.SUCCESS;
    }
}
