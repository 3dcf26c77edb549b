package dev.carafe.linux.cgroup;

import dev.carafe.linux.cgroup.CgroupLayout.Mode;
import dev.carafe.linux.systemd.BusValue;
import dev.carafe.linux.systemd.UnitProperty;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.StringTokenizer;
import java.util.function.IntSupplier;

/**
 * Limits as properties of a unit of systemd's. Systemd writes them anew whenever it likes: what it does not know of, it
 * would take back. What it has no property for is written to the cgroup alone.
 *
 * @see <a href="https://www.freedesktop.org/software/systemd/man/systemd.resource-control.html">systemd.resource-control(5)</a>
 */
public final class UnitLimits {

    private static final long INFINITY = -1;
    private static final long USUAL_PERIOD = 100_000;
    private static final long MICROSECONDS = 1_000_000;
    private static final long PERCENT = MICROSECONDS / 100;
    private static final int CPU_MOST = 1 << 16;

    private final List<UnitProperty> properties = new ArrayList<>();

    private UnitLimits() {}

    /**
     * Resources whose quota of processor time is a whole number of percents, rounded up: systemd keeps no finer ones, and
     * the cgroup is to say the same as the unit.
     */
    public static Resources rounded(Resources resources) {
        Resources.Cpu cpu = resources.cpu();
        if (cpu.quota().orElse(0) <= 0) {
            return resources;
        }
        long period = cpu.period().orElse(USUAL_PERIOD);
        long share = share(cpu.quota().getAsLong(), period);
        return share % PERCENT == 0
                ? resources
                : resources.with(cpu.withQuota(roundedUp(share) * period / MICROSECONDS));
    }

    /** The version of systemd from which on it knows of an idle cgroup, by a weight of 0. */
    private static final int KNOWS_IDLE = 252;

    /**
     * The properties for {@linkplain #rounded rounded} resources.
     *
     * @param version systemd's, asked for where it counts
     */
    public static List<UnitProperty> of(Resources resources, Mode mode, IntSupplier version) {
        UnitLimits limits = new UnitLimits();
        if (!resources.devices().isEmpty()) {
            limits.addDevices(DeviceFilter.of(resources.devices()));
        }
        if (mode == Mode.V2) {
            boolean idle = (resources.cpu().idle().orElse(0) == 1
                            || resources
                                    .unified()
                                    .getOrDefault("cpu.idle", "")
                                    .strip()
                                    .equals("1"))
                    && version.getAsInt() >= KNOWS_IDLE;
            limits.addV2(resources, idle);
        } else {
            limits.addV1(resources);
        }
        Resources.Cpu cpu = resources.cpu();
        limits.addQuota(cpu.quota(), cpu.period());
        if (resources.pids().isPresent()) {
            limits.addTasks(resources.pids().getAsLong());
        }
        limits.addSet("AllowedCPUs", cpu.cpus());
        limits.addSet("AllowedMemoryNodes", cpu.mems());
        for (Map.Entry<String, String> file : resources.unified().entrySet()) {
            limits.addUnified(file.getKey(), file.getValue().strip());
        }
        return limits.properties;
    }

    private void addV1(Resources resources) {
        resources.memory().limit().ifPresent(bytes -> add("MemoryLimit", bytes));
        resources.cpu().shares().ifPresent(shares -> add("CPUShares", shares));
        resources.blockIo().weight().ifPresent(weight -> add("BlockIOWeight", weight));
    }

    private void addV2(Resources resources, boolean idle) {
        Resources.Memory memory = resources.memory();
        memory.limit().ifPresent(bytes -> add("MemoryMax", bytes));
        memory.reservation().ifPresent(bytes -> add("MemoryLow", bytes));
        Optional<String> swap = MemoryController.swapMax(memory.limit(), memory.swap());
        if (swap.isPresent() && !swap.get().equals("0")) {
            add("MemorySwapMax", bytes(swap.get()));
        }
        if (idle) {
            add("CPUWeight", 0); // whatever other weight is asked for: an idle cgroup has none
        } else if (resources.cpu().shares().isPresent()) {
            add("CPUWeight", CpuController.weight(resources.cpu().shares().getAsLong()));
        } else if (resources.unified().containsKey("cpu.weight")) {
            add(
                    "CPUWeight",
                    number("cpu.weight", resources.unified().get("cpu.weight").strip()));
        }
    }

    private void addQuota(OptionalLong quota, OptionalLong period) {
        period.ifPresent(microseconds -> add("CPUQuotaPeriodUSec", microseconds));
        if (quota.isPresent() || period.isPresent()) {
            add(
                    "CPUQuotaPerSecUSec",
                    quota.orElse(0) > 0 ? roundedUp(share(quota.getAsLong(), period.orElse(USUAL_PERIOD))) : INFINITY);
        }
    }

