package dev.carafe.image;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.snapshot.RootFileSystem;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.accounts.Accounts;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Where an image says who its users and groups are; read in its own tree, never through a path of this machine. */
public final class AccountFiles {

    private AccountFiles() {}

    /**
     * Reads them.
     *
     * @param layers the folders of the tree, top first: {@link RootFileSystem#layers} for an image, {@link
     *     WritableRoot#layers} for a container that may have users of its own
     * @throws ImageException {@link ImageException.Kind#FAILED} if one of the files is there but is no regular file or has
     *     more than {@link Accounts#FILE_MOST} bytes
     */
    public static Accounts read(Kernel kernel, List<Path> layers) {
        try (LayeredTree tree = LayeredTree.open(kernel, layers)) {
            return Accounts.parse(text(tree, "/etc/passwd"), text(tree, "/etc/group"));
        }
    }

    private static String text(LayeredTree tree, String path) {
        try {
            return tree.read(path, Accounts.FILE_MOST)
                    .map(content -> new String(content, StandardCharsets.UTF_8))
                    .orElse("");
        } catch (SystemCallException exception) {
            throw new ImageException(
                    ImageException.Kind.FAILED,
                    "the image's " + path + " is no regular file of at most " + Accounts.FILE_MOST
                            + " bytes, so its users cannot be told: " + exception.getMessage(),
                    exception);
        }
    }
}
