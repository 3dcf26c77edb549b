package dev.carafe.engine.options;

import static dev.carafe.oci.JsonCursor.IntegerType.INT64;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.JsonWriter;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/**
 * Processor time.
 *
 * @param nanos billionths of a processor, at least a hundredth of one; not together with period or quota
 * @param shares its weight against others', 2 to 262144; 1024 is usual
 * @param period microseconds, 1000 to 1000000
 * @param quota microseconds in a period, at least 1000, or -1 for any
 * @param realtimePeriod microseconds
 * @param realtimeRuntime microseconds in a real-time period
 * @param cpus the processors themselves, such as {@code 0-3,7}
 * @param mems memory nodes, such as {@code 0,1}
 */
public record CpuLimits(
        OptionalLong nanos,
        OptionalLong shares,
        OptionalLong period,
        OptionalLong quota,
        OptionalLong realtimePeriod,
        OptionalLong realtimeRuntime,
        Optional<String> cpus,
        Optional<String> mems) {

    public static final CpuLimits NONE = new CpuLimits(
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            Optional.empty(),
            Optional.empty());

    private static final long LEAST_NANOS = 10_000_000;
    private static final Pattern LIST = Pattern.compile("[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*");

    public CpuLimits {
        Rules.range("nanos", nanos, LEAST_NANOS, Long.MAX_VALUE);
        if (nanos.isPresent() && (period.isPresent() || quota.isPresent())) {
            throw Rules.broken(
                    "nanos", "a number of processors is a quota in a period already: leave one of them away");
        }
        Rules.range("shares", shares, 2, 262_144);
        Rules.range("period", period, 1000, 1_000_000);
        if (quota.isPresent() && quota.getAsLong() != -1) {
            Rules.range("quota", quota, 1000, Long.MAX_VALUE);
        }
        Rules.range("realtimePeriod", realtimePeriod, 1, Long.MAX_VALUE);
        Rules.range("realtimeRuntime", realtimeRuntime, 1, Long.MAX_VALUE);
        if (realtimeRuntime.isPresent()
                && realtimePeriod.isPresent()
                && realtimeRuntime.getAsLong() > realtimePeriod.getAsLong()) {
            throw Rules.broken(
                    "realtimeRuntime",
                    realtimeRuntime.getAsLong() + " is above realtimePeriod, " + realtimePeriod.getAsLong());
        }
        list("cpus", cpus);
        list("mems", mems);
    }

    /** So many billionths of a processor and nothing else. */
    public static CpuLimits of(long nanos) {
        return new CpuLimits(
                OptionalLong.of(nanos),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static void list(String key, Optional<String> list) {
        if (list.isPresent() && !LIST.matcher(list.get()).matches()) {
            throw Rules.broken(key, "expected a list such as 0-3,7, found " + JsonPath.quoted(list.get()));
        }
    }

    void write(JsonWriter out) {
        out.put("nanos", nanos)
                .put("shares", shares)
                .put("period", period)
                .put("quota", quota)
                .put("realtimePeriod", realtimePeriod)
                .put("realtimeRuntime", realtimeRuntime)
                .put("cpus", cpus)
                .put("mems", mems);
    }

    static CpuLimits read(JsonCursor in) {
        return new CpuLimits(
                in.optionalInteger("nanos", INT64),
                in.optionalInteger("shares", INT64),
                in.optionalInteger("period", INT64),
                in.optionalInteger("quota", INT64),
                in.optionalInteger("realtimePeriod", INT64),
                in.optionalInteger("realtimeRuntime", INT64),
                in.optionalText("cpus"),
                in.optionalText("mems"));
    }
}
