package dev.carafe.cli;

import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.runtime.State;
import dev.carafe.runtime.RuntimeFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What there is to see of containers: {@code state}, {@code list} and {@code ps}. */
final class OciViews {

    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    static final String[] LISTING = {"format,f=", "quiet,q"};
    static final String[] PROCESSES = {"format,f="};

    private OciViews() {}

    static void state(OciContext context, List<String> rest) {
        String id = Arguments.read(rest).exactly("ID").getFirst();
        context.invocation().output().println(context.containers().state(id).text());
    }

    static void list(OciContext context, List<String> rest) {
        Arguments arguments = Arguments.read(rest, LISTING);
        arguments.exactly();
        Invocation invocation = context.invocation();
        String format = arguments.value("format").orElse("table");
        List<State> states = context.containers().list();
        switch (arguments.has("quiet") ? "quiet" : format) {
            case "quiet" -> states.forEach(state -> invocation.output().println(state.id()));
            case "json" -> {
                JsonWriter json = new JsonWriter("");
                json.array();
                states.forEach(state -> state.write(json));
                invocation.output().println(json.end().text());
            }
            case "table" -> printTable(invocation, states);
            default -> throw new UsageException("--format " + format + ": table or json");
        }
    }

    private static void printTable(Invocation invocation, List<State> states) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"));
        for (State state : states) {
            rows.add(List.of(
                    state.id(),
                    Long.toString(state.pid()),
                    state.status().toString(),
                    state.bundle(),
                    state.created().map(Object::toString).orElse(""),
                    state.owner().orElse("")));
        }
        Table.print(rows, invocation.output());
    }

    static void processes(OciContext context, List<String> rest) {
        Arguments arguments = Arguments.readLeading(rest, PROCESSES);
        if (arguments.words().isEmpty()) {
            throw new UsageException("ID: is missing; \"carafe oci --help\" says more");
        }
        String format = arguments.value("format").orElse("table");
        List<Integer> pids = context.containers().processes(arguments.words().getFirst());
        switch (format) {
            case "json" -> {
                StringBuilder numbers = new StringBuilder();
                for (int pid : pids) {
                    numbers.append(numbers.isEmpty() ? "" : ",").append(pid);
                }
                context.invocation().output().println("[" + numbers + "]");
            }
            case "table" -> {
                List<String> options =
                        arguments.words().subList(1, arguments.words().size());
                printProcesses(context, pids, options.isEmpty() ? List.of("-ef") : options);
            }
            default -> throw new UsageException("--format " + format + ": table or json");
        }
    }

    /** The lines of the machine's own {@code ps(1)}, called with these options, that are about these processes. */
    private static void printProcesses(OciContext context, List<Integer> pids, List<String> options) {
        List<String> lines = ps(options);
        if (lines.isEmpty()) {
            throw new RuntimeFailure("ps " + String.join(" ", options) + ": printed nothing");
        }
        int column = List.of(lines.getFirst().strip().split("\\s+", -1)).indexOf("PID");
        if (column < 0) {
            throw new RuntimeFailure("ps " + String.join(" ", options) + ": prints no column PID, which tells the "
                    + "container's processes from others");
        }
        Set<String> wanted = new HashSet<>();
        pids.forEach(pid -> wanted.add(Integer.toString(pid)));
        context.invocation().output().println(lines.getFirst());
        for (String line : lines.subList(1, lines.size())) {
            String[] fields = line.strip().split("\\s+", -1);
            if (fields.length > column && wanted.contains(fields[column])) {
                context.invocation().output().println(line);
            }
        }
    }

    private static List<String> ps(List<String> options) {
        List<String> command = new ArrayList<>(List.of("ps"));
        command.addAll(options);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putIfAbsent("PATH", PATH);
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            List<String> lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            if (process.waitFor() != 0) {
                throw new RuntimeFailure("ps " + String.join(" ", options) + ": " + String.join("; ", lines));
            }
            return lines;
        } catch (IOException exception) {
            throw new RuntimeFailure("cannot run ps, which Debian's package procps has: " + exception.getMessage());
        } catch (InterruptedException exception) {
            throw new RuntimeFailure("interrupted while ps ran");
        }
    }
}
