package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What takes long to make and no test changes, made once a run and removed with its last test: the images that
 * bootstrapping makes, and a root file system that is busybox and nothing else.
 */
final class SharedFolder implements AutoCloseable {

    private final Path folder;

    private SharedFolder(Path folder) {
        this.folder = folder;
    }

    static SharedFolder make() {
        try {
            SharedFolder shared = new SharedFolder(Files.createTempDirectory("carafe-system-shared"));
            Files.createDirectories(shared.bootstrap());
            Commands.succeed(
                    "mkdir -m 711 -p \"$0/images\"; cd \"$0\"; mkdir -p root/bin root/etc root/tmp root/root; chmod 1777 root/tmp;"
                            + " cp /bin/busybox root/bin/; chroot root /bin/busybox --install -s /bin;"
                            + " echo root:x:0:0:root:/root:/bin/sh > root/etc/passwd;"
                            + " echo one:x:1000:1000::/home/one:/bin/sh >> root/etc/passwd; echo root:x:0: > root/etc/group",
                    shared.folder.toString());
            Commands.succeed(
                    "musl-gcc -std=gnu17 -D_GNU_SOURCE -static -O1 -Wall -Wextra -Werror \"$1\" -o \"$0\"",
                    shared.attacker().toString(),
                    Installation.home()
                            .resolve("daemon/src/test/native/attacker.c")
                            .toString());
            // Tests of other users' rights pass through here.
            Commands.succeed("chmod 711 \"$0\"", shared.folder.toString());
            assertThat(shared.root().resolve("bin/sh"))
                    .as("busybox-static is installed")
                    .isSymbolicLink();
            return shared;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Where bootstrapped images are kept: for who runs single tests often, a folder that outlives the run. */
    Path bootstrap() {
        String kept = System.getProperty("carafe.images");
        return kept == null ? folder.resolve("bootstrap") : Path.of(kept);
    }

    /** The root file system with busybox. */
    Path root() {
        return folder.resolve("root");
    }

    /** The program of that root file system that means harm; on the machine it may be run as well. */
    Path attacker() {
        return root().resolve("bin/attacker");
    }

    @Override
    public void close() {
        Commands.succeed("rm -rf --one-file-system \"$0\"", folder.toString());
    }
}
