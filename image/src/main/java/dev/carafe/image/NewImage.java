package dev.carafe.image;

import dev.carafe.oci.image.Reference;
import java.util.List;
import java.util.Optional;

/**
 * What an image is to be that is made of a snapshot.
 *
 * @param name what it is to be called
 * @param message what people are to read about the change
 * @param changes {@link Instructions}, upon those of the image below
 */
public record NewImage(Reference name, Optional<String> author, Optional<String> message, List<String> changes) {

    public NewImage {
        changes = List.copyOf(changes);
    }

    /** One of which nothing is said. */
    public static NewImage of(Reference name) {
        return new NewImage(name, Optional.empty(), Optional.empty(), List.of());
    }
}
