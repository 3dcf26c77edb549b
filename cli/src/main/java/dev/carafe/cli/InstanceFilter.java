package dev.carafe.cli;

import dev.carafe.engine.Health;
import dev.carafe.engine.Instance;
import dev.carafe.engine.Status;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** {@code --filter} of instances: of several values of a key one has to be true, of several keys all. Docker's keys. */
final class InstanceFilter implements Predicate<Instance.View> {

    static final String KEYS = "id, name, label, status, health, exited, ancestor";

    private static final String NO_HEALTH = "none";

    private final Map<String, List<String>> filters = new LinkedHashMap<>();

    private InstanceFilter() {}

    static InstanceFilter parse(List<String> texts) {
        InstanceFilter filter = new InstanceFilter();
        for (String text : texts) {
            int equals = text.indexOf('=');
            String key = equals < 0 ? text : text.substring(0, equals);
            if (equals < 0 || !List.of(KEYS.split(", ")).contains(key)) {
                throw new UsageException("--filter " + text + ": KEY=VALUE, with a key of " + KEYS);
            }
            String value = text.substring(equals + 1);
            if (key.equals("status")) {
                checkStatus(value);
            }
            if (key.equals("health")) {
                checkHealth(value);
            }
            if (key.equals("exited") && !value.matches("\\d{1,3}")) {
                throw new UsageException("--filter exited=" + value + ": is no exit status");
            }
            filter.filters.computeIfAbsent(key, any -> new ArrayList<>()).add(value);
        }
        return filter;
    }

    private static void checkStatus(String value) {
        for (Status status : Status.values()) {
            if (status.toString().equals(value)) {
                return;
            }
        }
        if (!value.equals("exited") && !value.equals("dead")) {
            throw new UsageException(
                    "--filter status=" + value
                            + ": created, running, paused, stopping, stopped (or exited), restarting, removing, broken (or dead)");
        }
    }

    private static void checkHealth(String value) {
        if (!value.equals(NO_HEALTH)
                && Arrays.stream(Health.Status.values())
                        .noneMatch(it -> it.toString().equals(value))) {
            throw new UsageException("--filter health=" + value + ": starting, healthy, unhealthy, none");
        }
    }

    /** Whether it wants to see more than what runs. */
    boolean asksForStatus() {
        return filters.containsKey("status") || filters.containsKey("exited");
    }

    @Override
    public boolean test(Instance.View instance) {
        return filters.entrySet().stream()
                .allMatch(filter -> filter.getValue().stream().anyMatch(value -> is(instance, filter.getKey(), value)));
    }

    private static boolean is(Instance.View instance, String key, String value) {
        return switch (key) {
            case "id" -> instance.id().startsWith(value);
            case "name" -> instance.name().contains(value);
            case "label" -> Labels.match(instance.labels(), value);
            case "status" -> instance.state().status().toString().equals(word(value));
            case "health" ->
                instance.health()
                        .map(it -> it.status().toString())
                        .orElse(NO_HEALTH)
                        .equals(value);
            case "exited" ->
                instance.state()
                        .exit()
                        .filter(exit -> exit.status() == Integer.parseInt(value))
                        .isPresent();
            case "ancestor" ->
                instance.image().equals(value)
                        || instance.image().equals(value + ":latest")
                        || instance.identity().equals(value);
            default -> throw new IllegalArgumentException(key);
        };
    }

    private static String word(String status) {
        return switch (status) {
            case "exited" -> "stopped";
            case "dead" -> "broken";
            default -> status;
        };
    }
}
