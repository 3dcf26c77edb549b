package dev.carafe.image.registry;

import java.time.Duration;

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

    /** The same, but nothing is tried again. */
    Patience once() {
        return new Patience(connect, stall, slowest, 1, firstPause, longestPause);
    }
}
