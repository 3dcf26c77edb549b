package dev.carafe.cli;

import dev.carafe.image.LocalImages;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code carafe image verify}. */
@Command(
        name = "carafe image verify",
        mixinStandardHelpOptions = true,
        description = "Reads all images and finds what has changed on the disk; pulling an image again repairs it.")
final class ImageVerifyCommand implements Callable<Ending> {

    private final Invocation invocation;

    ImageVerifyCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        try (LocalImages images = invocation.images().local()) {
            LocalImages.Verified found = images.verify(invocation.output()::println);
            invocation
                    .output()
                    .println("verified " + found.blobs() + " blobs and " + found.layers() + " layers: "
                            + (found.damaged() == 0 ? "all whole" : found.damaged() + " damaged")
                            + (found.unchecked() == 0 ? "" : "; " + found.unchecked() + " layers without their blobs"));
            return found.damaged() == 0 ? Ending.SUCCESS : Ending.FAILURE;
        }
    }
}
