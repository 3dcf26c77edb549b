package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonWriter;
import java.util.List;
import java.util.Map;

/** Writes the members of {@link Linux} into the object that was begun. */
final class LinuxWriter {

    private LinuxWriter() {}

    static void members(Linux linux, JsonWriter out) {
        ConfigWriter.mappings("uidMappings", linux.uidMappings(), out);
        ConfigWriter.mappings("gidMappings", linux.gidMappings(), out);
        sysctl(linux.sysctl(), out);
        if (linux.resources().isPresent()) {
            out.object("resources");
            ResourcesWriter.members(linux.resources().get(), out);
            out.end();
        }
        out.put("cgroupsPath", linux.cgroupsPath());
        namespaces(linux.namespaces(), out);
        devices(linux.devices(), out);
        netDevices(linux.netDevices(), out);
        if (linux.seccomp().isPresent()) {
            seccomp(linux.seccomp().get(), out);
        }
        out.put("rootfsPropagation", linux.rootfsPropagation());
        out.put("maskedPaths", linux.maskedPaths());
        out.put("readonlyPaths", linux.readonlyPaths());
        out.put("mountLabel", linux.mountLabel());
        if (linux.intelRdt().isPresent()) {
            IntelRdt rdt = linux.intelRdt().get();
            out.object("intelRdt")
                    .put("closID", rdt.closId())
                    .put("schemata", rdt.schemata())
                    .put("l3CacheSchema", rdt.l3CacheSchema())
                    .put("memBwSchema", rdt.memBwSchema())
                    .putTrue("enableMonitoring", rdt.enableMonitoring())
                    .end();
        }
        if (linux.memoryPolicy().isPresent()) {
            MemoryPolicy policy = linux.memoryPolicy().get();
            out.object("memoryPolicy")
                    .put("mode", policy.mode().toString())
                    .put("nodes", policy.nodes())
                    .put("flags", policy.flags())
                    .end();
        }
        if (linux.personality().isPresent()) {
            out.object("personality").put("domain", linux.personality()).end();
        }
        timeOffsets(linux.timeOffsets(), out);
    }

    private static void sysctl(List<Sysctl> parameters, JsonWriter out) {
        out.object("sysctl");
        for (Sysctl parameter : parameters) {
            out.put(parameter.name(), parameter.value());
        }
        out.endOrOmit();
    }

    private static void namespaces(List<Namespace> namespaces, JsonWriter out) {
        out.array("namespaces");
        for (Namespace namespace : namespaces) {
            out.object()
                    .put("type", namespace.type().toString())
                    .put("path", namespace.path())
                    .end();
        }
        out.endOrOmit();
    }

    private static void devices(List<Device> devices, JsonWriter out) {
        out.array("devices");
        for (Device device : devices) {
            out.object()
                    .put("path", device.path())
                    .put("type", device.type().toString())
                    .put("major", device.major())
                    .put("minor", device.minor())
                    .put("fileMode", device.fileMode())
                    .put("uid", device.uid())
                    .put("gid", device.gid())
                    .end();
        }
        out.endOrOmit();
    }

    private static void netDevices(Map<String, String> devices, JsonWriter out) {
        out.object("netDevices");
        for (Map.Entry<String, String> device : devices.entrySet()) {
            out.object(device.getKey()).put("name", device.getValue()).end();
        }
        out.endOrOmit();
    }

    private static void seccomp(Seccomp seccomp, JsonWriter out) {
        out.object("seccomp");
        out.put("defaultAction", seccomp.defaultAction().toString());
        out.put("defaultErrnoRet", seccomp.defaultErrnoRet());
        out.put("architectures", seccomp.architectures());
        if (seccomp.flags().isPresent()) {
            // here an empty array means something else than none
            if (seccomp.flags().get().isEmpty()) {
                out.array("flags").end();
            }
            out.put("flags", seccomp.flags().get());
        }
        out.put("listenerPath", seccomp.listenerPath());
        out.put("listenerMetadata", seccomp.listenerMetadata());
        out.array("syscalls");
        for (SyscallRule rule : seccomp.syscalls()) {
            rule(rule, out);
        }
        out.endOrOmit();
        out.end();
    }

    private static void rule(SyscallRule rule, JsonWriter out) {
        out.object();
        out.put("names", rule.names());
        out.put("action", rule.action().toString());
        out.put("errnoRet", rule.errnoRet());
        out.array("args");
        for (SyscallArgument argument : rule.args()) {
            out.object()
                    .put("index", argument.index())
                    .putUnsigned("value", argument.value())
                    .putUnsigned("valueTwo", argument.valueTwo())
                    .put("op", argument.op().toString())
                    .end();
        }
        out.endOrOmit();
        out.end();
    }

    private static void timeOffsets(Map<TimeOffset.Clock, TimeOffset> offsets, JsonWriter out) {
        out.object("timeOffsets");
        for (Map.Entry<TimeOffset.Clock, TimeOffset> offset : offsets.entrySet()) {
            out.object(offset.getKey().toString())
                    .put("secs", offset.getValue().secs())
                    .put("nanosecs", offset.getValue().nanosecs())
                    .end();
        }
        out.endOrOmit();
    }
}
