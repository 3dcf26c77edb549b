package dev.carafe.engine;

import dev.carafe.engine.options.RestartPolicy;
import java.time.Duration;

/** When an instance that has ended is started again: its policy's choice, and how long that waits. */
final class Restarts {

    private static final Duration FIRST_DELAY = Duration.ofMillis(100);
    private static final Duration LONGEST_DELAY = Duration.ofMinutes(1);
    /** What has run for as long is well, and waits no longer than the first time. */
    private static final Duration GOOD_RUN = Duration.ofSeconds(10);

    private Restarts() {}

    /** Whether an instance that its user wants to run is to be started again after this end. */
    static boolean isDue(InstanceRecord instance, Exit exit) {
        RestartPolicy policy = instance.options().policies().restart();
        return switch (policy.kind()) {
            case NO -> false;
            case ALWAYS, UNLESS_STOPPED -> true;
            case ON_FAILURE -> exit.status() != 0 && (policy.most() == 0 || instance.restarts() < policy.most());
        };
    }

    /**
     * How long to wait with it.
     *
     * @param before how often in a row it has been started again after it had run for a short time only
     */
    static Duration delay(int before) {
        Duration delay = FIRST_DELAY;
        for (int i = 0; i < before && delay.compareTo(LONGEST_DELAY) < 0; i++) {
            delay = delay.multipliedBy(2);
        }
        return delay.compareTo(LONGEST_DELAY) < 0 ? delay : LONGEST_DELAY;
    }

    static boolean wasGood(InstanceRecord instance, Exit exit) {
        return instance.started()
                .filter(started -> Duration.between(started, exit.time()).compareTo(GOOD_RUN) >= 0)
                .isPresent();
    }
}
