package dev.carafe.linux;

import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.Struct.u8;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** Routes, of both versions of the internet protocol. A route over several gateways is listed without any. */
public final class Routes {

    /** {@code RT_TABLE_MAIN}: the table of ordinary routes. */
    public static final int MAIN = 254;
    /** {@code RT_TABLE_LOCAL}: the kernel's own, for this machine's addresses. */
    public static final int LOCAL = 255;

    /** {@code RTN_UNICAST}: to a gateway or a device. */
    public static final int UNICAST = 1;
    /** {@code RTN_BLACKHOLE}: packets vanish. */
    public static final int BLACKHOLE = 6;
    /** {@code RTN_UNREACHABLE}: the sender is told that there is no way. */
    public static final int UNREACHABLE = 7;
    /** {@code RTN_PROHIBIT}: the sender is told that it may not. */
    public static final int PROHIBIT = 8;

    static final Struct RTMSG = Struct.of(
            "rtmsg",
            u8("rtm_family"),
            u8("rtm_dst_len"),
            u8("rtm_src_len"),
            u8("rtm_tos"),
            u8("rtm_table"),
            u8("rtm_protocol"),
            u8("rtm_scope"),
            u8("rtm_type"),
            u32("rtm_flags"));

    private static final int RTA_DST = 1;
    private static final int RTA_OIF = 4;
    private static final int RTA_GATEWAY = 5;
    private static final int RTA_PRIORITY = 6;
    private static final int RTA_PREFSRC = 7;
    private static final int RTA_TABLE = 15;
    private static final int RT_SCOPE_UNIVERSE = 0;
    private static final int RT_SCOPE_LINK = 253;
    private static final int RT_SCOPE_NOWHERE = 255;

    private final Netlink netlink;

    Routes(Netlink netlink) {
        this.netlink = netlink;
    }

    /** The routes of the main table. */
    public List<Route> list() {
        return list(MAIN);
    }

    /** The routes of a table; none if there is no such table. */
    public List<Route> list(int table) {
        List<Route> routes = new ArrayList<>();
        list(table, false, routes);
        list(table, true, routes);
        return routes;
    }

    /**
     * Adds a route.
     *
     * @throws SystemCallException with {@code EEXIST} if its table has one with this destination and metric
     */
    public void add(Route route) {
        NetlinkRequest request = request(
                        RouteMessage.RTM_NEWROUTE, NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE, route)
                .set("rtm_protocol", route.protocol())
                .set("rtm_type", route.type())
                .set(
                        "rtm_scope",
                        route.gateway() == null
                                        && route.type() == UNICAST
                                        && !route.destination().isVersion6()
                                ? RT_SCOPE_LINK
                                : RT_SCOPE_UNIVERSE);
        InetAddress source = route.source();
        if (source != null) {
            request.attribute(RTA_PREFSRC, source);
        }
        netlink.request(request, RTMSG, route);
    }

    /**
     * Removes the route with this destination, table, and as far as they are set, gateway, device and metric.
     *
     * @throws SystemCallException with {@code ESRCH} if there is none
     */
    public void delete(Route route) {
        netlink.request(request(RouteMessage.RTM_DELROUTE, 0, route).set("rtm_scope", RT_SCOPE_NOWHERE), RTMSG, route);
    }

    private void list(int table, boolean version6, List<Route> routes) {
        var request = new NetlinkRequest(RouteMessage.RTM_GETROUTE, 0, RTMSG)
                .set("rtm_family", Netlink.family(version6))
                .attribute(RTA_TABLE, table);
        List<NetlinkMessage> messages;
        try {
            messages = netlink.dump(request, RTMSG, table);
        } catch (SystemCallException exception) {
            // A table comes to be with its first route.
            if (exception.errno() == Errno.ENOENT) {
                return;
            }
            throw exception;
        }
        for (NetlinkMessage message : messages) {
            NetlinkAttributes attributes = message.attributes();
            InetAddress destination = attributes.address(RTA_DST);
            routes.add(new Route(
                    destination == null ? Prefix.all(version6) : new Prefix(destination, message.get("rtm_dst_len")),
                    attributes.address(RTA_GATEWAY),
                    attributes.number(RTA_OIF, 0),
                    attributes.address(RTA_PREFSRC),
                    attributes.number(RTA_PRIORITY, 0),
                    attributes.number(RTA_TABLE, message.get("rtm_table")),
                    message.get("rtm_protocol"),
                    message.get("rtm_type")));
        }
    }

    private static NetlinkRequest request(RouteMessage type, int flags, Route route) {
        Prefix destination = route.destination();
        // The header's eight bits cannot hold every table; the attribute counts.
        NetlinkRequest request = new NetlinkRequest(type, flags, RTMSG)
                .set("rtm_family", Netlink.family(destination.isVersion6()))
                .set("rtm_dst_len", destination.length())
                .attribute(RTA_TABLE, route.table());
        if (!route.isDefault()) {
            request.attribute(RTA_DST, destination.address());
        }
        InetAddress gateway = route.gateway();
        if (gateway != null) {
            request.attribute(RTA_GATEWAY, gateway);
        }
        if (route.link() != 0) {
            request.attribute(RTA_OIF, route.link());
        }
        if (route.metric() != 0) {
            request.attribute(RTA_PRIORITY, route.metric());
        }
        return request;
    }
}
