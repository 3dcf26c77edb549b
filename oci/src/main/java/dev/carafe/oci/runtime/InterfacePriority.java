package dev.carafe.oci.runtime;

/**
 * The priority of traffic through a network interface ({@code linux.resources.network.priorities[]}).
 *
 * @param name the interface's name in the runtime's network namespace
 * @param priority 0 to 4294967295
 */
public record InterfacePriority(String name, long priority) {

    public InterfacePriority {
        Rules.interfaceName("name", name);
        Rules.range("priority", priority, 0, Rules.UINT32);
    }
}
