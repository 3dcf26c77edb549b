package dev.carafe.cli;

import static dev.carafe.cli.RunOptions.part;

import dev.carafe.engine.options.BlockIoLimits;
import dev.carafe.engine.options.CpuLimits;
import dev.carafe.engine.options.Limits;
import dev.carafe.engine.options.MemoryLimits;
import dev.carafe.oci.runtime.Rlimit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** How much of the machine an instance may use, in docker's options. */
record LimitFlags(Flags flags) {

    /** Those that are given, and others where none are. */
    Limits over(Limits others) {
        MemoryLimits memory = part("--memory", () -> memory(others.memory()));
        CpuLimits cpu = part("--cpus, --cpu…", () -> cpu(others.cpu()));
        BlockIoLimits blockIo = part("--blkio…, --device-…-bps, --device-…-iops", () -> blockIo(others.blockIo()));
        OptionalLong pids = flags.number("pids-limit");
        List<Rlimit> rlimits = Ulimits.parse(flags.values("ulimit"));
        return part(
                "the limits",
                () -> new Limits(
                        memory,
                        cpu,
                        blockIo,
                        pids.isPresent() && pids.getAsLong() == 0 ? OptionalLong.of(-1) : or(pids, others.pids()),
                        rlimits.isEmpty() ? others.rlimits() : rlimits));
    }

    private MemoryLimits memory(MemoryLimits others) {
        return new MemoryLimits(
                or(flags.bytes("memory"), others.limit()),
                or(flags.bytes("memory-reservation"), others.reservation()),
                unlimited("memory-swap") ? OptionalLong.of(-1) : or(flags.bytes("memory-swap"), others.swap()),
                unlimited("memory-swappiness")
                        ? OptionalLong.empty()
                        : or(flags.number("memory-swappiness"), others.swappiness()),
                flags.has("oom-kill-disable", others.oomKillDisable()),
                or(flags.number("oom-score-adj"), others.oomScoreAdj()));
    }

    /** A number of processors is a quota in a period: whichever is given takes the other's place. */
    private CpuLimits cpu(CpuLimits others) {
        Optional<String> cpus = flags.value("cpus");
        OptionalLong period = flags.number("cpu-period");
        OptionalLong quota = flags.number("cpu-quota");
        boolean inPeriod = period.isPresent() || quota.isPresent();
        OptionalLong nanos = cpus.isPresent()
                ? OptionalLong.of(Quantities.nanos("--cpus", cpus.get()))
                : inPeriod ? OptionalLong.empty() : others.nanos();
        return new CpuLimits(
                nanos,
                or(flags.number("cpu-shares"), others.shares()),
                cpus.isPresent() ? period : or(period, others.period()),
                cpus.isPresent() ? quota : or(quota, others.quota()),
                or(flags.number("cpu-rt-period"), others.realtimePeriod()),
                or(flags.number("cpu-rt-runtime"), others.realtimeRuntime()),
                flags.some("cpuset-cpus").or(others::cpus),
                flags.some("cpuset-mems").or(others::mems));
    }

    private BlockIoLimits blockIo(BlockIoLimits others) {
        return new BlockIoLimits(
                or(flags.positive("blkio-weight"), others.weight()),
                rates("blkio-weight-device", false, others.weights()),
                rates("device-read-bps", true, others.readBytes()),
                rates("device-write-bps", true, others.writeBytes()),
                rates("device-read-iops", false, others.readOperations()),
                rates("device-write-iops", false, others.writeOperations()));
    }

    private static OptionalLong or(OptionalLong given, OptionalLong other) {
        return given.isPresent() ? given : other;
    }

    private boolean unlimited(String name) {
        return flags.value(name).filter("-1"::equals).isPresent();
    }

    private List<BlockIoLimits.DeviceRate> rates(String name, boolean bytes, List<BlockIoLimits.DeviceRate> others) {
        List<BlockIoLimits.DeviceRate> rates = new ArrayList<>();
        for (String text : flags.values(name)) {
            String option = "--" + name;
            int colon = text.lastIndexOf(':');
            if (colon < 1) {
                throw new UsageException(option + " " + text + ": must have the form PATH:NUMBER");
            }
            String number = text.substring(colon + 1);
            rates.add(new BlockIoLimits.DeviceRate(
                    text.substring(0, colon), bytes ? Quantities.bytes(option, number) : Flags.number(option, number)));
        }
        return rates.isEmpty() ? others : rates;
    }
}
