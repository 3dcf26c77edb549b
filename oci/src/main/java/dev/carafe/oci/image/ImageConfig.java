package dev.carafe.oci.image;

import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonCursor.IntegerType;
import dev.carafe.oci.JsonWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The configuration of an image: what it runs on, how its program is started, and which layers it has (config.md).
 *
 * <p>It is what somebody else has written: nothing in it may give a container more rights than it would have without.
 *
 * @param bytes as it was read or written
 * @param created as it is written: RFC 3339, if its maker kept to the specification
 * @param layers the hashes of its uncompressed layers, the lowest first
 * @param others members that this record does not know
 */
@SuppressWarnings("ArrayRecordComponent")
public record ImageConfig(
        byte[] bytes,
        Optional<String> created,
        Optional<String> author,
        Platform platform,
        Execution execution,
        List<Digest> layers,
        List<Step> history,
        Map<String, Json> others) {

    /** The largest that is read, in bytes. */
    public static final int MAX_BYTES = 4 << 20;

    private static final Set<String> KNOWN = Set.of(
            "created",
            "author",
            "architecture",
            "os",
            "os.version",
            "os.features",
            "variant",
            "config",
            "rootfs",
            "history");

    public ImageConfig {
        layers = List.copyOf(layers);
        history = List.copyOf(history);
        others = Collections.unmodifiableMap(new LinkedHashMap<>(others));
    }

    /**
     * How its program is started, unless whoever starts it says otherwise.
     *
     * @param user a name or a number, with a group behind a colon or without; empty for root
     * @param exposedPorts such as {@code 80/tcp}
     * @param environment {@code NAME=VALUE}
     * @param entrypoint the program and its first arguments
     * @param command further arguments, or program and arguments where there is no entrypoint
     * @param volumes paths that are to outlive a container's own changes
     * @param workingDirectory empty for the root
     * @param stopSignal a name or a number
     * @param shell what the makers of further images run commands with
     * @param others members that this record does not know
     */
    public record Execution(
            String user,
            Set<String> exposedPorts,
            List<String> environment,
            List<String> entrypoint,
            List<String> command,
            Set<String> volumes,
            String workingDirectory,
            Map<String, String> labels,
            Optional<String> stopSignal,
            Optional<HealthCheck> healthCheck,
            List<String> shell,
            Map<String, Json> others) {

        private static final Set<String> KNOWN = Set.of(
                "User",
                "ExposedPorts",
                "Env",
                "Entrypoint",
                "Cmd",
                "Volumes",
                "WorkingDir",
                "Labels",
                "StopSignal",
                "Healthcheck",
                "Shell");

        /** One that says nothing. */
        public static final Execution NONE = new Execution(
                "",
                Set.of(),
                List.of(),
                List.of(),
                List.of(),
                Set.of(),
                "",
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Map.of());

        /** One with a program and variables, and nothing else. */
        public static Execution of(List<String> command, List<String> environment) {
            return new Execution(
                    "",
                    Set.of(),
                    environment,
                    List.of(),
                    command,
                    Set.of(),
                    "",
                    Map.of(),
                    Optional.empty(),
                    Optional.empty(),
                    List.of(),
                    Map.of());
        }

        public Execution {
            exposedPorts = Collections.unmodifiableSet(new java.util.LinkedHashSet<>(exposedPorts));
            environment = List.copyOf(environment);
            entrypoint = List.copyOf(entrypoint);
            command = List.copyOf(command);
            volumes = Collections.unmodifiableSet(new java.util.LinkedHashSet<>(volumes));
            labels = Collections.unmodifiableMap(new LinkedHashMap<>(labels));
            shell = List.copyOf(shell);
            others = Collections.unmodifiableMap(new LinkedHashMap<>(others));
        }

        /** Reads the members of the object that the cursor stands in. */
        public static Execution read(JsonCursor in) {
            return new Execution(
                    in.optionalText("User").orElse(""),
                    in.names("ExposedPorts"),
                    in.texts("Env"),
                    in.texts("Entrypoint"),
                    in.texts("Cmd"),
                    in.names("Volumes"),
                    in.optionalText("WorkingDir").orElse(""),
                    in.textMembers("Labels"),
                    in.optionalText("StopSignal"),
                    in.enter("Healthcheck") ? in.leave(Optional.of(HealthCheck.read(in))) : Optional.empty(),
                    in.texts("Shell"),
                    in.others(KNOWN));
        }

        /** Writes the members of the object that has been begun. */
        public void write(JsonWriter out) {
            putUnlessEmpty(out, "User", user);
            putSet(out, "ExposedPorts", exposedPorts);
            putUnlessEmpty(out, "Env", environment);
            putUnlessEmpty(out, "Entrypoint", entrypoint);
            putUnlessEmpty(out, "Cmd", command);
            putSet(out, "Volumes", volumes);
            putUnlessEmpty(out, "WorkingDir", workingDirectory);
            if (!labels.isEmpty()) {
                out.put("Labels", labels);
            }
            out.put("StopSignal", stopSignal);
            healthCheck.ifPresent(it -> it.write(out.object("Healthcheck")));
            putUnlessEmpty(out, "Shell", shell);
            others.forEach(out::put);
        }

        private static void putUnlessEmpty(JsonWriter out, String name, String text) {
            if (!text.isEmpty()) {
                out.put(name, text);
            }
        }

        private static void putUnlessEmpty(JsonWriter out, String name, List<String> texts) {
            if (!texts.isEmpty()) {
                out.put(name, texts);
            }
        }

        /** Go's way with sets: an object of empty objects. */
        private static void putSet(JsonWriter out, String name, Set<String> names) {
            if (!names.isEmpty()) {
                out.object(name);
                names.forEach(it -> out.object(it).end());
                out.end();
            }
        }
    }

    /**
     * How it is found out whether a container works; Docker's addition to the specification.
     *
     * @param test {@code CMD} and arguments, {@code CMD-SHELL} and a line, {@code NONE}, or empty for what the image
     *     below has
     * @param interval in nanoseconds, as the following; 0 for the usual
     */
    public record HealthCheck(
            List<String> test, long interval, long timeout, long startPeriod, long startInterval, int retries) {

        public HealthCheck {
            test = List.copyOf(test);
        }

        private static HealthCheck read(JsonCursor in) {
            return new HealthCheck(
                    in.texts("Test"),
                    in.optionalInteger("Interval", IntegerType.INT64).orElse(0),
                    in.optionalInteger("Timeout", IntegerType.INT64).orElse(0),
                    in.optionalInteger("StartPeriod", IntegerType.INT64).orElse(0),
                    in.optionalInteger("StartInterval", IntegerType.INT64).orElse(0),
                    (int) in.optionalInteger("Retries", IntegerType.INT32).orElse(0));
        }

        private void write(JsonWriter out) {
            out.put("Test", test);
            putUnlessZero(out, "Interval", interval);
            putUnlessZero(out, "Timeout", timeout);
            putUnlessZero(out, "StartPeriod", startPeriod);
            putUnlessZero(out, "StartInterval", startInterval);
            putUnlessZero(out, "Retries", retries);
            out.end();
        }

        private static void putUnlessZero(JsonWriter out, String name, long number) {
            if (number != 0) {
                out.put(name, number);
            }
        }
    }

    /**
     * What was done for a layer, or for no layer.
     *
     * @param emptyLayer whether it changed no file, so that there is no layer of it
     */
    public record Step(
            Optional<String> created,
            Optional<String> author,
            Optional<String> createdBy,
            Optional<String> comment,
            boolean emptyLayer) {

        private static Step read(JsonCursor in) {
            return new Step(
                    in.optionalText("created"),
                    in.optionalText("author"),
                    in.optionalText("created_by"),
                    in.optionalText("comment"),
                    in.flag("empty_layer"));
        }

        /** The same, as one of which there is no layer. */
        public Step withoutLayer() {
            return new Step(created, author, createdBy, comment, true);
        }

        private void write(JsonWriter out) {
            out.put("created", created)
                    .put("author", author)
                    .put("created_by", createdBy)
                    .put("comment", comment)
                    .putTrue("empty_layer", emptyLayer);
        }
    }

    /**
     * Reads one.
     *
     * @param name what messages call it
     * @throws InvalidDocumentException if it is none, or is larger than {@link #MAX_BYTES}
     */
    public static ImageConfig read(String name, byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw new InvalidDocumentException(
                    name, "", "is larger than 4 MiB, the most that is read: " + bytes.length + " bytes");
        }
        JsonCursor in = new JsonCursor(name, Json.parse(name, bytes));
        try {
            return read(in, bytes);
        } catch (InvalidDocumentException exception) {
            throw in.locate(exception);
        }
    }

    /** Writes one. */
    public static ImageConfig of(
            String created,
            Optional<String> author,
            Platform platform,
            Execution execution,
            List<Digest> layers,
            List<Step> history,
            Map<String, Json> others) {
        JsonWriter out = new JsonWriter("").object();
        out.put("created", created).put("author", author);
        platform.write(out);
        execution.write(out.object("config"));
        out.end().object("rootfs").put("type", "layers").array("diff_ids");
        layers.forEach(it -> out.value(new Json.JsonString(it.toString())));
        out.end().end();
        if (!history.isEmpty()) {
            out.array("history");
            for (Step step : history) {
                step.write(out.object());
                out.end();
            }
            out.end();
        }
        others.forEach(out::put);
        byte[] bytes = out.end().text().getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return new ImageConfig(bytes, Optional.of(created), author, platform, execution, layers, history, others);
    }

    private static ImageConfig read(JsonCursor in, byte[] bytes) {
        List<Step> history = new ArrayList<>();
        for (boolean more = in.first("history"); more; more = in.next()) {
            history.add(Step.read(in));
        }
        return new ImageConfig(
                bytes,
                in.optionalText("created"),
                in.optionalText("author"),
                new Platform(
                        in.optionalText("os").orElse("linux"),
                        in.optionalText("architecture").orElse(""),
                        in.optionalText("variant"),
                        in.optionalText("os.version"),
                        in.texts("os.features"),
                        Map.of()),
                in.enter("config") ? in.leave(Execution.read(in)) : Execution.NONE,
                layers(in),
                history,
                in.others(KNOWN));
    }

    private static List<Digest> layers(JsonCursor in) {
        if (!in.enter("rootfs")) {
            throw in.problem("rootfs", "is missing: this is no image's configuration");
        }
        Optional<String> type = in.optionalText("type");
        if (type.isPresent() && !type.get().equals("layers")) {
            throw in.problem("type", "must be \"layers\", not \"" + type.get() + "\"");
        }
        return in.leave(Digests.list(in, "diff_ids"));
    }

    /**
     * What a stack of layers is called: the first is its own hash, and each further one that of the name below and its
     * own (config.md, "Layer ChainID").
     *
     * @return one name a layer, the lowest first
     */
    public List<Digest> chainIds() {
        List<Digest> chain = new ArrayList<>(layers.size());
        for (Digest layer : layers) {
            chain.add(
                    chain.isEmpty()
                            ? layer
                            : Digest.of((chain.getLast() + " " + layer)
                                    .getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
        }
        return chain;
    }
}
