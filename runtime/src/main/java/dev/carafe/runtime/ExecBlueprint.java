package dev.carafe.runtime;

import dev.carafe.linux.Namespace;
import java.util.Set;

/**
 * Everything that the plan of a process that joins a container is compiled from. The container's first process goes along
 * with the plan as its only input, a pidfd.
 *
 * @param namespaces those of the container that are not its creator's
 * @param process what it is to be
 */
record ExecBlueprint(Set<Namespace> namespaces, ProcessBlueprint process) {}
