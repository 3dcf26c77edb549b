package dev.carafe.linux.cgroup;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.StringTokenizer;

/**
 * What a cgroup and its descendants use and have used. A part is empty where its controller is not there.
 *
 * @param blockIo by device; empty as well while nothing was read or written
 */
public record Statistics(Optional<Memory> memory, Optional<Cpu> cpu, Optional<Pids> pids, List<BlockIo> blockIo) {

    public Statistics {
        blockIo = List.copyOf(blockIo);
    }

    /**
     * Memory, in bytes.
     *
     * @param limit empty for none
     * @param peak empty where the kernel does not keep it (v2 before Linux 5.19)
     * @param cache pages of files
     * @param inactiveFile the part of {@code cache} that goes first; usage without it is what cannot be had back
     * @param swap swap alone; empty where the kernel does not count it
     * @param failures how often usage ran into the limit
     * @param oomKills processes that were killed for want of memory
     */
    public record Memory(
            long usage,
            OptionalLong limit,
            OptionalLong peak,
            long cache,
            long inactiveFile,
            OptionalLong swap,
            long failures,
            long oomKills) {}

    /** Processor time, in nanoseconds, and how often in how many periods the quota was used up. */
    public record Cpu(long usage, long user, long system, long periods, long throttledPeriods, long throttledNanos) {}

    /** Tasks; an empty limit for none. */
    public record Pids(long current, OptionalLong limit) {}

    /** Bytes and operations of one device. */
    public record BlockIo(
            long major, long minor, long readBytes, long writtenBytes, long readOperations, long writeOperations) {}

    private static final long NANOS_PER_MICRO = 1000;
    /** cpuacct.stat counts in USER_HZ, which Linux shows as 100 to every program. */
    private static final long NANOS_PER_TICK = 10_000_000;
    /** What v1 says for no limit is the greatest number of whole pages. */
    private static final long UNLIMITED_V1 = 0x7fff_ffff_ffff_0000L;

    static Optional<Memory> memoryV1(Directory directory) {
        OptionalLong usage = directory.number("memory.usage_in_bytes");
        if (usage.isEmpty()) {
            return Optional.empty();
        }
        String stat = directory.readIfPresent("memory.stat").orElse("");
        OptionalLong both = directory.number("memory.memsw.usage_in_bytes");
        return Optional.of(new Memory(
                usage.getAsLong(),
                limit(directory.number("memory.limit_in_bytes"), UNLIMITED_V1),
                directory.number("memory.max_usage_in_bytes"),
                directory.number(stat, "memory.stat", "total_cache").orElse(0),
                directory.number(stat, "memory.stat", "total_inactive_file").orElse(0),
                both.isEmpty()
                        ? OptionalLong.empty()
                        : OptionalLong.of(Math.max(0, both.getAsLong() - usage.getAsLong())),
                directory.number("memory.failcnt").orElse(0),
                directory.number("memory.oom_control", "oom_kill").orElse(0)));
    }

    static Optional<Memory> memoryV2(Directory directory) {
        OptionalLong usage = directory.number("memory.current");
        if (usage.isEmpty()) {
            return Optional.empty();
        }
        String stat = directory.readIfPresent("memory.stat").orElse("");
        String events = directory.readIfPresent("memory.events").orElse("");
        return Optional.of(new Memory(
                usage.getAsLong(),
                limit(directory.number("memory.max"), Long.MAX_VALUE),
                directory.number("memory.peak"),
                directory.number(stat, "memory.stat", "file").orElse(0),
                directory.number(stat, "memory.stat", "inactive_file").orElse(0),
                directory.number("memory.swap.current"),
                directory.number(events, "memory.events", "max").orElse(0),
                directory.number(events, "memory.events", "oom_kill").orElse(0)));
    }

    /** v1 keeps usage and throttling in two hierarchies, either of which may be absent. */
    static Optional<Cpu> cpuV1(Optional<Directory> cpuacct, Optional<Directory> cpu) {
        if (cpuacct.isEmpty() && cpu.isEmpty()) {
            return Optional.empty();
        }
        long usage = 0;
        long user = 0;
        long system = 0;
        if (cpuacct.isPresent()) {
            Directory directory = cpuacct.get();
            String stat = directory.readIfPresent("cpuacct.stat").orElse("");
            usage = directory.number("cpuacct.usage").orElse(0);
            user = directory.number(stat, "cpuacct.stat", "user").orElse(0) * NANOS_PER_TICK;
            system = directory.number(stat, "cpuacct.stat", "system").orElse(0) * NANOS_PER_TICK;
        }
        long periods = 0;
        long throttled = 0;
        long throttledNanos = 0;
        if (cpu.isPresent()) {
            Directory directory = cpu.get();
            String stat = directory.readIfPresent("cpu.stat").orElse("");
            periods = directory.number(stat, "cpu.stat", "nr_periods").orElse(0);
            throttled = directory.number(stat, "cpu.stat", "nr_throttled").orElse(0);
            throttledNanos =
                    directory.number(stat, "cpu.stat", "throttled_time").orElse(0);
        }
        return Optional.of(new Cpu(usage, user, system, periods, throttled, throttledNanos));
    }

