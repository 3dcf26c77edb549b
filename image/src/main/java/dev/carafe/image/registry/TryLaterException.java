package dev.carafe.image.registry;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** That a registry cannot answer now. */
final class TryLaterException extends IOException {

    private static final long serialVersionUID = 1L;

    private final transient Optional<Duration> pause;

    /** @param pause what it asks for */
    TryLaterException(String message, Optional<Duration> pause) {
        super(message);
        this.pause = pause;
    }

    Optional<Duration> pause() {
        return pause;
    }
}
