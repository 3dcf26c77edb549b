package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.Json.JsonArray;
import dev.carafe.oci.Json.JsonString;
import dev.carafe.oci.image.ImageConfig;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Instructions of a Dockerfile that change how an image is run, and no file: {@code CMD ["sh"]}, {@code ENV A=1}. */
public final class Instructions {

    private static final List<String> SHELL = List.of("/bin/sh", "-c");

    private String user = "";
    private final Set<String> exposedPorts = new LinkedHashSet<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private List<String> entrypoint = List.of();
    private List<String> command = List.of();
    private boolean entrypointGiven;
    private boolean commandGiven;
    private final Set<String> volumes = new LinkedHashSet<>();
    private String directory = "";
    private final Map<String, String> labels = new LinkedHashMap<>();
    private Optional<String> stopSignal = Optional.empty();

    private Instructions() {}

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
        Instructions read = new Instructions();
        read.begin(before);
        lines.forEach(read::apply);
        if (read.entrypointGiven && !read.commandGiven) {
            read.command = List.of();
        }
        List<String> variables = new ArrayList<>();
        read.environment.forEach((name, value) -> variables.add(name + "=" + value));
        return new ImageConfig.Execution(
                read.user,
                read.exposedPorts,
                variables,
                read.entrypoint,
                read.command,
                read.volumes,
                read.directory,
                read.labels,
                read.stopSignal,
                before.healthCheck(),
                before.shell(),
                before.others());
    }

    private void begin(ImageConfig.Execution before) {
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
    }

    private void apply(String line) {
        String[] parts = line.strip().split("\\s+", 2);
        if (parts.length < 2) {
            throw new ImageException(INVALID, "\"" + line + "\": an instruction and what it is to do, as CMD [\"sh\"]");
        }
        String rest = parts[1].strip();
        switch (parts[0].toUpperCase(Locale.ROOT)) {
            case "CMD" -> {
                command = words(rest);
                commandGiven = true;
            }
            case "ENTRYPOINT" -> {
                entrypoint = words(rest);
                entrypointGiven = true;
            }
            case "ENV" -> assign(line, rest, environment);
            case "LABEL" -> assign(line, rest, labels);
            case "EXPOSE" -> {
                for (String port : rest.split("\\s+", -1)) {
                    exposedPorts.add(port.contains("/") ? port : port + "/tcp");
                }
            }
            case "USER" -> user = rest;
            case "VOLUME" -> volumes.addAll(list(rest).orElseGet(() -> List.of(rest.split("\\s+", -1))));
            case "WORKDIR" -> directory = rest;
            case "STOPSIGNAL" -> stopSignal = Optional.of(rest);
            default ->
                throw new ImageException(
                        INVALID,
                        "\"" + line + "\": known are CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME and"
                                + " WORKDIR");
        }
    }

    private static void assign(String line, String rest, Map<String, String> to) {
        int equals = rest.indexOf('=');
        int space = rest.indexOf(' ');
        int end = equals > 0 ? equals : space;
        if (end <= 0) {
            throw new ImageException(INVALID, "\"" + line + "\": the form is NAME=VALUE");
        }
        String value = rest.substring(end + 1).strip();
        boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        to.put(rest.substring(0, end), quoted ? value.substring(1, value.length() - 1) : value);
    }

    /** A list in JSON, or a line for a shell. */
    private static List<String> words(String rest) {
        return list(rest).orElseGet(() -> {
            List<String> line = new ArrayList<>(SHELL);
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
                        return Optional.empty();
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
