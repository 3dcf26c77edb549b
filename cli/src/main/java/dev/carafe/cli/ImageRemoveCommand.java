package dev.carafe.cli;

import dev.carafe.image.LocalImages;
import dev.carafe.image.LocalImages.Summary;
import dev.carafe.image.error.ImageException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe image rm}, also {@code carafe rmi}. */
@Command(
        name = "carafe image rm",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Takes names away, and frees what no other name leads to and nobody uses.")
final class ImageRemoveCommand implements Callable<Ending> {

    private final Invocation invocation;

    @Option(
            names = {"-f", "--force"},
            description = "One that is not here is no error.")
    boolean force;

    @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "A name, a digest, or the first digits of an id.")
    List<String> names = List.of();

    ImageRemoveCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        try (LocalImages images = invocation.images().local()) {
            for (String name : names) {
                remove(images, name);
            }
            return Ending.SUCCESS;
        }
    }

    private void remove(LocalImages images, String name) {
        try {
            Summary image = images.find(name);
            images.remove(image);
            invocation.output().println(image.reference().familiar());
        } catch (ImageException exception) {
            if (!force || exception.kind() != ImageException.Kind.NOT_FOUND) {
                throw exception;
            }
        }
    }
}
