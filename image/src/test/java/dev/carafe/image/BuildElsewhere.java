package dev.carafe.image;

import dev.carafe.linux.Kernel;
import java.nio.file.Path;

/** Another process that builds an image, for a test to kill. */
final class BuildElsewhere {

    private BuildElsewhere() {}

    public static void main(String[] arguments) {
        BootstrapSourceTest.source(Kernel.host(), Path.of(arguments[0]), Path.of(arguments[1]))
                .resolve(new ImageReference.Bootstrap("debian", "bookworm"), line -> {});
    }
}
