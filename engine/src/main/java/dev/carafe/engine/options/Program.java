package dev.carafe.engine.options;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.JsonWriter;
import java.util.List;
import java.util.Optional;

/**
 * What runs, as whom and where.
 *
 * @param entrypoint replaces the image's, and drops its command; an empty one is none
 * @param command replaces the image's
 * @param environment {@code NAME=VALUE} sets a variable over the image's, {@code NAME} alone takes it away
 * @param directory absolute; replaces the image's working directory, and is made if it is not there
 * @param user replaces the image's: {@code USER[:GROUP]}, names or ids
 * @param groups further groups, names or ids
 * @param terminal whether it gets a terminal of its own
 * @param input whether it gets a standard input that stays open; else it reads nothing
 * @param init whether a small first process passes signals on and reaps orphans
 */
public record Program(
        Optional<List<String>> entrypoint,
        List<String> command,
        List<String> environment,
        Optional<String> directory,
        Optional<String> user,
        List<String> groups,
        boolean terminal,
        boolean input,
        boolean init) {

    /** The image's choice. */
    public static final Program OF_THE_IMAGE = of();

    public Program {
        if (entrypoint.isPresent()) {
            entrypoint = Optional.of(Rules.texts("entrypoint", entrypoint.get()));
        }
        command = Rules.texts("command", command);
        environment = Rules.texts("environment", environment);
        for (int i = 0; i < environment.size(); i++) {
            String variable = environment.get(i);
            if (variable.isEmpty() || variable.startsWith("=")) {
                throw Rules.broken(
                        JsonPath.element("environment", i),
                        "the variable " + JsonPath.quoted(variable) + " has not the form NAME=value");
            }
        }
        if (directory.isPresent()) {
            directory = Optional.of(Rules.clean("directory", directory.get()));
        }
        Rules.some("user", user);
        groups = Rules.words("groups", groups);
    }

    /** This command in place of the image's. */
    public static Program of(String... command) {
        return new Program(
                Optional.empty(),
                List.of(command),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                List.of(),
                false,
                false,
                false);
    }

    void write(JsonWriter out) {
        if (entrypoint.isPresent()) {
            out.array("entrypoint");
            entrypoint.get().forEach(it -> out.value(new dev.carafe.oci.Json.JsonString(it)));
            out.end();
        }
        out.put("command", command)
                .put("environment", environment)
                .put("directory", directory)
                .put("user", user)
                .put("groups", groups)
                .putTrue("terminal", terminal)
                .putTrue("input", input)
                .putTrue("init", init);
    }

    static Program read(JsonCursor in) {
        return new Program(
                in.has("entrypoint") ? Optional.of(in.texts("entrypoint")) : Optional.empty(),
                in.texts("command"),
                in.texts("environment"),
                in.optionalText("directory"),
                in.optionalText("user"),
                in.texts("groups"),
                in.flag("terminal"),
                in.flag("input"),
                in.flag("init"));
    }
}
