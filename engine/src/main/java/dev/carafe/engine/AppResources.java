package dev.carafe.engine;

import dev.carafe.engine.options.BlockIoLimits;
import dev.carafe.engine.options.BlockIoLimits.DeviceRate;
import dev.carafe.engine.options.CpuLimits;
import dev.carafe.engine.options.Limits;
import dev.carafe.engine.options.MemoryLimits;
import dev.carafe.linux.FileStatus;
import dev.carafe.oci.runtime.BlockIo;
import dev.carafe.oci.runtime.Cpu;
import dev.carafe.oci.runtime.DeviceRule;
import dev.carafe.oci.runtime.Memory;
import dev.carafe.oci.runtime.Network;
import dev.carafe.oci.runtime.Pids;
import dev.carafe.oci.runtime.Resources;
import dev.carafe.oci.runtime.ThrottleDevice;
import dev.carafe.oci.runtime.WeightDevice;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Limits as a cgroup is given them, by what is asked for. */
final class AppResources {

    private static final long CPU_PERIOD = 100_000;
    private static final long NANOS_PER_CPU = 1_000_000_000L;

    private final HostDevices devices;

    AppResources(HostDevices devices) {
        this.devices = devices;
    }

    /**
     * All of them, as a new instance has them.
     *
     * @param pids if nothing is said of them
     */
    Resources of(Limits limits, long pids, List<DeviceRule> rules) {
        return new Resources(
                rules,
                memory(limits.memory()),
                cpu(limits.cpu()),
                new Pids(OptionalLong.of(limits.pids().orElse(pids))),
                blockIo(limits.blockIo()),
                List.of(),
                Network.UNSET,
                Map.of(),
                Map.of());
    }

    /** Those that are given, for an instance that runs. */
    Resources change(Limits limits) {
        return new Resources(
                List.of(),
                memory(limits.memory()),
                cpu(limits.cpu()),
                new Pids(limits.pids()),
                blockIo(limits.blockIo()),
                List.of(),
                Network.UNSET,
                Map.of(),
                Map.of());
    }

    private static Memory memory(MemoryLimits limits) {
        return new Memory(
                limits.limit(),
                limits.reservation(),
                limits.swap(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                limits.swappiness(),
                limits.oomKillDisable() ? Optional.of(true) : Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    private static Cpu cpu(CpuLimits limits) {
        boolean limited = limits.nanos().isPresent();
        return new Cpu(
                limits.shares(),
                limited ? OptionalLong.of(limits.nanos().getAsLong() / (NANOS_PER_CPU / CPU_PERIOD)) : limits.quota(),
                OptionalLong.empty(),
                limited ? OptionalLong.of(CPU_PERIOD) : limits.period(),
                limits.realtimeRuntime(),
                limits.realtimePeriod(),
                limits.cpus(),
                limits.mems(),
                OptionalLong.empty());
    }

    private BlockIo blockIo(BlockIoLimits limits) {
        return new BlockIo(
                limits.weight(),
                OptionalLong.empty(),
                limits.weights().stream().map(this::weight).toList(),
                throttles(limits.readBytes()),
                throttles(limits.writeBytes()),
                throttles(limits.readOperations()),
                throttles(limits.writeOperations()));
    }

    private WeightDevice weight(DeviceRate rate) {
        FileStatus disk = devices.disk(rate.device());
        return new WeightDevice(
                HostDevices.major(disk), HostDevices.minor(disk), OptionalLong.of(rate.rate()), OptionalLong.empty());
    }

    private List<ThrottleDevice> throttles(List<DeviceRate> rates) {
        return rates.stream()
                .map(rate -> {
                    FileStatus disk = devices.disk(rate.device());
                    return new ThrottleDevice(HostDevices.major(disk), HostDevices.minor(disk), rate.rate());
                })
                .toList();
    }
}
