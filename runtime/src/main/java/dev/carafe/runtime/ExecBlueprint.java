package dev.carafe.runtime;

import dev.carafe.linux.Namespace;
import dev.carafe.oci.runtime.Config;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Everything that the plan of a process that joins a container is compiled from. The container's first process goes along
 * with the plan as its only input, a pidfd.
 *
 * @param namespaces those of the container that are not its creator's
 * @param root the folder that the container's root is mounted on, if it has the host's mounts; else its mount namespace
 *     has its root
 * @param process what it is to be
 */
record ExecBlueprint(Set<Namespace> namespaces, Optional<String> root, ProcessBlueprint process) {

    /**
     * That of a process in a container that was made from this configuration.
     *
     * @param ownTime whether the container has a time namespace of its own, whatever its configuration says
     */
    static ExecBlueprint of(Config container, String rootfs, boolean ownTime, ProcessBlueprint process) {
        Set<Namespace> namespaces = EnumSet.noneOf(Namespace.class);
        for (var namespace : container.linux().namespaces()) {
            namespaces.add(Compiler.kind(namespace.type()));
        }
        if (ownTime) {
            namespaces.add(Namespace.TIME);
        }
        return new ExecBlueprint(
                namespaces, HostMounts.areUsedBy(container) ? Optional.of(rootfs) : Optional.empty(), process);
    }
}
