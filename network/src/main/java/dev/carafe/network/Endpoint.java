package dev.carafe.network;

import dev.carafe.linux.Prefix;
import java.net.InetAddress;
import java.util.List;

/**
 * An owner's place in a network.
 *
 * @param owner whose it is
 * @param network the network's name
 * @param hostname what the owner calls itself
 * @param address its own, with the length of its network's prefix
 * @param gateway where it sends what is for elsewhere
 * @param mac its hardware address
 * @param device the machine's end of its cable, no two are ever called the same
 * @param ports those that are published
 */
public record Endpoint(
        String owner,
        String network,
        String hostname,
        Prefix address,
        InetAddress gateway,
        String mac,
        String device,
        List<Port> ports) {

    public Endpoint {
        ports = List.copyOf(ports);
    }

    /** The same for somebody else, with other ports. */
    Endpoint of(String newOwner, String newHostname, List<Port> newPorts) {
        return new Endpoint(newOwner, network, newHostname, address, gateway, mac, device, newPorts);
    }
}
