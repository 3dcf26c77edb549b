package dev.carafe.cli;

import dev.carafe.image.Instructions;
import dev.carafe.image.NewImage;
import dev.carafe.oci.image.Reference;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe commit}. */
@Command(
        name = "carafe commit",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Makes an image of an instance, as it is now, and prints its digest.")
final class CommitCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-a", "--author"},
            paramLabel = "AUTHOR",
            description = "Who has made it.")
    @Nullable
    String author;

    @Option(
            names = {"-m", "--message"},
            paramLabel = "TEXT",
            description = "What has been changed.")
    @Nullable
    String message;

    @Option(
            names = {"-c", "--change"},
            paramLabel = "INSTRUCTION",
            description = "Of a Dockerfile, such as 'CMD [\"sh\"]': how the image is to run other than the instance.")
    List<String> changes = List.of();

    @Option(
            names = {"-p", "--pause"},
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Let an instance that runs stand still meanwhile, as it does unless told otherwise.")
    boolean pause;

    @Parameters(paramLabel = "NAME", index = "0", description = "The instance.")
    String name = "";

    @Parameters(paramLabel = "IMAGE[:TAG]", index = "1", description = "What the image is to be called.")
    String image = "";

    CommitCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        NewImage wanted = new NewImage(
                Reference.parse(image),
                Optional.ofNullable(author),
                Optional.ofNullable(message),
                running -> Instructions.change(running, changes));
        invocation.output().println(invocation.engine().instances().find(name).commit(wanted, pause));
        return Ending.SUCCESS;
    }
}
