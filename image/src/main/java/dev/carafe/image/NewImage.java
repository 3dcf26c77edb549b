package dev.carafe.image;

import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Reference;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What an image is to be that is made of a snapshot.
 *
 * @param name what it is to be called
 * @param message what people are to read about the change
 * @param change how it is run, made of how the image below is
 */
public record NewImage(
        Reference name,
        Optional<String> author,
        Optional<String> message,
        UnaryOperator<ImageConfig.Execution> change) {

    /** One of which nothing is said. */
    public static NewImage of(Reference name) {
        return new NewImage(name, Optional.empty(), Optional.empty(), UnaryOperator.identity());
    }
}
