package dev.carafe.image;

import dev.carafe.image.snapshot.RootFileSystem;
import dev.carafe.oci.image.ImageConfig;

/**
 * An image that is wholly on this machine.
 *
 * @param reference what it was asked for by
 * @param identity changes when the content does: {@code sha256:} and 64 hexadecimal digits. For an image that is built
 *     here it names the packages in it; for {@code host:} what the view hides, as the system behind it lives on
 * @param config how it wants to be run
 * @param rootFileSystem its files, read-only
 */
public record Image(
        ImageReference reference, String identity, ImageConfig.Execution config, RootFileSystem rootFileSystem) {}
