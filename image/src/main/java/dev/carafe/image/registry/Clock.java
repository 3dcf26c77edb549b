package dev.carafe.image.registry;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;

/** Time and chance, so that a test needs neither. */
public interface Clock {

    /** The machine's. */
    Clock SYSTEM = new Clock() {};

    /** Monotonic. */
    default long nanoTime() {
        return System.nanoTime();
    }

    /** What others mean when they name a date. */
    default Instant now() {
        return Instant.now();
    }

    default void sleep(Duration pause) throws InterruptedException {
        Thread.sleep(pause);
    }

    /** At least 0, less than 1. */
    default double random() {
        return ThreadLocalRandom.current().nextDouble();
    }
}
