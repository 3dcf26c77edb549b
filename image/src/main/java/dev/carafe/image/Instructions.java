package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Signal;
import dev.carafe.oci.GoDuration;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.Json.JsonArray;
import dev.carafe.oci.Json.JsonString;
import dev.carafe.oci.image.ImageConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Instructions of a Dockerfile that change how an image is run, and no file: {@code CMD ["sh"]}, {@code ENV A=1}. They are
 * those that {@code docker commit --change} takes, and mean the same.
 */
public final class Instructions {

    private static final List<String> SHELL = List.of("/bin/sh", "-c");
    private static final Pattern PORTS = Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(?i:(tcp|udp|sctp)))?");
    private static final int LAST_PORT = 65_535;
    private static final Duration LEAST = Duration.ofMillis(1);
    private static final String ON_BUILD = "OnBuild";

    private String user = "";
    private final Set<String> exposedPorts = new LinkedHashSet<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private List<String> entrypoint = List.of();
    private List<String> command = List.of();
    private boolean commandGiven;
    private final Set<String> volumes = new LinkedHashSet<>();
    private String directory = "";
    private final Map<String, String> labels = new LinkedHashMap<>();
    private Optional<String> stopSignal = Optional.empty();
    private Optional<ImageConfig.HealthCheck> healthCheck = Optional.empty();
    private final List<String> shell;
    private final Map<String, Json> others = new LinkedHashMap<>();

    private Instructions(ImageConfig.Execution before) {
        user = before.user();
        exposedPorts.addAll(before.exposedPorts());
        for (String variable : before.environment()) {
            int equals = variable.indexOf('=');
            environment.put(
                    equals < 0 ? variable : variable.substring(0, equals),
                    equals < 0 ? "" : variable.substring(equals + 1));
        }
        entrypoint = before.entrypoint();
        command = before.command();
        volumes.addAll(before.volumes());
        directory = before.workingDirectory();
        labels.putAll(before.labels());
        stopSignal = before.stopSignal();
        healthCheck = before.healthCheck();
        shell = before.shell().isEmpty() ? SHELL : before.shell();
        others.putAll(before.others());
    }

    /**
     * What some instructions come to.
     *
     * @throws ImageException if one is not known, or lacks what it needs
     */
    public static ImageConfig.Execution read(List<String> lines) {
        return change(ImageConfig.Execution.NONE, lines);
    }

    /**
     * What some instructions make of how an image is run. As in a Dockerfile, an entrypoint takes away the command that
     * there was, as that was another program's.
     *
     * @throws ImageException if one is not known, or lacks what it needs
     */
    public static ImageConfig.Execution change(ImageConfig.Execution before, List<String> lines) {
        Instructions read = new Instructions(before);
        for (String line : lines) {
            try {
                read.apply(line.strip());
            } catch (IllegalArgumentException reason) {
                throw new ImageException(INVALID, "\"" + line + "\": " + reason.getMessage());
            }
        }
        return read.result(before.shell());
    }

    private ImageConfig.Execution result(List<String> givenShell) {
        List<String> variables = new ArrayList<>();
        environment.forEach((name, value) -> variables.add(name + "=" + value));
        return new ImageConfig.Execution(
                user,
                exposedPorts,
                variables,
                entrypoint,
                command,
                volumes,
                directory,
                labels,
                stopSignal,
                healthCheck,
                givenShell,
                others);
    }

    private void apply(String line) {
        String[] parts = line.split("\\s+", 2);
        if (parts.length < 2) {
            throw wrong("an instruction and what it is to do, as CMD [\"sh\"]");
        }
        String rest = parts[1];
        switch (parts[0].toUpperCase(Locale.ROOT)) {
            case "CMD" -> {
                command = words(rest);
                commandGiven = true;
            }
            case "ENTRYPOINT" -> {
                entrypoint = words(rest);
                if (!commandGiven) {
                    command = List.of();
                }
            }
            case "ENV" -> assign(rest, environment::put);
            case "LABEL" -> assign(rest, labels::put);
            case "EXPOSE" -> expose(rest);
            case "HEALTHCHECK" -> checkHealth(rest);
            case "ONBUILD" -> onBuild(rest);
            case "USER" -> user = value(rest);
            case "VOLUME" ->
                list(rest).orElseGet(() -> List.of(rest.split("\\s+", -1))).forEach(it -> volumes.add(expanded(it)));
            case "WORKDIR" -> directory = directory(expanded(rest));
            case "STOPSIGNAL" -> stopSignal = Optional.of(signal(expanded(rest)));
            default ->
                throw wrong("known are CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER,"
                        + " VOLUME and WORKDIR");
        }
    }

    private static IllegalArgumentException wrong(String reason) {
        return new IllegalArgumentException(reason);
    }

    /** With the values of variables, as they were before the instruction. */
    private String value(String word) {
        return InstructionWords.expand(word, name -> Optional.ofNullable(environment.get(name)));
    }

    private String expanded(String word) {
        String value = value(word);
        if (value.isBlank()) {
            throw wrong("\"" + word + "\" comes to nothing");
        }
        return value;
    }

    /** Several of {@code NAME=VALUE}, or one of {@code NAME VALUE}. */
    private void assign(String rest, BiConsumer<String, String> to) {
        List<String> words = InstructionWords.split(rest);
        Map<String, String> given = new LinkedHashMap<>();
        if (words.getFirst().indexOf('=') < 0) {
            String[] pair = rest.split("\\s+", 2);
            if (pair.length < 2) {
                throw wrong("the form is NAME=VALUE");
            }
            put(pair[0], pair[1], given);
        } else {
            for (String word : words) {
                int equals = word.indexOf('=');
                if (equals < 0) {
                    throw wrong("\"" + word + "\" has not the form NAME=VALUE; a value with spaces stands in quotes");
                }
                put(word.substring(0, equals), word.substring(equals + 1), given);
            }
        }
        given.forEach(to);
    }

    private void put(String name, String value, Map<String, String> to) {
        if (name.isEmpty()) {
            throw wrong("a name is missing before =");
        }
        to.put(expanded(name), value(value));
    }

    private void expose(String rest) {
        for (String word : rest.split("\\s+", -1)) {
            for (String port : expanded(word).strip().split("\\s+", -1)) {
                Matcher matcher = PORTS.matcher(port);
                if (!matcher.matches()) {
                    throw wrong("\"" + port + "\" is no port, such as 80, 53/udp or 8000-8010");
                }
                int first = Integer.parseInt(matcher.group(1));
                int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
                if (first < 1 || last > LAST_PORT || first > last) {
                    throw wrong("\"" + port + "\": ports are 1 to 65535, the smaller one first");
                }
                String protocol =
                        matcher.group(3) == null ? "tcp" : matcher.group(3).toLowerCase(Locale.ROOT);
                for (int number = first; number <= last; number++) {
                    exposedPorts.add(number + "/" + protocol);
                }
            }
        }
    }

    /** {@code [--interval=TIME …] CMD …} or {@code NONE}. */
    private void checkHealth(String rest) {
        Map<String, String> flags = new LinkedHashMap<>();
        String left = rest;
        while (left.startsWith("--")) {
            String[] parts = left.split("\\s+", 2);
            int equals = parts[0].indexOf('=');
            if (equals < 0 || parts.length < 2) {
                throw wrong("the form is HEALTHCHECK --interval=30s CMD …");
            }
            flags.put(parts[0].substring("--".length(), equals), parts[0].substring(equals + 1));
            left = parts[1];
        }
        String[] parts = left.split("\\s+", 2);
        List<String> test = switch (parts[0].toUpperCase(Locale.ROOT)) {
            case "NONE" -> {
                if (parts.length > 1) {
                    throw wrong("nothing stands behind NONE");
                }
                yield List.of("NONE");
            }
            case "CMD" -> {
                if (parts.length < 2) {
                    throw wrong("a command is missing behind CMD");
                }
                List<String> words = new ArrayList<>();
                Optional<List<String>> list = list(parts[1]);
                words.add(list.isPresent() ? "CMD" : "CMD-SHELL");
                words.addAll(list.orElse(List.of(parts[1])));
                yield words;
            }
            default -> throw wrong("\"" + parts[0] + "\": a health check is CMD and a command, or NONE");
        };
        healthCheck = Optional.of(new ImageConfig.HealthCheck(
                test,
                nanos(flags, "interval"),
                nanos(flags, "timeout"),
                nanos(flags, "start-period"),
                nanos(flags, "start-interval"),
                retries(Optional.ofNullable(flags.remove("retries")))));
        if (!flags.isEmpty()) {
            throw wrong("--" + flags.keySet().iterator().next()
                    + " is not known; --interval, --timeout, --start-period, --start-interval and --retries are");
        }
    }

    private static long nanos(Map<String, String> flags, String name) {
        String text = flags.remove(name);
        if (text == null || text.isEmpty()) {
            return 0;
        }
        return GoDuration.parse(text)
                .filter(it -> it.isZero() || it.compareTo(LEAST) >= 0)
                .orElseThrow(() -> wrong("--" + name + "=" + text + ": a time of at least 1ms, such as 30s or 1m30s"))
                .toNanos();
    }

    private static int retries(Optional<String> text) {
        try {
            return Integer.parseUnsignedInt(text.filter(it -> !it.isEmpty()).orElse("0"));
        } catch (NumberFormatException none) {
            throw wrong("--retries=" + text.orElse("") + ": a number is meant");
        }
    }

    /** Docker's own member, which tells builders what to do first with an image that stands on this one. */
    private void onBuild(String rest) {
        String instruction = rest.split("\\s+", 2)[0].toUpperCase(Locale.ROOT);
        if (Set.of("ONBUILD", "FROM", "MAINTAINER").contains(instruction)) {
            throw wrong(instruction + " cannot stand behind ONBUILD");
        }
        List<Json> all = new ArrayList<>();
        if (others.get(ON_BUILD) instanceof JsonArray before) {
            all.addAll(before.elements());
        }
        all.add(new JsonString(rest));
        others.put(ON_BUILD, new JsonArray(all));
    }

    /** One that does not begin at the root begins where the one before it ended. */
    private String directory(String given) {
        return given.startsWith("/")
                ? given
                : Path.of("/").resolve(directory).resolve(given).normalize().toString();
    }

    private static String signal(String name) {
        Signal.parse(name); // tells what is wrong with it
        return name;
    }

    /** A list in JSON, or a line for a shell. */
    private List<String> words(String rest) {
        return list(rest).orElseGet(() -> {
            List<String> line = new ArrayList<>(shell);
            line.add(rest);
            return line;
        });
    }

    private static Optional<List<String>> list(String rest) {
        try {
            if (rest.startsWith("[")
                    && Json.parse("list", rest.getBytes(StandardCharsets.UTF_8)) instanceof JsonArray array) {
                List<String> words = new ArrayList<>();
                for (Json element : array.elements()) {
                    if (!(element instanceof JsonString(String text))) {
                        throw wrong("a list has texts only");
                    }
                    words.add(text);
                }
                return Optional.of(words);
            }
        } catch (InvalidDocumentException noList) {
            // A line for a shell, then.
        }
        return Optional.empty();
    }
}
