package dev.carafe.runtime;

import dev.carafe.linux.cgroup.DeviceRule;
import dev.carafe.linux.cgroup.Resources;
import dev.carafe.oci.runtime.BlockIo;
import dev.carafe.oci.runtime.Cpu;
import dev.carafe.oci.runtime.HugepageLimit;
import dev.carafe.oci.runtime.InterfacePriority;
import dev.carafe.oci.runtime.Memory;
import dev.carafe.oci.runtime.Rdma;
import dev.carafe.oci.runtime.ThrottleDevice;
import dev.carafe.oci.runtime.WeightDevice;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** A configuration's resources as a cgroup takes them. */
final class Limits {

    private static final int CHARACTER_MAJOR_PTS = 136;

    private Limits() {}

    /** What to apply; device rules get the ones that every container has behind them, as runC does it. */
    static Resources of(dev.carafe.oci.runtime.Resources resources) {
        List<Resources.HugePages> hugePages = new ArrayList<>();
        for (HugepageLimit limit : resources.hugepageLimits()) {
            hugePages.add(new Resources.HugePages(limit.pageSize(), limit.limit()));
        }
        Map<String, Long> priorities = new LinkedHashMap<>();
        for (InterfacePriority priority : resources.network().priorities()) {
            priorities.put(priority.name(), priority.priority());
        }
        Map<String, Resources.Rdma> rdma = new LinkedHashMap<>();
        for (Map.Entry<String, Rdma> device : resources.rdma().entrySet()) {
            rdma.put(
                    device.getKey(),
                    new Resources.Rdma(
                            device.getValue().hcaHandles(), device.getValue().hcaObjects()));
        }
        return new Resources(
                memory(resources.memory()),
                cpu(resources.cpu()),
                pids(resources.pids().limit()),
                blockIo(resources.blockIo()),
                hugePages,
                new Resources.Network(resources.network().classId(), priorities),
                rdma,
                devices(resources.devices()),
                resources.unified());
    }

    /** None at all would keep even the first process from starting a thread: runC makes it one. */
    private static OptionalLong pids(OptionalLong limit) {
        return limit.isPresent() && limit.getAsLong() == 0 ? OptionalLong.of(1) : limit;
    }

    /** Of limits those of devices. */
    static Resources devices(Resources limits) {
        return Resources.NONE.withDevices(limits.devices());
    }

    private static Resources.Memory memory(Memory memory) {
        return new Resources.Memory(
                memory.limit(),
                memory.reservation(),
                memory.swap(),
                memory.kernel(),
                memory.kernelTcp(),
                memory.swappiness(),
                memory.disableOomKiller(),
                memory.useHierarchy(),
                memory.checkBeforeUpdate().orElse(false));
    }

    private static Resources.Cpu cpu(Cpu cpu) {
        return new Resources.Cpu(
                cpu.shares(),
                cpu.quota(),
                cpu.burst(),
                cpu.period(),
                cpu.realtimeRuntime(),
                cpu.realtimePeriod(),
                cpu.cpus().orElse(""),
                cpu.mems().orElse(""),
                cpu.idle());
    }

    private static Resources.BlockIo blockIo(BlockIo blockIo) {
        List<Resources.BlockIo.Weight> weights = new ArrayList<>();
        for (WeightDevice device : blockIo.weightDevice()) {
            weights.add(new Resources.BlockIo.Weight(
                    device.major(), device.minor(), narrow(device.weight()), narrow(device.leafWeight())));
        }
        return new Resources.BlockIo(
                narrow(blockIo.weight()),
                narrow(blockIo.leafWeight()),
                weights,
                throttles(blockIo.throttleReadBpsDevice()),
                throttles(blockIo.throttleWriteBpsDevice()),
                throttles(blockIo.throttleReadIopsDevice()),
                throttles(blockIo.throttleWriteIopsDevice()));
    }

    private static List<Resources.BlockIo.Throttle> throttles(List<ThrottleDevice> devices) {
        List<Resources.BlockIo.Throttle> throttles = new ArrayList<>();
        for (ThrottleDevice device : devices) {
            throttles.add(new Resources.BlockIo.Throttle(device.major(), device.minor(), device.rate()));
        }
        return throttles;
    }

    private static OptionalInt narrow(OptionalLong number) {
        return number.isPresent() ? OptionalInt.of(Math.toIntExact(number.getAsLong())) : OptionalInt.empty();
    }

    private static List<DeviceRule> devices(List<dev.carafe.oci.runtime.DeviceRule> rules) {
        if (rules.isEmpty()) {
            return List.of();
        }
        List<DeviceRule> devices = new ArrayList<>();
        for (dev.carafe.oci.runtime.DeviceRule rule : rules) {
            devices.add(new DeviceRule(
                    rule.allow(),
                    switch (rule.type()) {
                        case ALL -> DeviceRule.Type.ALL;
                        case CHARACTER -> DeviceRule.Type.CHARACTER;
                        case BLOCK -> DeviceRule.Type.BLOCK;
                    },
                    rule.major(),
                    rule.minor(),
                    access(rule)));
        }
        OptionalLong any = OptionalLong.empty();
        devices.add(new DeviceRule(true, DeviceRule.Type.CHARACTER, any, any, DeviceRule.MKNOD));
        devices.add(new DeviceRule(true, DeviceRule.Type.BLOCK, any, any, DeviceRule.MKNOD));
        for (dev.carafe.oci.runtime.Device device : DefaultDevices.NODES) {
            devices.add(open(device.major(), OptionalLong.of(device.minor())));
        }
        devices.add(open(5, OptionalLong.of(2)));
        devices.add(open(CHARACTER_MAJOR_PTS, any));
        return devices;
    }

    private static DeviceRule open(long major, OptionalLong minor) {
        return new DeviceRule(true, DeviceRule.Type.CHARACTER, OptionalLong.of(major), minor, DeviceRule.EVERYTHING);
    }

    private static int access(dev.carafe.oci.runtime.DeviceRule rule) {
        int access = 0;
        for (dev.carafe.oci.runtime.DeviceRule.Access each : rule.access()) {
            access |= switch (each) {
                case READ -> DeviceRule.READ;
                case WRITE -> DeviceRule.WRITE;
                case MKNOD -> DeviceRule.MKNOD;
            };
        }
        return access;
    }
}
