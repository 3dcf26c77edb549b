package dev.carafe.engine.options;

import static dev.carafe.oci.JsonCursor.IntegerType.INT64;
import static dev.carafe.oci.JsonCursor.IntegerType.UINT64;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.runtime.Rlimit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * How much of the machine an instance may use.
 *
 * @param pids processes and threads; -1 for any number
 * @param rlimits at most one of a resource
 */
public record Limits(
        MemoryLimits memory, CpuLimits cpu, BlockIoLimits blockIo, OptionalLong pids, List<Rlimit> rlimits) {

    /** None beyond the engine's own. */
    public static final Limits NONE =
            new Limits(MemoryLimits.NONE, CpuLimits.NONE, BlockIoLimits.NONE, OptionalLong.empty(), List.of());

    public Limits {
        Rules.range("pids", pids, -1, Long.MAX_VALUE);
        if (pids.isPresent() && pids.getAsLong() == 0) {
            throw Rules.broken("pids", "0 leaves none to begin with: -1 is no limit");
        }
        rlimits = List.copyOf(rlimits);
        Set<Rlimit.Resource> limited = EnumSet.noneOf(Rlimit.Resource.class);
        for (int i = 0; i < rlimits.size(); i++) {
            if (!limited.add(rlimits.get(i).type())) {
                throw Rules.broken(
                        JsonPath.element("rlimits", i), rlimits.get(i).type() + " is limited twice");
            }
        }
    }

    public Limits withMemory(MemoryLimits changed) {
        return new Limits(changed, cpu, blockIo, pids, rlimits);
    }

    public Limits withCpu(CpuLimits changed) {
        return new Limits(memory, changed, blockIo, pids, rlimits);
    }

    void write(JsonWriter out) {
        memory.write(out.object("memory"));
        out.endOrOmit();
        cpu.write(out.object("cpu"));
        out.endOrOmit();
        blockIo.write(out.object("blockIo"));
        out.endOrOmit();
        out.put("pids", pids);
        if (!rlimits.isEmpty()) {
            out.array("rlimits");
            for (Rlimit limit : rlimits) {
                out.object()
                        .put("type", limit.type().name())
                        .putUnsigned("soft", limit.soft())
                        .putUnsigned("hard", limit.hard())
                        .end();
            }
            out.end();
        }
    }

    static Limits read(JsonCursor in) {
        MemoryLimits memory = in.enter("memory") ? in.leave(MemoryLimits.read(in)) : MemoryLimits.NONE;
        CpuLimits cpu = in.enter("cpu") ? in.leave(CpuLimits.read(in)) : CpuLimits.NONE;
        BlockIoLimits blockIo = in.enter("blockIo") ? in.leave(BlockIoLimits.read(in)) : BlockIoLimits.NONE;
        List<Rlimit> rlimits = new ArrayList<>();
        for (boolean more = in.first("rlimits"); more; more = in.next()) {
            rlimits.add(new Rlimit(
                    in.oneOf("type", "resource", Rlimit.Resource.values()),
                    in.integer("soft", UINT64),
                    in.integer("hard", UINT64)));
        }
        return new Limits(memory, cpu, blockIo, in.optionalInteger("pids", INT64), rlimits);
    }
}
