package dev.carafe.engine;

import dev.carafe.linux.Kernel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** A connection to an instance's monitor, to hear of its end. */
final class Monitor implements AutoCloseable {

    private Monitor() {}

    /** Connects to the monitor that listens there; empty if there is none, or it has ended. */
    static Optional<Monitor> connect(Kernel kernel, Path socket) {
        return Optional.empty();
    }

    /**
     * Waits until the instance has ended and its monitor has done all that is to be done then.
     *
     * @return empty if the time is over
     */
    Optional<Exit> awaitEnd(Duration patience) {
        return Optional.empty();
    }

    @Override
    public void close() {}
}
