package dev.carafe.network;

import dev.carafe.linux.Netfilter.Element;
import dev.carafe.linux.Netfilter.Family;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;

/**
 * The rules that go with a network, as commands of {@code nft(8)}: two tables with the name of its switch.
 *
 * <p>All that belongs to one endpoint or port is an element of a set or a map, so that the rules stay as they are while
 * instances come and go; such elements are changed without libnftables. The invariants:
 * <ul>
 *   <li>An endpoint sends only with its own hardware address and its own address, through its own cable; nothing but
 *       version 4 and its address resolution.
 *   <li>Into the network comes from elsewhere what answers, and what the machine itself has sent on because of a published
 *       port. Who makes this machine his router, and sends to an endpoint's own address, gets nothing: neither to a port
 *       that is not published, nor to one that is published at another address.
 *   <li>At 127.0.0.1 only the machine itself reaches a port. To reach endpoints from there the switch takes packets with
 *       such addresses ({@code route_localnet}), and so what comes from an endpoint with one is dropped (CVE-2020-8558), and
 *       what comes from a neighbour with one is not sent on to an endpoint before the kernel drops it (moby #45610).
 * </ul>
 */
final class RuleSet {

    // Bytes of the parts of elements: each is filled up to a multiple of four.
    private static final int NAME = 16;
    private static final int MAC = 8;
    private static final int ADDRESS = 4;
    private static final int PROTOCOL = 4;
    private static final int PORT = 4;

    private RuleSet() {}

    /** Makes all anew in one step, whatever was there. */
    static String rebuild(Network network, Collection<Endpoint> endpoints) {
        String name = network.device();
        // What is declared is there then, and can be deleted, also if it was not there before.
        return """
                table inet %1$s
                delete table inet %1$s
                table bridge %1$s
                delete table bridge %1$s
                table inet %1$s {
                \tmap published {
                \t\ttype ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service
                \t}
                \tmap published_anywhere {
                \t\ttype inet_proto . inet_service : ipv4_addr . inet_service
                \t}
                \tchain loopback_stays {
                \t\ttype filter hook prerouting priority raw; policy accept;
                \t\tiifname "%1$s" ip saddr 127.0.0.0/8 drop
                \t\tiifname "%1$s" ip daddr 127.0.0.0/8 drop
                \t}
                \tchain from_elsewhere {
                \t\ttype nat hook prerouting priority dstnat; policy accept;
                \t\tip daddr 127.0.0.0/8 return
                \t\tfib daddr type local jump to_endpoint
                \t}
                \tchain from_machine {
                \t\ttype nat hook output priority -100; policy accept;
                \t\tfib daddr type local jump to_endpoint
                \t}
                \tchain to_endpoint {
                \t\tmeta l4proto { tcp, udp } dnat ip to ip daddr . meta l4proto . th dport map @published
                \t\tmeta l4proto { tcp, udp } dnat ip to meta l4proto . th dport map @published_anywhere
                \t}
                \tchain as_machine {
                \t\ttype nat hook postrouting priority srcnat; policy accept;
                \t\tip saddr %2$s oifname != "%1$s" masquerade
                \t\tip saddr %2$s oifname "%1$s" ct status dnat masquerade
                \t\tip saddr 127.0.0.0/8 oifname "%1$s" masquerade
                \t}
                \tchain forward {
                \t\ttype filter hook forward priority filter; policy accept;
                \t\toifname "%1$s" iifname "%1$s" accept
                \t\toifname "%1$s" ct state established,related accept
                \t\toifname "%1$s" ct status dnat accept
                \t\toifname "%1$s" drop
                \t}
                }
                table bridge %1$s {
                \tset sources {
                \t\ttype ifname . ether_addr . ipv4_addr
                \t}
                \tchain own_addresses {
                \t\ttype filter hook prerouting priority -300; policy accept;
                \t\tiifname != "%3$s*" accept
                \t\tether type arp iifname . ether saddr . arp saddr ip @sources iifname . arp saddr ether . arp saddr ip @sources accept
                \t\tether type ip iifname . ether saddr . ip saddr @sources accept
                \t\tdrop
                \t}
                }
                """.formatted(name, network.subnet(), DeviceNames.prefix(name)) + add(network, endpoints);
    }

    /** Lets endpoints send, and others reach their ports. */
    static String add(Network network, Collection<Endpoint> endpoints) {
        StringBuilder commands = new StringBuilder();
        for (Endpoint endpoint : endpoints) {
            commands.append("add element bridge %s sources { \"%s\" . %s . %s }\n"
                    .formatted(
                            network.device(),
                            endpoint.device(),
                            endpoint.mac(),
                            endpoint.address().address().getHostAddress()));
            for (Port port : endpoint.ports()) {
                commands.append("add element inet %s %s { %s%s . %d : %s . %d }\n"
                        .formatted(
                                network.device(),
                                map(port),
                                isAnywhere(port) ? "" : port.hostAddress().getHostAddress() + " . ",
                                port.protocol().lowerCase(),
                                port.hostPort(),
                                endpoint.address().address().getHostAddress(),
                                port.port()));
            }
        }
        return commands.toString();
    }

    /** What {@link #add} adds, as elements. */
    static List<Element> elements(Network network, Endpoint endpoint) {
        List<Element> elements = new ArrayList<>();
        elements.add(source(network, endpoint));
        elements.addAll(ports(network, endpoint));
        return elements;
    }

    /** The part of them that lets an endpoint send. */
    private static Element source(Network network, Endpoint endpoint) {
        byte[] key = ByteBuffer.allocate(NAME + MAC + ADDRESS)
                .put(endpoint.device().getBytes(StandardCharsets.US_ASCII))
                .put(NAME, HexFormat.ofDelimiter(":").parseHex(endpoint.mac()))
                .putInt(NAME + MAC, Ipv4.number(endpoint.address().address()))
                .array();
        return new Element(Family.BRIDGE, network.device(), "sources", key, new byte[0]);
    }

    /** The part of them that lets others reach its ports. */
    static List<Element> ports(Network network, Endpoint endpoint) {
        return endpoint.ports().stream()
                .map(port ->
                        new Element(Family.INET, network.device(), map(port), portKey(port), portValue(endpoint, port)))
                .toList();
    }

    private static byte[] portKey(Port port) {
        ByteBuffer key = ByteBuffer.allocate(isAnywhere(port) ? PROTOCOL + PORT : ADDRESS + PROTOCOL + PORT);
        if (!isAnywhere(port)) {
            key.putInt(Ipv4.number(port.hostAddress()));
        }
        return key.put((byte) port.protocol().number())
                .position(key.capacity() - PORT)
                .putShort((short) port.hostPort())
                .array();
    }

    private static byte[] portValue(Endpoint endpoint, Port port) {
        return ByteBuffer.allocate(ADDRESS + PORT)
                .putInt(Ipv4.number(endpoint.address().address()))
                .putShort((short) port.port())
                .array();
    }

    /** Takes all away. */
    static String removeAll(String device) {
        return """
                table inet %1$s
                delete table inet %1$s
                table bridge %1$s
                delete table bridge %1$s
                """.formatted(device);
    }

    private static String map(Port port) {
        return isAnywhere(port) ? "published_anywhere" : "published";
    }

    private static boolean isAnywhere(Port port) {
        return port.hostAddress().isAnyLocalAddress();
    }
}
