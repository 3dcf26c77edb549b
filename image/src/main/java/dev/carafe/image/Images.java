package dev.carafe.image;

import static dev.carafe.image.ImageException.Kind.UNAVAILABLE;

import dev.carafe.linux.Kernel;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The images of one data folder.
 *
 * <p>Thread-safe, and several processes may share a data folder: an image is made once, by whoever asks first, while
 * the others wait. An image is either wholly there or not at all, whatever ended the process or the machine that made
 * it.
 */
public final class Images {

    private final BootstrapSource bootstrap;
    private final HostSource host;

    private Images(BootstrapSource bootstrap, HostSource host) {
        this.bootstrap = bootstrap;
        this.host = host;
    }

    /**
     * Opens the images of a data folder.
     *
     * @param dataFolder Carafe's own folder; images live in {@code images} below it, made
     *     when there is a first one
     * @param environment the caller's variables by name: the proxies that he uses hold for what is fetched
     */
    public static Images open(Path dataFolder, Kernel kernel, Function<String, Optional<String>> environment) {
        Path data = dataFolder.toAbsolutePath().normalize();
        Path images = data.resolve("images");
        return new Images(
                new BootstrapSource(kernel, images.resolve("bootstrap"), Tools.ofMachine(environment)),
                new HostSource(kernel, images.resolve("host"), Path.of("/"), data));
    }

    /**
     * The image that a reference names, made first if it is not there.
     *
     * <p>May take minutes, and is bounded. Interrupting the thread ends it.
     *
     * @param progress takes a line for people whenever a step begins; never called when the image is there
     * @throws ImageException which says what to do
     */
    public Image resolve(ImageReference reference, Consumer<String> progress) {
        return switch (reference) {
            case ImageReference.Bootstrap asked -> bootstrap.resolve(asked, progress);
            case ImageReference.Host asked -> host.resolve(asked);
            case ImageReference.OciLayout asked -> throw notYet(asked, "an OCI image layout");
            case ImageReference.OciArchive asked -> throw notYet(asked, "an OCI archive");
            case ImageReference.DockerArchive asked -> throw notYet(asked, "a docker archive");
            case ImageReference.Simplestreams asked -> throw notYet(asked, "an image of a simplestreams server");
            case ImageReference.Registry asked -> throw notYet(asked, "an image of a registry");
        };
    }

    private static ImageException notYet(ImageReference reference, String what) {
        return new ImageException(
                UNAVAILABLE,
                reference + " is " + what + ", and this version cannot take one yet. What works:"
                        + " bootstrap:debian/SUITE (a Debian built here from its packages, such as"
                        + " bootstrap:debian/bookworm) and host: (a copy-on-write view of this machine)");
    }
}
