package dev.carafe.cli;

import dev.carafe.linux.cgroup.Statistics;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.runtime.State.Status;
import dev.carafe.runtime.Containers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** {@code events}: what a container uses, once or again and again, and when the kernel killed for want of memory. */
final class OciEvents {

    static final String[] OPTIONS = {"interval=", "stats"};

    /** How soon a kill for want of memory, or the end of the container, is told. */
    private static final Duration GLANCE = Duration.ofMillis(100);

    private OciEvents() {}

    static void events(OciContext context, List<String> rest) {
        Arguments arguments = Arguments.read(rest, OPTIONS);
        String id = arguments.exactly("ID").getFirst();
        Duration interval = interval(arguments.value("interval").orElse("5s"));
        Containers containers = context.containers();
        Containers.Usage usage = containers.usage(id);
        print(context, stats(id, usage));
        if (arguments.has("stats")) {
            return;
        }
        try {
            follow(context, id, usage, interval);
        } catch (InterruptedException callerHasEnough) {
            return;
        }
    }

    private static void follow(OciContext context, String id, Containers.Usage first, Duration interval)
            throws InterruptedException {
        Containers containers = context.containers();
        OptionalLong kills = first.oomKills();
        long due = System.nanoTime() + interval.toNanos();
        while (true) {
            Thread.sleep(GLANCE);
            if (containers.state(id).status() == Status.STOPPED) {
                return;
            }
            Containers.Usage usage = containers.usage(id);
            if (usage.oomKills().orElse(0) > kills.orElse(0)) {
                print(context, event("oom", id).end().text());
            }
            kills = usage.oomKills();
            if (System.nanoTime() - due >= 0) {
                print(context, stats(id, usage));
                due += interval.toNanos();
            }
        }
    }

    private static void print(OciContext context, String line) {
        context.invocation().output().println(line);
        context.invocation().output().flush();
    }

    private static JsonWriter event(String type, String id) {
        return new JsonWriter("").object().put("type", type).put("id", id);
    }

    /** In the form of runC's events, which is what readers of them know. */
    private static String stats(String id, Containers.Usage usage) {
        Statistics statistics = usage.statistics();
        JsonWriter json = event("stats", id).object("data");
        statistics.cpu().ifPresent(cpu -> cpu(json, cpu));
        statistics.memory().ifPresent(memory -> memory(json, memory));
        statistics
                .pids()
                .ifPresent(pids -> json.object("pids")
                        .put("current", pids.current())
                        .put("limit", pids.limit().orElse(0))
                        .end());
        blockIo(json, statistics.blockIo());
        return json.end().end().text();
    }

    private static void cpu(JsonWriter json, Statistics.Cpu cpu) {
        json.object("cpu")
                .object("usage")
                .put("total", cpu.usage())
                .put("kernel", cpu.system())
                .put("user", cpu.user())
                .end()
                .object("throttling")
                .put("periods", cpu.periods())
                .put("throttledPeriods", cpu.throttledPeriods())
                .put("throttledTime", cpu.throttledNanos())
                .end()
                .end();
    }

    private static void memory(JsonWriter json, Statistics.Memory memory) {
        json.object("memory")
                .put("cache", memory.cache())
                .object("usage")
                .put("limit", memory.limit().orElse(Long.MAX_VALUE))
                .put("usage", memory.usage())
                .put("max", memory.peak())
                .put("failcnt", memory.failures())
                .end();
        if (memory.swap().isPresent()) {
            json.object("swap").put("usage", memory.swap()).end();
        }
        json.object("raw").put("inactive_file", memory.inactiveFile()).end().end();
    }

    private static void blockIo(JsonWriter json, List<Statistics.BlockIo> devices) {
        json.object("blkio");
        json.array("ioServiceBytesRecursive");
        for (Statistics.BlockIo device : devices) {
            entry(json, device, "Read", device.readBytes());
            entry(json, device, "Write", device.writtenBytes());
        }
        json.end().array("ioServicedRecursive");
        for (Statistics.BlockIo device : devices) {
            entry(json, device, "Read", device.readOperations());
            entry(json, device, "Write", device.writeOperations());
        }
        json.end().end();
    }

    private static void entry(JsonWriter json, Statistics.BlockIo device, String operation, long value) {
        json.object()
                .put("major", device.major())
                .put("minor", device.minor())
                .put("op", operation)
                .put("value", value)
                .end();
    }

    /** A duration as Go writes it, of one unit: {@code 5s}, {@code 100ms}, {@code 1m}. */
    private static Duration interval(String text) {
        Optional<Duration> duration = duration(text);
        if (duration.isEmpty() || duration.get().compareTo(GLANCE) < 0) {
            throw new UsageException("--interval " + text + ": a duration such as 5s or 500ms, at least 100ms");
        }
        return duration.get();
    }

    private static Optional<Duration> duration(String text) {
        int end = 0;
        while (end < text.length() && Character.isDigit(text.charAt(end)) && end < 9) {
            end++;
        }
        if (end == 0) {
            return Optional.empty();
        }
        long number = Long.parseLong(text.substring(0, end));
        return switch (text.substring(end)) {
            case "ms" -> Optional.of(Duration.ofMillis(number));
            case "s" -> Optional.of(Duration.ofSeconds(number));
            case "m" -> Optional.of(Duration.ofMinutes(number));
            case "h" -> Optional.of(Duration.ofHours(number));
            default -> Optional.empty();
        };
    }
}
