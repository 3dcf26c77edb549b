package dev.carafe.cli;

import dev.carafe.engine.Instance;
import dev.carafe.engine.log.LogEntry;
import dev.carafe.engine.log.LogQuery;
import java.io.PrintStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe logs}. */
@Command(
        name = "carafe logs",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Prints what an instance has written.")
final class LogsCommand implements Callable<Ending> {

    /** Of fixed width, so that lines stand below each other. */
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final Invocation invocation;

    @Option(
            names = {"-f", "--follow"},
            description = "Go on with what it writes further, until it ends.")
    boolean follow;

    @Option(
            names = {"-t", "--timestamps"},
            description = "With the time at which each line was begun.")
    boolean times;

    @Option(
            names = {"-n", "--tail"},
            paramLabel = "LINES|all",
            defaultValue = "all",
            description = "Only the last lines, as many.")
    String tail = "all";

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description = "Only since then: a time, seconds since 1970, or how long ago (10m).")
    @Nullable
    String since;

    @Option(names = "--until", paramLabel = "TIME", description = "Only until then.")
    @Nullable
    String until;

    @Parameters(paramLabel = "NAME", description = "The instance.")
    String name = "";

    LogsCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Ending call() throws InterruptedException {
        Instant now = Instant.now();
        LogQuery query = LogQuery.ALL;
        if (since != null) {
            query = query.since(Times.parse("--since", since, now));
        }
        if (until != null) {
            query = query.until(Times.parse("--until", until, now));
        }
        if (!tail.equals("all") && !tail.equals("-1")) {
            query = query.tail(lines());
        }
        Instance instance = invocation.engine().instances().find(name);
        if (follow) {
            instance.followLog(query, entry -> {
                print(entry);
                invocation.output().flush();
                invocation.error().flush();
            });
        } else {
            instance.readLog(query, this::print);
        }
        return Ending.SUCCESS;
    }

    private long lines() {
        try {
            return Long.parseUnsignedLong(tail);
        } catch (NumberFormatException none) {
            throw new UsageException("--tail " + tail + ": a number of lines, or all");
        }
    }

    private void print(LogEntry entry) {
        switch (entry) {
            case LogEntry.Line line -> {
                PrintStream stream = line.stream() == LogEntry.Stream.ERROR ? invocation.error() : invocation.output();
                if (times && line.begins()) {
                    stream.print(STAMP.format(line.time()) + " ");
                }
                stream.writeBytes(line.text());
                if (line.ends()) {
                    stream.write('\n');
                }
            }
            case LogEntry.Gap gap -> {
                invocation.output().flush();
                invocation.note(
                        switch (gap.reason()) {
                            case NOT_WRITTEN -> gap.bytes() + " bytes are missing here: they could not be written";
                            case DAMAGED -> gap.bytes() + " bytes of the log are damaged here";
                            case ROTATED_AWAY ->
                                "some of the log is missing here: it was rotated away before it was read";
                        });
            }
        }
    }
}
