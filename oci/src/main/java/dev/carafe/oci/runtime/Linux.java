package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonPath;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is special to Linux ({@code linux}).
 *
 * @param namespaces at most one of a type; of the others the runtime's are used
 * @param uidMappings the new user namespace's; needs one. A user namespace that is joined has its own, which some
 *     engines repeat here
 * @param gidMappings as {@code uidMappings}
 * @param timeOffsets need a new time namespace
 * @param netDevices network devices to move into the container by name, each with its name there; need a network
 *     namespace
 * @param cgroupsPath absolute, relative, or {@code slice:prefix:name} for systemd; never with {@code ..} in it
 * @param resources absent leaves an existing cgroup's limits alone
 * @param rootfsPropagation if absent, the runtime chooses
 * @param maskedPaths absolute; need a mount namespace
 * @param readonlyPaths absolute; need a mount namespace
 * @param sysctl each of a namespace that the container has
 */
public record Linux(
        List<Namespace> namespaces,
        List<IdMapping> uidMappings,
        List<IdMapping> gidMappings,
        Map<TimeOffset.Clock, TimeOffset> timeOffsets,
        List<Device> devices,
        Map<String, String> netDevices,
        Optional<String> cgroupsPath,
        Optional<Resources> resources,
        Optional<Seccomp> seccomp,
        Optional<Propagation> rootfsPropagation,
        List<String> maskedPaths,
        List<String> readonlyPaths,
        Optional<String> mountLabel,
        Optional<IntelRdt> intelRdt,
        Optional<MemoryPolicy> memoryPolicy,
        Optional<Personality> personality,
        List<Sysctl> sysctl) {

    /** Nothing is set; as good as none given. */
    public static final Linux UNSET = new Linux(
            List.of(),
            List.of(),
            List.of(),
            Map.of(),
            List.of(),
            Map.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of());

    public Linux {
        namespaces = List.copyOf(namespaces);
        checkTypes(namespaces);
        uidMappings = Rules.mappings("uidMappings", uidMappings);
        gidMappings = Rules.mappings("gidMappings", gidMappings);
        checkMappings(namespaces, uidMappings, gidMappings);
        timeOffsets = Rules.copy(timeOffsets);
        if (!timeOffsets.isEmpty() && !creates(namespaces, Namespace.Type.TIME)) {
            throw Rules.broken(
                    "timeOffsets",
                    has(namespaces, Namespace.Type.TIME)
                            ? "a time namespace that is joined by path keeps its own offsets"
                            : "needs a namespace of type time in linux.namespaces");
        }
        devices = List.copyOf(devices);
        for (Map.Entry<String, String> device : netDevices.entrySet()) {
            if (!Rules.isInterfaceName(device.getKey()) || !Rules.isInterfaceName(device.getValue())) {
                String key = JsonPath.member("netDevices", device.getKey());
                Rules.interfaceName(key, device.getKey());
                Rules.interfaceName(JsonPath.member(key, "name"), device.getValue());
            }
        }
        netDevices = Rules.copy(netDevices);
        if (!netDevices.isEmpty()) {
            need("netDevices", namespaces, Namespace.Type.NETWORK);
        }
        if (cgroupsPath.isPresent()) {
            Rules.inside("cgroupsPath", cgroupsPath.get());
        }
        maskedPaths = Rules.absolutes("maskedPaths", maskedPaths);
        if (!maskedPaths.isEmpty()) {
            need("maskedPaths", namespaces, Namespace.Type.MOUNT);
        }
        readonlyPaths = Rules.absolutes("readonlyPaths", readonlyPaths);
        if (!readonlyPaths.isEmpty()) {
            need("readonlyPaths", namespaces, Namespace.Type.MOUNT);
        }
        Rules.some("mountLabel", mountLabel);
        sysctl = List.copyOf(sysctl);
        for (Sysctl parameter : sysctl) {
            check(parameter, namespaces);
        }
    }

    /** The namespace of this type that the container has for itself, new or joined; empty if it uses the runtime's. */
    public Optional<Namespace> namespace(Namespace.Type type) {
        for (Namespace namespace : namespaces) {
            if (namespace.type() == type) {
                return Optional.of(namespace);
            }
        }
        return Optional.empty();
    }

    private static void checkTypes(List<Namespace> namespaces) {
        for (int i = 0; i < namespaces.size(); i++) {
            if (has(namespaces.subList(0, i), namespaces.get(i).type())) {
                throw Rules.broken(
                        JsonPath.element("namespaces", i) + ".type",
                        "a second " + namespaces.get(i).type() + " namespace");
            }
        }
    }

    private static boolean has(List<Namespace> namespaces, Namespace.Type type) {
        for (Namespace namespace : namespaces) {
            if (namespace.type() == type) {
                return true;
            }
        }
        return false;
    }

    private static boolean creates(List<Namespace> namespaces, Namespace.Type type) {
        for (Namespace namespace : namespaces) {
            if (namespace.type() == type) {
                return namespace.path().isEmpty();
            }
        }
        return false;
    }

    private static void check(Sysctl parameter, List<Namespace> namespaces) {
        Optional<Namespace.Type> namespace = parameter.namespace();
        if (namespace.isEmpty()) {
            throw Rules.broken(parameter.key(), "belongs to the whole machine, not to a namespace of the container");
        }
        if (!has(namespaces, namespace.get())) {
            need(parameter.key(), namespaces, namespace.get());
        }
        if (parameter.path().equals("kernel/hostname")) {
            throw Rules.broken(parameter.key(), "has a key of its own, hostname");
        }
    }

    private static void checkMappings(List<Namespace> namespaces, List<IdMapping> uids, List<IdMapping> gids) {
        boolean mapped = !uids.isEmpty() || !gids.isEmpty();
        boolean created = creates(namespaces, Namespace.Type.USER);
        if (created && !mapped) {
            throw Rules.broken("uidMappings", "is missing, and so is gidMappings; a new user namespace needs them");
        }
        if (mapped && !created && !has(namespaces, Namespace.Type.USER)) {
            throw Rules.broken(
                    uids.isEmpty() ? "gidMappings" : "uidMappings",
                    "needs a namespace of type user in linux.namespaces");
        }
    }

    private static void need(String key, List<Namespace> namespaces, Namespace.Type type) {
        if (!has(namespaces, type)) {
            throw Rules.broken(key, "needs a namespace of type " + type + " in linux.namespaces");
        }
    }
}
