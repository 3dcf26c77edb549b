package dev.carafe.image.registry;

import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * How long a registry may take.
 *
 * @param connect for a connection to come about
 * @param stall for the next bytes, or the answer
 * @param slowest bytes a second below which a body counts as stalled, taken over the time of {@code stall} each
 * @param attempts how often something is tried that may work later; what moved on is tried as often again
 * @param firstPause before the second attempt; each further one is twice as long
 * @param longestPause what no pause exceeds, even if the registry asks for more
 */
public record Patience(
        Duration connect, Duration stall, long slowest, int attempts, Duration firstPause, Duration longestPause) {

    public static final Patience USUAL = new Patience(
            Duration.ofSeconds(30), Duration.ofSeconds(60), 512, 6, Duration.ofMillis(500), Duration.ofSeconds(60));

    private static final String VARIABLE = "CARAFE_REGISTRY_PATIENCE";
    private static final int MOST_SECONDS = 3600;

    /** The usual one, where the caller's variables do not say how long a registry may say nothing. */
    static Patience of(Function<String, Optional<String>> environment) {
        return environment
                .apply(VARIABLE)
                .filter(it -> !it.isEmpty())
                .map(Patience::stalling)
                .orElse(USUAL);
    }

    private static Patience stalling(String seconds) {
        if (!seconds.matches("[0-9]{1,4}")
                || Integer.parseInt(seconds) < 1
                || Integer.parseInt(seconds) > MOST_SECONDS) {
            throw new ImageException(
                    INVALID, VARIABLE + "=" + seconds + ": a number of seconds from 1 to " + MOST_SECONDS);
        }
        return new Patience(
                USUAL.connect,
                Duration.ofSeconds(Integer.parseInt(seconds)),
                USUAL.slowest,
                USUAL.attempts,
                USUAL.firstPause,
                USUAL.longestPause);
    }

    /** The same, but nothing is tried again. */
    Patience once() {
        return new Patience(connect, stall, slowest, 1, firstPause, longestPause);
    }
}
