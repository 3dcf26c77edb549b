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

    static final Listing<Instance.View> LISTING = new Listing<>(
            List.of(
                    new Listing.Column<>("id", it -> it.id().substring(0, Instances.SHORT_ID), Instance.View::id),
                    Listing.Column.of("image", it -> or(it.image())),
                    new Listing.Column<>("command", it -> shortened(command(it)), PsCommand::command),
                    new Listing.Column<>(
                            "created",
                            it -> it.created().equals(Instant.EPOCH) ? NONE : ago(it.created()) + " ago",
                            it -> it.created().toString()),
                    new Listing.Column<>(
                            "status",
                            InstanceStatus::text,
                            it -> it.state().status().toString()),
                    Listing.Column.of(
                            "ports",
                            it -> it.endpoints().stream()
                                    .flatMap(endpoint -> endpoint.ports().stream())
                                    .map(Port::toString)
                                    .collect(Collectors.joining(", "))),
                    Listing.Column.of("name", Instance.View::name),
                    Listing.Column.of("pid", it -> Integer.toString(it.state().pid())),
                    Listing.Column.of(
                            "exit",
                            it -> it.state()
                                    .exit()
                                    .map(exit -> Integer.toString(exit.status()))
                                    .orElse(NONE)),
                    Listing.Column.of(
                            "labels",
                            it -> it.labels().entrySet().stream()
                                    .map(label -> label.getKey() + "=" + label.getValue())
                                    .collect(Collectors.joining(","))),
                    Listing.Column.of(
                            "health",
                            it -> it.health()
                                    .map(health -> health.status().toString())
                                    .orElse(NONE))),
            7);

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

    private static String or(String text) {
        return text.isEmpty() ? NONE : text;
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