    /** Microseconds of processor time in each second. */
    private static long share(long quota, long period) {
        if (period <= 0 || quota > Long.MAX_VALUE / MICROSECONDS) {
            throw CgroupException.invalid("cpu.quota " + quota + " in every cpu.period " + period + " cannot be kept");
        }
        return quota * MICROSECONDS / period;
    }

    private static long roundedUp(long share) {
        return (share + PERCENT - 1) / PERCENT * PERCENT;
    }

    /** Systemd does not take 0 for a limit, and means the same by 1, as nothing has less than a task. */
    private void addTasks(long limit) {
        add("TasksMax", limit < 0 ? INFINITY : Math.max(limit, 1));
    }

    /** A set of numbers such as {@code 0-2,7}, as bits from the lowest on. */
    private void addSet(String name, String list) {
        if (list.isBlank()) {
            return;
        }
        BitSet set = new BitSet();
        for (StringTokenizer ranges = new StringTokenizer(list, ", "); ranges.hasMoreTokens(); ) {
            String range = ranges.nextToken();
            int dash = range.indexOf('-');
            try {
                int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
                int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
                if (first < 0 || first > last || last > CPU_MOST) {
                    throw new NumberFormatException(range);
                }
                set.set(first, last + 1);
            } catch (NumberFormatException exception) {
                throw CgroupException.invalid("\"" + list + "\" is no list of numbers such as 0-2,7");
            }
        }
        properties.add(new UnitProperty(name, BusValue.bytes(set.toByteArray())));
    }

    /** What the unified map says by the names of cgroup v2's files, as far as systemd knows them. */
    private void addUnified(String file, String value) {
        switch (file) {
            case "memory.high" -> add("MemoryHigh", bytes(value));
            case "memory.low" -> add("MemoryLow", bytes(value));
            case "memory.min" -> add("MemoryMin", bytes(value));
            case "memory.max" -> add("MemoryMax", bytes(value));
            case "memory.swap.max" -> add("MemorySwapMax", bytes(value));
            case "pids.max" -> addTasks(bytes(value));
            case "cpu.max" -> {
                String[] words = value.split("\\s+", 2);
                addQuota(
                        words[0].equals("max") ? OptionalLong.empty() : OptionalLong.of(number(file, words[0])),
                        OptionalLong.of(words.length > 1 ? number(file, words[1]) : USUAL_PERIOD));
            }
            case "cpuset.cpus" -> addSet("AllowedCPUs", value);
            case "cpuset.mems" -> addSet("AllowedMemoryNodes", value);
            default -> {} // For the cgroup alone.
        }
    }

    private static long bytes(String value) {
        return value.equals("max") ? INFINITY : number("a limit", value);
    }

    private static long number(String file, String value) {
        try {
            return Long.parseUnsignedLong(value);
        } catch (NumberFormatException exception) {
            throw CgroupException.invalid("the unified resource " + file + " is \"" + value + "\", which is no number");
        }
    }

    /** Systemd knows a list of what is allowed, or that everything is. Any other filter it takes for "nothing". */
    private void addDevices(DeviceFilter filter) {
        List<BusValue> none = List.of();
        properties.add(new UnitProperty("DeviceAllow", new BusValue.Sequence("(ss)", none)));
        boolean everything = filter.allowsByDefault() && filter.exceptions().isEmpty();
        properties.add(new UnitProperty("DevicePolicy", BusValue.text(everything ? "auto" : "strict")));
        if (filter.allowsByDefault()) {
            return;
        }
        List<BusValue> allowed = new ArrayList<>();
        for (DeviceRule rule : filter.exceptions()) {
            deviceName(rule)
                    .ifPresent(name ->
                            allowed.add(BusValue.structure(BusValue.text(name), BusValue.text(rule.accessLetters()))));
        }
        properties.add(new UnitProperty("DeviceAllow", new BusValue.Sequence("(ss)", allowed)));
    }

    /** Empty for one minor number of every major one, for which systemd has no words. */
    private static Optional<String> deviceName(DeviceRule rule) {
        String kind = rule.type() == DeviceRule.Type.BLOCK ? "block" : "char";
        if (rule.major().isEmpty()) {
            return rule.minor().isEmpty() ? Optional.of(kind + "-*") : Optional.empty();
        }
        long major = rule.major().getAsLong();
        return Optional.of(
                rule.minor().isEmpty()
                        ? kind + "-" + major
                        : "/dev/" + kind + "/" + major + ":" + rule.minor().getAsLong());
    }

    private void add(String name, long number) {
        properties.add(new UnitProperty(name, BusValue.number(number)));
    }
}
