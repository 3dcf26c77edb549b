package dev.carafe.engine;

import dev.carafe.engine.options.InstanceMount;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.Program;
import dev.carafe.oci.Json.JsonString;
import dev.carafe.oci.JsonWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How an instance runs, as instructions of a Dockerfile for an image that is made of it.
 *
 * @param options what the instance was made with, over what its image wants
 * @param others instructions that come after these
 */
record RunningInstructions(InstanceOptions options, List<String> others) {

    List<String> lines() {
        Program program = options.program();
        List<String> lines = new ArrayList<>();
        lines.add("ENTRYPOINT " + list(program.entrypoint().orElse(List.of())));
        if (!says("ENTRYPOINT") || says("CMD")) { // else the command is another program's
            lines.add("CMD " + list(program.command()));
        }
        for (String variable : program.environment()) {
            int equals = variable.indexOf('=');
            if (equals > 0) {
                lines.add(assignment("ENV", variable.substring(0, equals), variable.substring(equals + 1)));
            }
        }
        options.identity().labels().forEach((name, value) -> lines.add(assignment("LABEL", name, value)));
        program.user().ifPresent(user -> lines.add("USER " + user));
        program.directory().ifPresent(directory -> lines.add("WORKDIR " + directory));
        options.policies().stopSignal().ifPresent(signal -> lines.add("STOPSIGNAL " + signal));
        for (InstanceMount mount : options.storage().mounts()) {
            if (mount instanceof InstanceMount.Volume) {
                lines.add("VOLUME " + list(List.of(mount.target())));
            }
        }
        options.network().exposed().forEach(port -> lines.add("EXPOSE " + port));
        return lines;
    }

    private boolean says(String instruction) {
        return others.stream()
                .anyMatch(line -> line.strip().toUpperCase(Locale.ROOT).startsWith(instruction + " "));
    }

    /** A value in quotes is taken as it is. */
    private static String assignment(String instruction, String name, String value) {
        return instruction + " " + name + "=\"" + value + "\"";
    }

    private static String list(List<String> words) {
        JsonWriter out = new JsonWriter("").array();
        words.forEach(word -> out.value(new JsonString(word)));
        return out.end().text();
    }
}
