package dev.carafe.engine.options;

import static dev.carafe.oci.JsonCursor.IntegerType.INT64;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonWriter;
import java.util.OptionalLong;

/**
 * Memory, in bytes.
 *
 * @param limit the most; at least 6 MiB
 * @param reservation what it keeps when memory is short; not above the limit
 * @param swap the most of memory and swap together, -1 for any; needs a limit and is not below it
 * @param swappiness 0 to 100
 * @param oomKillDisable whether processes wait rather than die when the limit is reached; needs a limit
 * @param oomScoreAdj -1000 to 1000; who dies first when the machine runs out of memory
 */
public record MemoryLimits(
        OptionalLong limit,
        OptionalLong reservation,
        OptionalLong swap,
        OptionalLong swappiness,
        boolean oomKillDisable,
        OptionalLong oomScoreAdj) {

    public static final MemoryLimits NONE = new MemoryLimits(
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            false,
            OptionalLong.empty());

    /** What a program needs to be started at all. */
    private static final long LEAST = 6L << 20;

    public MemoryLimits {
        if (limit.isPresent() && limit.getAsLong() < LEAST) {
            throw Rules.broken("limit", limit.getAsLong() + " bytes are too few to start in: at least 6 MiB");
        }
        Rules.range("reservation", reservation, 1, Long.MAX_VALUE);
        if (limit.isPresent() && reservation.orElse(0) > limit.getAsLong()) {
            throw Rules.broken("reservation", reservation.getAsLong() + " is above limit, " + limit.getAsLong());
        }
        if (swap.isPresent()) {
            Rules.range("swap", swap, -1, Long.MAX_VALUE);
            if (limit.isEmpty()) {
                throw Rules.broken("swap", "counts memory and swap together: it needs a limit of memory");
            }
            if (swap.getAsLong() != -1 && swap.getAsLong() < limit.getAsLong()) {
                throw Rules.broken(
                        "swap",
                        swap.getAsLong() + " is below limit, " + limit.getAsLong()
                                + "; it counts memory and swap together");
            }
        }
        Rules.range("swappiness", swappiness, 0, 100);
        if (oomKillDisable && limit.isEmpty()) {
            throw Rules.broken("oomKillDisable", "the machine itself could come to a halt: it needs a limit of memory");
        }
        Rules.range("oomScoreAdj", oomScoreAdj, -1000, 1000);
    }

    /** A limit and nothing else. */
    public static MemoryLimits of(long limit) {
        return new MemoryLimits(
                OptionalLong.of(limit),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                false,
                OptionalLong.empty());
    }

    void write(JsonWriter out) {
        out.put("limit", limit)
                .put("reservation", reservation)
                .put("swap", swap)
                .put("swappiness", swappiness)
                .putTrue("oomKillDisable", oomKillDisable)
                .put("oomScoreAdj", oomScoreAdj);
    }

    static MemoryLimits read(JsonCursor in) {
        return new MemoryLimits(
                in.optionalInteger("limit", INT64),
                in.optionalInteger("reservation", INT64),
                in.optionalInteger("swap", INT64),
                in.optionalInteger("swappiness", INT64),
                in.flag("oomKillDisable"),
                in.optionalInteger("oomScoreAdj", INT64));
    }
}
