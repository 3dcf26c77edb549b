package dev.carafe.engine;

import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonWriter;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Something that has happened.
 *
 * @param kind of what it has happened to
 * @param action such as {@code start}; Docker's words where it has one
 * @param id of what it has happened to
 * @param attributes what else is to be known of it, such as {@code name} and {@code exitCode}, and an instance's labels
 */
public record Event(Instant time, Kind kind, String action, String id, Map<String, String> attributes) {

    /** What things happen to. */
    public enum Kind {
        INSTANCE("instance"),
        IMAGE("image"),
        VOLUME("volume"),
        NETWORK("network"),
        DAEMON("daemon");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    public Event {
        attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    }

    /** One that has just happened to an instance. */
    static Event of(InstanceRecord instance, String action, Map<String, String> more) {
        Map<String, String> attributes =
                new LinkedHashMap<>(instance.options().identity().labels());
        attributes.put("name", instance.name());
        attributes.put("image", instance.image());
        attributes.putAll(more);
        return new Event(Instant.now(), Kind.INSTANCE, action, instance.id(), attributes);
    }

    /** An instance's program has ended; nobody may know how. */
    static Event died(InstanceRecord instance, Optional<Exit> exit) {
        return of(
                instance,
                "die",
                exit.map(it -> Map.of("exitCode", Integer.toString(it.status())))
                        .orElse(Map.of()));
    }

    /** It has been found out that an instance works, or does not. */
    static Event ofHealth(InstanceRecord instance, Health health) {
        return of(instance, "health_status", Map.of("health", health.status().toString()));
    }

    /** As an object on one line, without an end of the line. */
    public String text() {
        return new JsonWriter("")
                .object()
                .put("time", time.toString())
                .put("kind", kind.toString())
                .put("action", action)
                .put("id", id)
                .put("attributes", attributes)
                .end()
                .text();
    }

    /**
     * Reads one.
     *
     * @throws dev.carafe.oci.InvalidDocumentException if that is none
     * @throws java.time.DateTimeException if its time is none
     */
    static Event parse(byte[] line) {
        JsonCursor in = new JsonCursor("event", Json.parse("event", line));
        return new Event(
                Instant.parse(in.text("time")),
                in.oneOf("kind", "kind of thing", Kind.values()),
                in.text("action"),
                in.text("id"),
                in.textMembers("attributes"));
    }
}
