package dev.carafe.image.store;

import dev.carafe.oci.image.Descriptor;
import java.time.Instant;

/**
 * A name and what it leads to.
 *
 * @param text what an image is called, complete
 * @param target its manifest or index
 * @param changed when it came to lead there
 */
public record Name(String text, Descriptor target, Instant changed) {}
