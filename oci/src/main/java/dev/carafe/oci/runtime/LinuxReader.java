package dev.carafe.oci.runtime;

import static dev.carafe.oci.JsonCursor.IntegerType.INT64;
import static dev.carafe.oci.JsonCursor.IntegerType.UINT32;

import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads {@link Linux} from the object that the cursor stands in. */
final class LinuxReader {

    private LinuxReader() {}

    static Linux linux(JsonCursor in, SeccompReader seccomp) {
        return new Linux(
                namespaces(in),
                ConfigReader.mappings(in, "uidMappings"),
                ConfigReader.mappings(in, "gidMappings"),
                timeOffsets(in),
                devices(in),
                netDevices(in),
                in.optionalText("cgroupsPath"),
                in.enter("resources") ? in.leave(Optional.of(ResourcesReader.resources(in))) : Optional.empty(),
                in.enter("seccomp") ? in.leave(Optional.of(seccomp.seccomp(in))) : Optional.empty(),
                in.optionalOneOf("rootfsPropagation", "mount propagation", Propagation.values()),
                in.texts("maskedPaths"),
                in.texts("readonlyPaths"),
                in.optionalText("mountLabel"),
                intelRdt(in),
                memoryPolicy(in),
                personality(in),
                sysctl(in));
    }

    private static List<Namespace> namespaces(JsonCursor in) {
        List<Namespace> namespaces = new ArrayList<>();
        for (boolean more = in.first("namespaces"); more; more = in.next()) {
            namespaces.add(new Namespace(
                    in.oneOf("type", "namespace type", Namespace.Type.values()), in.optionalText("path")));
        }
        return namespaces;
    }

    private static Map<TimeOffset.Clock, TimeOffset> timeOffsets(JsonCursor in) {
        Map<TimeOffset.Clock, TimeOffset> offsets = new LinkedHashMap<>();
        for (boolean more = in.firstMember("timeOffsets"); more; more = in.next()) {
            offsets.put(
                    clock(in),
                    new TimeOffset(
                            in.optionalInteger("secs", INT64).orElse(0),
                            in.optionalInteger("nanosecs", UINT32).orElse(0)));
        }
        return offsets;
    }

    private static TimeOffset.Clock clock(JsonCursor in) {
        for (TimeOffset.Clock clock : TimeOffset.Clock.values()) {
            if (clock.toString().equals(in.member())) {
                return clock;
            }
        }
        throw in.problem("", "unknown clock " + JsonPath.quoted(in.member()) + "; expected monotonic or boottime");
    }

    private static List<Device> devices(JsonCursor in) {
        List<Device> devices = new ArrayList<>();
        for (boolean more = in.first("devices"); more; more = in.next()) {
            Device.Type type = in.oneOf("type", "device type", Device.Type.values());
            devices.add(new Device(
                    type,
                    in.text("path"),
                    deviceNumber(in, "major", type),
                    deviceNumber(in, "minor", type),
                    in.optionalInteger("fileMode", UINT32),
                    in.optionalInteger("uid", UINT32),
                    in.optionalInteger("gid", UINT32)));
        }
        return devices;
    }

    private static long deviceNumber(JsonCursor in, String name, Device.Type type) {
        return type == Device.Type.FIFO ? in.optionalInteger(name, INT64).orElse(0) : in.integer(name, INT64);
    }

    private static Map<String, String> netDevices(JsonCursor in) {
        Map<String, String> devices = new LinkedHashMap<>();
        for (boolean more = in.firstMember("netDevices"); more; more = in.next()) {
            devices.put(in.member(), in.optionalText("name").orElse(in.member()));
        }
        return devices;
    }

    private static Optional<IntelRdt> intelRdt(JsonCursor in) {
        if (!in.enter("intelRdt")) {
            return Optional.empty();
        }
        return in.leave(Optional.of(new IntelRdt(
                in.optionalText("closID"),
                in.texts("schemata"),
                in.optionalText("l3CacheSchema"),
                in.optionalText("memBwSchema"),
                in.flag("enableMonitoring"))));
    }

    private static Optional<MemoryPolicy> memoryPolicy(JsonCursor in) {
        if (!in.enter("memoryPolicy")) {
            return Optional.empty();
        }
        try {
            return in.leave(Optional.of(new MemoryPolicy(
                    in.oneOf("mode", "memory policy", MemoryPolicy.Mode.values()),
                    in.optionalText("nodes"),
                    in.someOf("flags", "memory policy flag", MemoryPolicy.Flag.values()))));
        } catch (InvalidDocumentException exception) {
            // With the words that runC has for it, too.
            String part =
                    exception.key().contains("flags") ? "flag" : exception.key().contains("nodes") ? "node" : "mode";
            throw new InvalidDocumentException(
                    exception.document(),
                    exception.key(),
                    exception.problem() + " (invalid memory policy " + part + ")");
        }
    }

    private static Optional<Personality> personality(JsonCursor in) {
        if (!in.enter("personality")) {
            return Optional.empty();
        }
        List<String> flags = in.texts("flags");
        if (!flags.isEmpty()) {
            throw in.problem(
                    "flags[0]", "unknown personality flag " + JsonPath.quoted(flags.getFirst()) + "; none is defined");
        }
        return in.leave(Optional.of(in.oneOf("domain", "execution domain", Personality.values())));
    }

    private static List<Sysctl> sysctl(JsonCursor in) {
        List<Sysctl> parameters = new ArrayList<>();
        for (Map.Entry<String, String> parameter : in.textMembers("sysctl").entrySet()) {
            parameters.add(new Sysctl(parameter.getKey(), parameter.getValue()));
        }
        return parameters;
    }
}