    static Optional<Cpu> cpuV2(Directory directory) {
        Optional<String> stat = directory.readIfPresent("cpu.stat");
        if (stat.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Cpu(
                cpuV2(directory, stat.get(), "usage_usec") * NANOS_PER_MICRO,
                cpuV2(directory, stat.get(), "user_usec") * NANOS_PER_MICRO,
                cpuV2(directory, stat.get(), "system_usec") * NANOS_PER_MICRO,
                cpuV2(directory, stat.get(), "nr_periods"),
                cpuV2(directory, stat.get(), "nr_throttled"),
                cpuV2(directory, stat.get(), "throttled_usec") * NANOS_PER_MICRO));
    }

    private static long cpuV2(Directory directory, String stat, String key) {
        return directory.number(stat, "cpu.stat", key).orElse(0);
    }

    /** Both interfaces have the same files. */
    static Optional<Pids> pids(Directory directory) {
        OptionalLong current = directory.number("pids.current");
        return current.isEmpty()
                ? Optional.empty()
                : Optional.of(new Pids(current.getAsLong(), limit(directory.number("pids.max"), Long.MAX_VALUE)));
    }

    /** Lines of {@code 8:0 rbytes=1 wbytes=2 rios=3 wios=4}. */
    static List<BlockIo> blockIoV2(Directory directory) {
        List<BlockIo> devices = new ArrayList<>();
        String stat = directory.readIfPresent("io.stat").orElse("");
        for (StringTokenizer lines = new StringTokenizer(stat, "\n"); lines.hasMoreTokens(); ) {
            var words = new StringTokenizer(lines.nextToken(), " :=");
            long major = Long.parseLong(words.nextToken());
            long minor = Long.parseLong(words.nextToken());
            long[] counts = new long[4];
            while (words.countTokens() >= 2) {
                int at = List.of("rbytes", "wbytes", "rios", "wios").indexOf(words.nextToken());
                String count = words.nextToken();
                if (at >= 0) {
                    counts[at] = Long.parseLong(count);
                }
            }
            devices.add(new BlockIo(major, minor, counts[0], counts[1], counts[2], counts[3]));
        }
        return devices;
    }

    /** Lines of {@code 8:0 Read 1}, bytes in one file and operations in the other; BFQ keeps its own. */
    static List<BlockIo> blockIoV1(Directory directory) {
        boolean bfq = directory.has("blkio.bfq.io_service_bytes_recursive");
        String scheduler = bfq ? "blkio.bfq." : "blkio.throttle.";
        List<BlockIo> devices = new ArrayList<>();
        readV1(directory, scheduler + "io_service_bytes_recursive", devices, true);
        readV1(directory, scheduler + "io_serviced_recursive", devices, false);
        return devices;
    }

    private static void readV1(Directory directory, String file, List<BlockIo> devices, boolean bytes) {
        String content = directory.readIfPresent(file).orElse("");
        for (StringTokenizer lines = new StringTokenizer(content, "\n"); lines.hasMoreTokens(); ) {
            var words = new StringTokenizer(lines.nextToken(), " :");
            if (words.countTokens() != 4) {
                continue; // The total of all devices.
            }
            long major = Long.parseLong(words.nextToken());
            long minor = Long.parseLong(words.nextToken());
            String operation = words.nextToken();
            long count = Long.parseLong(words.nextToken());
            int at = indexOf(devices, major, minor);
            BlockIo old = devices.get(at);
            boolean read = operation.equals("Read");
            if (read || operation.equals("Write")) {
                devices.set(
                        at,
                        new BlockIo(
                                major,
                                minor,
                                bytes && read ? count : old.readBytes,
                                bytes && !read ? count : old.writtenBytes,
                                !bytes && read ? count : old.readOperations,
                                !bytes && !read ? count : old.writeOperations));
            }
        }
    }

    private static int indexOf(List<BlockIo> devices, long major, long minor) {
        for (int i = 0; i < devices.size(); i++) {
            if (devices.get(i).major == major && devices.get(i).minor == minor) {
                return i;
            }
        }
        devices.add(new BlockIo(major, minor, 0, 0, 0, 0));
        return devices.size() - 1;
    }

    private static OptionalLong limit(OptionalLong limit, long unlimited) {
        return limit.orElse(unlimited) >= unlimited ? OptionalLong.empty() : limit;
    }
}
