package dev.carafe.cli;

import dev.carafe.engine.Instance;
import dev.carafe.engine.Instances;
import dev.carafe.engine.Status;
import dev.carafe.network.Port;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code carafe ps}. */
@Command(
        name = "carafe ps",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Lists instances: those that run, unless told otherwise.")
final class PsCommand implements Callable<Ending> {

    private static final int MOST_COMMAND = 24;
    private static final String NONE = "-";
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    static final Listing<Instance.View> LISTING = Listing.of(
            List.of("id", "image", "command", "created", "status", "ports", "name", "pid", "exit", "labels", "health"),
            7,
            PsCommand::text,
            PsCommand::exact);

    private final Invocation invocation;

    @Option(
            names = {"-a", "--all"},
            description = "Those too that do not run.")
    boolean all;

    @Option(
            names = {"-q", "--quiet"},
            description = "Only their ids.")
    boolean quiet;

    @Option(names = "--no-trunc", description = "Ids and commands in full.")
    boolean full;

    @Option(
            names = {"-n", "--last"},
            paramLabel = "NUMBER",
            description = "The youngest of all, as many.")
    @Nullable
    Integer last;

    @Option(
            names = {"-l", "--latest"},
            description = "The youngest of all.")
    boolean latest;

    @Option(
            names = {"-f", "--filter"},
            paramLabel = "KEY=VALUE",
            description = "Only those of which it is true: " + InstanceFilter.KEYS + ".")
    List<String> filters = List.of();

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "table", description = Listing.FORMATS)
    String format = "table";

    PsCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        InstanceFilter filter = InstanceFilter.parse(filters);
        boolean everything = all || latest || last != null || filter.asksForStatus();
        List<Instance.View> shown = invocation.engine().instances().list().stream()
                .filter(it -> everything
                        || it.state().status().isAlive()
                        || it.state().status() == Status.RESTARTING)
                .filter(filter)
                .limit(latest ? 1 : last == null ? Long.MAX_VALUE : last)
                .toList();
        if (quiet) {
            shown.forEach(it ->
                    invocation.output().println(full ? it.id() : it.id().substring(0, Instances.SHORT_ID)));
        } else {
            (full ? LISTING.exact("id", "command") : LISTING).print(shown, format, invocation.output());
        }
        return Ending.SUCCESS;
    }

    private static String text(Instance.View instance, String column) {
        return switch (column) {
            case "id" -> instance.id().substring(0, Instances.SHORT_ID);
            case "command" -> shortened(command(instance));
            case "created" -> instance.created().equals(Instant.EPOCH) ? NONE : ago(instance.created()) + " ago";
            case "status" -> InstanceStatus.text(instance);
            default -> exact(instance, column);
        };
    }

    private static String exact(Instance.View instance, String column) {
        return switch (column) {
            case "id" -> instance.id();
            case "image" -> instance.image().isEmpty() ? NONE : instance.image();
            case "command" -> command(instance);
            case "created" -> instance.created().toString();
            case "status" -> instance.state().status().toString();
            case "ports" ->
                instance.endpoints().stream()
                        .flatMap(endpoint -> endpoint.ports().stream())
                        .map(Port::toString)
                        .collect(Collectors.joining(", "));
            case "name" -> instance.name();
            case "pid" -> Integer.toString(instance.state().pid());
            case "exit" ->
                instance.state()
                        .exit()
                        .map(exit -> Integer.toString(exit.status()))
                        .orElse(NONE);
            case "labels" ->
                instance.labels().entrySet().stream()
                        .map(label -> label.getKey() + "=" + label.getValue())
                        .collect(Collectors.joining(","));
            case "health" ->
                instance.health().map(health -> health.status().toString()).orElse(NONE);
            default -> throw new IllegalArgumentException(column);
        };
    }

    private static String command(Instance.View instance) {
        return "\"" + String.join(" ", instance.command()) + "\"";
    }

    private static String shortened(String text) {
        String line = CONTROL.matcher(text).replaceAll(" ");
        return line.length() <= MOST_COMMAND ? line : line.substring(0, MOST_COMMAND - 2) + "…\"";
    }

    private static String ago(Instant time) {
        return Quantities.readable(Duration.between(time, Instant.now()));
    }
}
