package dev.carafe.cli;

import dev.carafe.engine.Health;
import dev.carafe.engine.Instance;
import dev.carafe.engine.State;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What an instance is doing, in a few words for people. */
final class InstanceStatus {

    private InstanceStatus() {}

    static String text(Instance.View instance) {
        State state = instance.state();
        return switch (state.status()) {
            case RUNNING ->
                "up " + since(state.started())
                        + instance.health().map(InstanceStatus::text).orElse("");
            case PAUSED -> "up " + since(state.started()) + " (paused)";
            case STOPPING -> "up " + since(state.started()) + " (stopping)";
            case STOPPED ->
                "exited (" + state.exit().map(exit -> exit.status()).orElse(0) + ") "
                        + since(state.exit().map(exit -> exit.time())) + " ago";
            case RESTARTING ->
                "restarting (" + state.exit().map(exit -> exit.status()).orElse(0) + ")";
            case BROKEN -> "broken: " + state.reason().orElse("");
            case CREATING, CREATED, REMOVING -> state.status().toString();
        };
    }

    private static String text(Health health) {
        return switch (health.status()) {
            case STARTING -> " (health: starting)";
            case HEALTHY -> " (healthy)";
            case UNHEALTHY -> " (unhealthy)";
        };
    }

    private static String since(Optional<Instant> time) {
        return time.map(it -> Quantities.readable(Duration.between(it, Instant.now())))
                .orElse("?");
    }
}
