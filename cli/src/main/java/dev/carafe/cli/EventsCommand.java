package dev.carafe.cli;

import dev.carafe.engine.Event;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code carafe events}. */
@Command(
        name = "carafe events",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Prints what happens, as it happens.")
final class EventsCommand implements Callable<Ending> {

    private static final String KEYS = "event, type, instance, image, label";

    private final Invocation invocation;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description =
                    "What has happened since then too: a time, a number of seconds since 1970, or how long ago (10m).")
    @Nullable
    String since;

    @Option(names = "--until", paramLabel = "TIME", description = "Ends then; what has happened later is left out.")
    @Nullable
    String until;

    @Option(
            names = {"-f", "--filter"},
            paramLabel = "KEY=VALUE",
            description = "Only what this is true of: " + KEYS + ".")
    List<String> filters = List.of();

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "text", description = "text or json.")
    String format = "text";

    EventsCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() {
        if (!format.equals("text") && !format.equals("json")) {
            throw new UsageException("--format " + format + ": text or json");
        }
        Instant now = Instant.now();
        Predicate<Event> wanted = filters.stream()
                .map(EventsCommand::filter)
                .collect(Collectors.groupingBy(
                        Filter::key, Collectors.reducing((Predicate<Event>) any -> false, Filter::test, Predicate::or)))
                .values()
                .stream()
                .reduce(any -> true, Predicate::and);
        invocation
                .engine()
                .events()
                .follow(
                        Optional.ofNullable(since)
                                .map(it -> Times.parse("--since", it, now))
                                .orElse(now),
                        Optional.ofNullable(until).map(it -> Times.parse("--until", it, now)),
                        wanted,
                        this::print);
        return Ending.SUCCESS;
    }

    private record Filter(String key, Predicate<Event> test) {}

    private static Filter filter(String text) {
        int equals = text.indexOf('=');
        String key = equals < 0 ? text : text.substring(0, equals);
        String value = text.substring(equals + 1);
        return new Filter(
                key,
                switch (equals < 0 ? "" : key) {
                    case "event" -> event -> event.action().equals(value);
                    case "type" ->
                        event -> event.kind().toString().equals(value)
                                || (value.equals("container") && event.kind() == Event.Kind.INSTANCE);
                    case "instance", "container" ->
                        event -> event.kind() == Event.Kind.INSTANCE
                                && (event.id().startsWith(value)
                                        || value.equals(event.attributes().get("name")));
                    case "image" -> event -> value.equals(event.attributes().get("image"));
                    case "label" -> event -> Labels.match(event.attributes(), value);
                    default -> throw new UsageException("--filter " + text + ": KEY=VALUE, with a key of " + KEYS);
                });
    }

    private void print(Event event) {
        invocation
                .output()
                .println(
                        format.equals("json")
                                ? event.text()
                                : event.time() + " " + event.kind() + " " + event.action() + " " + event.id()
                                        + event.attributes().entrySet().stream()
                                                .map(it -> it.getKey() + "=" + it.getValue())
                                                .collect(Collectors.joining(", ", " (", ")")));
        invocation.output().flush();
    }
}
