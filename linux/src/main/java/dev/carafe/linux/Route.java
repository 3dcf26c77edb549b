package dev.carafe.linux;

import java.net.Inet6Address;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * A route.
 *
 * @param destination where it leads, a network: no bits set beyond the prefix
 * @param gateway the machine to send to, or {@code null} where the destination is on the link itself
 * @param link the index of the device to send by, or 0 for the one that reaches the gateway
 * @param source the address that packets get which have none yet, or {@code null} for the kernel's choice
 * @param metric the lowest wins; 0 is the kernel's choice
 * @param table the routing table, {@link Routes#MAIN} for most
 * @param protocol who made it, {@code RTPROT_*}: 2 the kernel, 3 the boot scripts, 4 an administrator
 * @param type {@link Routes#UNICAST} for most
 */
public record Route(
        Prefix destination,
        @Nullable InetAddress gateway,
        int link,
        @Nullable InetAddress source,
        int metric,
        int table,
        int protocol,
        int type) {

    private static final int RTPROT_STATIC = 4;

    /** A route to a network on the link itself. */
    public static Route direct(Prefix destination, int link) {
        return new Route(destination.network(), null, link, null, 0, Routes.MAIN, RTPROT_STATIC, Routes.UNICAST);
    }

    /** A route to a network behind another machine. */
    public static Route via(InetAddress gateway, Prefix destination) {
        return new Route(destination.network(), gateway, 0, null, 0, Routes.MAIN, RTPROT_STATIC, Routes.UNICAST);
    }

    /** The route to everywhere, of the gateway's version of the protocol. */
    public static Route ofDefault(InetAddress gateway) {
        return via(gateway, Prefix.all(gateway instanceof Inet6Address));
    }

    /** The same by this device; a version 6 gateway with a link-local address needs it. */
    public Route by(int link) {
        return new Route(destination, gateway, link, source, metric, table, protocol, type);
    }

    /** The same with this source address. */
    public Route from(InetAddress source) {
        return new Route(destination, gateway, link, source, metric, table, protocol, type);
    }

    /** The same with this metric. */
    public Route withMetric(int metric) {
        return new Route(destination, gateway, link, source, metric, table, protocol, type);
    }

    /** The same in this table. */
    public Route in(int table) {
        return new Route(destination, gateway, link, source, metric, table, protocol, type);
    }

    /** The same with this type. */
    public Route ofType(int type) {
        return new Route(destination, gateway, link, source, metric, table, protocol, type);
    }

    /** Whether it leads everywhere. */
    public boolean isDefault() {
        return destination.length() == 0;
    }
}
