package dev.carafe.oci.runtime;

import dev.carafe.oci.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** A valid configuration that has every key of the specification. */
final class EveryKey {

    private EveryKey() {}

    static Json json() {
        try (InputStream in = Objects.requireNonNull(EveryKey.class.getResourceAsStream("every-key.json"))) {
            return Json.read("every-key.json", in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
