package dev.carafe.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.oci.InvalidDocumentException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class HealthTest {

    private static final Instant TIME = Instant.parse("2026-05-04T03:02:01.000000005Z");
    private static final int RETRIES = 3;

    private static Health.Result result(int exitCode) {
        return new Health.Result(TIME, TIME.plusMillis(1), exitCode, "said " + exitCode + " \u0000\ufffd\"");
    }

    /** What as many checks make of an instance that has just begun. */
    private static Health after(boolean early, int... exitCodes) {
        return after(Health.STARTING, early, exitCodes);
    }

    private static Health after(Health before, boolean early, int... exitCodes) {
        Health health = before;
        for (int exitCode : exitCodes) {
            health = health.after(result(exitCode), RETRIES, early);
        }
        return health;
    }

    private static void assertHealth(Health health, Health.Status status, int streak) {
        assertThat(health.status()).isEqualTo(status);
        assertThat(health.failingStreak()).isEqualTo(streak);
    }

    @Test
    void oneSuccessMakesItHealthy() {
        assertHealth(Health.STARTING, Health.Status.STARTING, 0);
        assertHealth(after(false, 0), Health.Status.HEALTHY, 0);
        assertHealth(after(false, 1, 1, 0), Health.Status.HEALTHY, 0);
        assertHealth(after(false, 1, 1, 1, 1, 0), Health.Status.HEALTHY, 0);
    }

    @Test
    void onlyAsManyFailuresInARowMakeItUnhealthy() {
        assertHealth(after(false, 1, 1), Health.Status.STARTING, 2);
        assertHealth(after(false, 1, 1, -1), Health.Status.UNHEALTHY, 3);
        assertHealth(after(false, 0, 1, 1), Health.Status.HEALTHY, 2);
        assertHealth(after(false, 0, 1, 1, 0, 1, 1), Health.Status.HEALTHY, 2);
        assertHealth(after(false, 0, 1, 1, 1, 1), Health.Status.UNHEALTHY, 4);
    }

    @Test
    void failuresOfTheStartPeriodDoNotCountUntilACheckHasSucceeded() {
        Health early = after(true, 1, 1, 1, 1, 1, 1);
        assertHealth(early, Health.Status.STARTING, 0);
        assertThat(early.log()).hasSize(Health.MOST_RESULTS);
        assertHealth(after(early, false, 1, 1), Health.Status.STARTING, 2);
        assertHealth(after(early, false, 1, 1, 1), Health.Status.UNHEALTHY, 3);
        assertHealth(after(early, true, 0, 1, 1, 1), Health.Status.UNHEALTHY, 3);
    }

    @Test
    void theLastResultsAreKept() {
        Health health = after(false, IntStream.rangeClosed(1, 7).toArray());
        assertThat(health.log()).extracting(Health.Result::exitCode).containsExactly(3, 4, 5, 6, 7);
    }

    @Test
    void whatIsWrittenIsRead() {
        for (Health health : List.of(Health.STARTING, after(false, 0, 1), after(false, 1, -1, 137))) {
            Health.Kept kept = Health.Kept.parse(health.toBytes(TIME));
            assertThat(kept.started()).isEqualTo(TIME);
            assertThat(kept.health()).isEqualTo(health);
        }
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        String whole = new String(after(false, 1).toBytes(TIME), StandardCharsets.UTF_8);
        for (String damaged : List.of(
                "",
                whole.substring(0, whole.length() / 2),
                whole.replace("starting", "well"),
                whole.replace("2026-05-04", "2026-55-04"))) {
            assertThatThrownBy(() -> Health.Kept.parse(damaged.getBytes(StandardCharsets.UTF_8)))
                    .isInstanceOf(InvalidDocumentException.class);
        }
        assertThat(Health.Kept.parse(whole.getBytes(StandardCharsets.UTF_8)).health())
                .isNotNull();
    }
}
