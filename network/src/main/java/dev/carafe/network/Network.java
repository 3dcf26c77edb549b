package dev.carafe.network;

import dev.carafe.linux.Prefix;

/**
 * A network of this machine's own: a switch, and a subnet behind the machine's addresses.
 *
 * @param name as people call it
 * @param device the switch, a bridge device; also what the rules that go with it are called
 * @param gateway the machine's address in it, with the length of its prefix
 * @param mtu bytes of the longest packet
 */
public record Network(String name, String device, Prefix gateway, int mtu) {

    /** The name of the network that is there without having been made. */
    public static final String BRIDGE = "bridge";

    /** All its addresses. */
    public Prefix subnet() {
        return gateway.network();
    }
}
