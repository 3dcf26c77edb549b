package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonWriter;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Writes the members of {@link Resources} into the object that was begun. */
final class ResourcesWriter {

    private ResourcesWriter() {}

    static void members(Resources resources, JsonWriter out) {
        deviceRules(resources.devices(), out);
        memory(resources.memory(), out);
        cpu(resources.cpu(), out);
        out.object("pids").put("limit", resources.pids().limit()).endOrOmit();
        blockIo(resources.blockIo(), out);
        hugepageLimits(resources.hugepageLimits(), out);
        network(resources.network(), out);
        rdma(resources.rdma(), out);
        out.put("unified", resources.unified());
    }

    private static void deviceRules(List<DeviceRule> rules, JsonWriter out) {
        out.array("devices");
        for (DeviceRule rule : rules) {
            out.object();
            out.put("allow", rule.allow());
            if (rule.type() != DeviceRule.Type.ALL) {
                out.put("type", rule.type().toString());
            }
            out.put("major", rule.major());
            out.put("minor", rule.minor());
            out.put("access", letters(rule.access()));
            out.end();
        }
        out.endOrOmit();
    }

    private static String letters(Set<DeviceRule.Access> access) {
        StringBuilder letters = new StringBuilder();
        for (DeviceRule.Access letter : access) {
            letters.append(letter);
        }
        return letters.toString();
    }

    private static void memory(Memory memory, JsonWriter out) {
        out.object("memory")
                .put("limit", memory.limit())
                .put("reservation", memory.reservation())
                .put("swap", memory.swap())
                .put("kernel", memory.kernel())
                .put("kernelTCP", memory.kernelTcp())
                .put("swappiness", memory.swappiness())
                .putFlag("disableOOMKiller", memory.disableOomKiller())
                .putFlag("useHierarchy", memory.useHierarchy())
                .putFlag("checkBeforeUpdate", memory.checkBeforeUpdate())
                .endOrOmit();
    }

    private static void cpu(Cpu cpu, JsonWriter out) {
        out.object("cpu")
                .putUnsigned("shares", cpu.shares())
                .put("quota", cpu.quota())
                .putUnsigned("burst", cpu.burst())
                .putUnsigned("period", cpu.period())
                .put("realtimeRuntime", cpu.realtimeRuntime())
                .putUnsigned("realtimePeriod", cpu.realtimePeriod())
                .put("cpus", cpu.cpus())
                .put("mems", cpu.mems())
                .put("idle", cpu.idle())
                .endOrOmit();
    }

    private static void blockIo(BlockIo blockIo, JsonWriter out) {
        out.object("blockIO");
        out.put("weight", blockIo.weight());
        out.put("leafWeight", blockIo.leafWeight());
        out.array("weightDevice");
        for (WeightDevice device : blockIo.weightDevice()) {
            out.object()
                    .put("major", device.major())
                    .put("minor", device.minor())
                    .put("weight", device.weight())
                    .put("leafWeight", device.leafWeight())
                    .end();
        }
        out.endOrOmit();
        throttle("throttleReadBpsDevice", blockIo.throttleReadBpsDevice(), out);
        throttle("throttleWriteBpsDevice", blockIo.throttleWriteBpsDevice(), out);
        throttle("throttleReadIOPSDevice", blockIo.throttleReadIopsDevice(), out);
        throttle("throttleWriteIOPSDevice", blockIo.throttleWriteIopsDevice(), out);
        out.endOrOmit();
    }

    private static void throttle(String name, List<ThrottleDevice> devices, JsonWriter out) {
        out.array(name);
        for (ThrottleDevice device : devices) {
            out.object()
                    .put("major", device.major())
                    .put("minor", device.minor())
                    .putUnsigned("rate", device.rate())
                    .end();
        }
        out.endOrOmit();
    }

    private static void hugepageLimits(List<HugepageLimit> limits, JsonWriter out) {
        out.array("hugepageLimits");
        for (HugepageLimit limit : limits) {
            out.object()
                    .put("pageSize", limit.pageSize())
                    .putUnsigned("limit", limit.limit())
                    .end();
        }
        out.endOrOmit();
    }

    private static void network(Network network, JsonWriter out) {
        out.object("network");
        out.put("classID", network.classId());
        out.array("priorities");
        for (InterfacePriority priority : network.priorities()) {
            out.object()
                    .put("name", priority.name())
                    .put("priority", priority.priority())
                    .end();
        }
        out.endOrOmit();
        out.endOrOmit();
    }

    private static void rdma(Map<String, Rdma> devices, JsonWriter out) {
        out.object("rdma");
        for (Map.Entry<String, Rdma> device : devices.entrySet()) {
            out.object(device.getKey())
                    .put("hcaHandles", device.getValue().hcaHandles())
                    .put("hcaObjects", device.getValue().hcaObjects())
                    .end();
        }
        out.endOrOmit();
    }
}
