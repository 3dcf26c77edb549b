package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.fail;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits for what will come true, without waiting any longer. */
final class Conditions {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration POLL = Duration.ofMillis(10);

    private Conditions() {}

    static void await(String what, BooleanSupplier condition) {
        if (!comesTrue(condition, PATIENCE)) {
            fail("waited " + PATIENCE.toSeconds() + " s in vain for: " + what);
        }
    }

    static boolean comesTrue(BooleanSupplier condition, Duration patience) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - start > patience.toNanos()) {
                return false;
            }
            pause(POLL);
        }
        return true;
    }

    /** For rounds that strike at moments of their own, and for nothing else. */
    static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(exception);
        }
    }
}
