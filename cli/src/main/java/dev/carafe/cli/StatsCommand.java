package dev.carafe.cli;

import dev.carafe.engine.EngineException;
import dev.carafe.engine.Instance;
import dev.carafe.engine.InstanceUsage;
import dev.carafe.linux.cgroup.Statistics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code carafe stats}. */
@Command(
        name = "carafe stats",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "Shows what instances use, again every second.")
final class StatsCommand implements Callable<Ending> {

    private static final Duration BETWEEN = Duration.ofSeconds(1);
    private static final String CLEAR = "\033[H\033[2J";
    private static final String NONE = "-";

    /** An instance over a span of time. */
    private record Span(Instance.View instance, InstanceUsage before, InstanceUsage after) {

        /** Percent of one processor. */
        double processors() {
            long time = Duration.between(before.time(), after.time()).toNanos();
            long used = cpu(after) - cpu(before);
            return time <= 0 ? 0 : 100.0 * used / time;
        }

        private static long cpu(InstanceUsage usage) {
            return usage.statistics().cpu().map(Statistics.Cpu::usage).orElse(0L);
        }

        Optional<Statistics.Memory> memory() {
            return after.statistics().memory();
        }

        /** Without what the kernel would give up first. */
        long used() {
            return memory().map(it -> it.usage() - it.inactiveFile()).orElse(0L);
        }

        long read() {
            return after.statistics().blockIo().stream()
                    .mapToLong(Statistics.BlockIo::readBytes)
                    .sum();
        }

        long written() {
            return after.statistics().blockIo().stream()
                    .mapToLong(Statistics.BlockIo::writtenBytes)
                    .sum();
        }
    }

    private static final Listing<Span> LISTING = new Listing<>(
            List.of(
                    Listing.Column.of("name", it -> it.instance().name()),
                    new Listing.Column<>(
                            "cpu",
                            it -> String.format(Locale.ROOT, "%.2f %%", it.processors()),
                            it -> String.format(Locale.ROOT, "%.4f", it.processors())),
                    new Listing.Column<>(
                            "memory", it -> Quantities.readable(it.used()), it -> Long.toString(it.used())),
                    new Listing.Column<>(
                            "limit",
                            it -> limit(it).map(Quantities::readable).orElse(NONE),
                            it -> limit(it).map(bytes -> Long.toString(bytes)).orElse(NONE)),
                    bytes("received", it -> it.after().received()),
                    bytes("sent", it -> it.after().sent()),
                    bytes("read", Span::read),
                    bytes("written", Span::written),
                    Listing.Column.of(
                            "pids",
                            it -> it.after()
                                    .statistics()
                                    .pids()
                                    .map(pids -> Long.toString(pids.current()))
                                    .orElse(NONE)),
                    Listing.Column.of("id", it -> it.instance().id())),
            9);

    private final Invocation invocation;

    @Option(names = "--no-stream", description = "Once.")
    boolean once;

    @Option(names = "--format", paramLabel = "FORMAT", defaultValue = "table", description = Listing.FORMATS)
    String format = "table";

    @Parameters(paramLabel = "NAME", arity = "0..*", description = "Only these instances.")
    List<String> names = List.of();

    StatsCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    private static Listing.Column<Span> bytes(String name, java.util.function.ToLongFunction<Span> number) {
        return new Listing.Column<>(
                name, it -> Quantities.readable(number.applyAsLong(it)), it -> Long.toString(number.applyAsLong(it)));
    }

    private static Optional<Long> limit(Span span) {
        return span.memory()
                .filter(it -> it.limit().isPresent())
                .map(it -> it.limit().getAsLong());
    }

    @Override
    public Ending call() throws InterruptedException {
        names.forEach(name -> invocation.engine().instances().find(name));
        boolean screen = !once
                && format.equals("table")
                && invocation
                        .kernel()
                        .terminals()
                        .isTerminal(invocation.request().output());
        Map<String, InstanceUsage> before = usages();
        while (true) {
            Thread.sleep(BETWEEN);
            Map<String, InstanceUsage> after = usages();
            List<Span> spans = new ArrayList<>();
            for (Instance.View instance : shown()) {
                InstanceUsage old = before.get(instance.id());
                InstanceUsage now = after.get(instance.id());
                if (now != null) {
                    spans.add(new Span(instance, old == null ? now : old, now));
                }
            }
            if (screen) {
                invocation.output().print(CLEAR);
            }
            LISTING.print(spans, format, invocation.output());
            invocation.output().flush();
            if (once || invocation.output().checkError()) {
                return Ending.SUCCESS;
            }
            before = after;
        }
    }

    private List<Instance.View> shown() {
        return names.isEmpty()
                ? invocation.engine().instances().list().stream()
                        .filter(it -> it.state().status().isAlive())
                        .toList()
                : names.stream()
                        .map(name -> invocation.engine().instances().find(name).look())
                        .toList();
    }

    private Map<String, InstanceUsage> usages() {
        Map<String, InstanceUsage> usages = new LinkedHashMap<>();
        for (Instance.View instance : shown()) {
            try {
                usages.put(
                        instance.id(),
                        invocation.engine().instances().find(instance.id()).usage());
            } catch (EngineException ended) {
                // It uses nothing any more.
            }
        }
        return usages;
    }
}
