package dev.carafe.oci.runtime;

import static dev.carafe.oci.JsonCursor.IntegerType.INT64;
import static dev.carafe.oci.JsonCursor.IntegerType.UINT16;
import static dev.carafe.oci.JsonCursor.IntegerType.UINT32;
import static dev.carafe.oci.JsonCursor.IntegerType.UINT64;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads {@link Resources} from the object that the cursor stands in. */
final class ResourcesReader {

    private ResourcesReader() {}

    static Resources resources(JsonCursor in) {
        return new Resources(
                deviceRules(in),
                in.enter("memory") ? in.leave(memory(in)) : Memory.UNSET,
                in.enter("cpu") ? in.leave(cpu(in)) : Cpu.UNSET,
                in.enter("pids") ? in.leave(new Pids(in.optionalInteger("limit", INT64))) : Pids.UNSET,
                in.enter("blockIO") ? in.leave(blockIo(in)) : BlockIo.UNSET,
                hugepageLimits(in),
                in.enter("network") ? in.leave(network(in)) : Network.UNSET,
                rdma(in),
                in.textMembers("unified"));
    }

    private static List<DeviceRule> deviceRules(JsonCursor in) {
        List<DeviceRule> rules = new ArrayList<>();
        for (boolean more = in.first("devices"); more; more = in.next()) {
            rules.add(new DeviceRule(
                    in.requiredFlag("allow"),
                    in.optionalOneOf("type", "device type", DeviceRule.Type.values())
                            .orElse(DeviceRule.Type.ALL),
                    in.optionalInteger("major", INT64),
                    in.optionalInteger("minor", INT64),
                    access(in)));
        }
        return rules;
    }

    private static Set<DeviceRule.Access> access(JsonCursor in) {
        String letters = in.optionalText("access").orElse("");
        Set<DeviceRule.Access> access = new LinkedHashSet<>();
        for (int i = 0; i < letters.length(); i++) {
            switch (letters.charAt(i)) {
                case 'r' -> access.add(DeviceRule.Access.READ);
                case 'w' -> access.add(DeviceRule.Access.WRITE);
                case 'm' -> access.add(DeviceRule.Access.MKNOD);
                case 'a' -> {} // no access that there is; beside others runC passes over it
                default -> throw in.problem("access", "expected some of r, w and m, found " + JsonPath.quoted(letters));
            }
        }
        return access;
    }

    private static Memory memory(JsonCursor in) {
        return new Memory(
                in.optionalInteger("limit", INT64),
                in.optionalInteger("reservation", INT64),
                in.optionalInteger("swap", INT64),
                in.optionalInteger("kernel", INT64),
                in.optionalInteger("kernelTCP", INT64),
                in.optionalInteger("swappiness", UINT32),
                in.optionalFlag("disableOOMKiller"),
                in.optionalFlag("useHierarchy"),
                in.optionalFlag("checkBeforeUpdate"));
    }

    private static Cpu cpu(JsonCursor in) {
        return new Cpu(
                in.optionalInteger("shares", UINT64),
                in.optionalInteger("quota", INT64),
                in.optionalInteger("burst", UINT64),
                in.optionalInteger("period", UINT64),
                in.optionalInteger("realtimeRuntime", INT64),
                in.optionalInteger("realtimePeriod", UINT64),
                in.optionalText("cpus"),
                in.optionalText("mems"),
                in.optionalInteger("idle", INT64));
    }

    private static BlockIo blockIo(JsonCursor in) {
        return new BlockIo(
                in.optionalInteger("weight", UINT16),
                in.optionalInteger("leafWeight", UINT16),
                weightDevices(in),
                throttleDevices(in, "throttleReadBpsDevice"),
                throttleDevices(in, "throttleWriteBpsDevice"),
                throttleDevices(in, "throttleReadIOPSDevice"),
                throttleDevices(in, "throttleWriteIOPSDevice"));
    }

    private static List<WeightDevice> weightDevices(JsonCursor in) {
        List<WeightDevice> devices = new ArrayList<>();
        for (boolean more = in.first("weightDevice"); more; more = in.next()) {
            devices.add(new WeightDevice(
                    in.integer("major", INT64),
                    in.integer("minor", INT64),
                    in.optionalInteger("weight", UINT16),
                    in.optionalInteger("leafWeight", UINT16)));
        }
        return devices;
    }

    private static List<ThrottleDevice> throttleDevices(JsonCursor in, String name) {
        List<ThrottleDevice> devices = new ArrayList<>();
        for (boolean more = in.first(name); more; more = in.next()) {
            devices.add(new ThrottleDevice(
                    in.integer("major", INT64), in.integer("minor", INT64), in.integer("rate", UINT64)));
        }
        return devices;
    }

    private static List<HugepageLimit> hugepageLimits(JsonCursor in) {
        List<HugepageLimit> limits = new ArrayList<>();
        for (boolean more = in.first("hugepageLimits"); more; more = in.next()) {
            limits.add(new HugepageLimit(in.text("pageSize"), in.integer("limit", UINT64)));
        }
        return limits;
    }

    private static Network network(JsonCursor in) {
        List<InterfacePriority> priorities = new ArrayList<>();
        for (boolean more = in.first("priorities"); more; more = in.next()) {
            priorities.add(new InterfacePriority(in.text("name"), in.integer("priority", UINT32)));
        }
        return new Network(in.optionalInteger("classID", UINT32), priorities);
    }

    private static Map<String, Rdma> rdma(JsonCursor in) {
        Map<String, Rdma> limits = new LinkedHashMap<>();
        for (boolean more = in.firstMember("rdma"); more; more = in.next()) {
            limits.put(
                    in.member(),
                    new Rdma(in.optionalInteger("hcaHandles", UINT32), in.optionalInteger("hcaObjects", UINT32)));
        }
        return limits;
    }
}
