package dev.carafe.linux;

import static dev.carafe.linux.Struct.u16;
import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.Struct.u8;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Network devices.
 *
 * {@snippet :
 * links.create(
 *         new LinkKind.Veth(List.of(new LinkSetting.Name("eth0"), new LinkSetting.Home(container))),
 *         new LinkSetting.Name("veth0"),
 *         new LinkSetting.Master(bridge.index()),
 *         new LinkSetting.State(true));
 * }
 */
public final class Links {

    static final Struct IFINFOMSG = Struct.of(
            "ifinfomsg", u8("ifi_family"), u16("ifi_type"), u32("ifi_index"), u32("ifi_flags"), u32("ifi_change"));

    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFLA_LINK = 5;
    private static final int IFLA_MASTER = 10;
    private static final int IFLA_LINKINFO = 18;
    private static final int IFLA_NET_NS_FD = 28;
    private static final int IFLA_EXT_MASK = 29;
    private static final int IFLA_INFO_KIND = 1;
    private static final int IFLA_INFO_DATA = 2;
    private static final int IFLA_INFO_SLAVE_KIND = 4;
    private static final int IFLA_INFO_SLAVE_DATA = 5;
    private static final int IFLA_BRPORT_MODE = 4;
    private static final int VETH_INFO_PEER = 1;
    private static final int IFLA_MACVLAN_MODE = 1;
    private static final int IFLA_IPVLAN_MODE = 1;
    private static final int IFLA_VLAN_ID = 1;
    private static final int RTEXT_FILTER_SKIP_STATS = 8;
    private static final int IFF_UP = 1;

    private final Netlink netlink;

    Links(Netlink netlink) {
        this.netlink = netlink;
    }

    /** All devices of the namespace. */
    public List<Link> list() {
        List<Link> links = new ArrayList<>();
        for (NetlinkMessage message : netlink.dump(get(), IFINFOMSG)) {
            links.add(link(message));
        }
        return links;
    }

    public Optional<Link> find(String name) {
        return find(get().attribute(IFLA_IFNAME, name), name);
    }

    public Optional<Link> find(int index) {
        return find(get().set("ifi_index", index), index);
    }

    /**
     * Makes a device; what is not set is the kernel's choice, also its name.
     *
     * @throws SystemCallException with {@code EEXIST} if there is one of that name
     */
    public void create(LinkKind kind, LinkSetting... settings) {
        var request = new NetlinkRequest(
                RouteMessage.RTM_NEWLINK, NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE, IFINFOMSG);
        put(request, settings);
        switch (kind) {
            case LinkKind.Macvlan macvlan -> request.attribute(IFLA_LINK, macvlan.parent());
            case LinkKind.Ipvlan ipvlan -> request.attribute(IFLA_LINK, ipvlan.parent());
            case LinkKind.Vlan vlan -> request.attribute(IFLA_LINK, vlan.parent());
            case LinkKind.Bridge _, LinkKind.Dummy _, LinkKind.Veth _ -> {}
        }
        int info = request.begin(IFLA_LINKINFO | NetlinkRequest.NESTED);
        request.attribute(IFLA_INFO_KIND, kind.kernelName());
        int data = request.begin(IFLA_INFO_DATA | NetlinkRequest.NESTED);
        switch (kind) {
            case LinkKind.Veth veth -> {
                int peer = request.begin(VETH_INFO_PEER);
                request.beginHeader();
                put(request, veth.peer().toArray(LinkSetting[]::new));
                request.end(peer);
            }
            case LinkKind.Macvlan macvlan ->
                request.attribute(IFLA_MACVLAN_MODE, macvlan.mode().number());
            case LinkKind.Ipvlan ipvlan ->
                request.attribute(IFLA_IPVLAN_MODE, (short) ipvlan.mode().number());
            case LinkKind.Vlan vlan -> request.attribute(IFLA_VLAN_ID, (short) vlan.id());
            case LinkKind.Bridge _, LinkKind.Dummy _ -> {}
        }
        request.end(data);
        request.end(info);
        netlink.request(request, IFINFOMSG, kind, List.of(settings));
    }

    /** Changes a device in one step: all the settings or, for most errors, none. */
    public void change(int index, LinkSetting... settings) {
        var request = new NetlinkRequest(RouteMessage.RTM_NEWLINK, 0, IFINFOMSG).set("ifi_index", index);
        put(request, settings);
        netlink.request(request, IFINFOMSG, index, List.of(settings));
    }

    /** Whether a bridge sends out of a port of its what came in by it, if that is where it goes: hairpin mode. */
    public void hairpin(int port, boolean on) {
        var request = new NetlinkRequest(RouteMessage.RTM_NEWLINK, 0, IFINFOMSG).set("ifi_index", port);
        int info = request.begin(IFLA_LINKINFO | NetlinkRequest.NESTED);
        request.attribute(IFLA_INFO_SLAVE_KIND, "bridge");
        int data = request.begin(IFLA_INFO_SLAVE_DATA | NetlinkRequest.NESTED);
        request.attribute(IFLA_BRPORT_MODE, new byte[] {(byte) (on ? 1 : 0)});
        request.end(data);
        request.end(info);
        netlink.request(request, IFINFOMSG, port, on);
    }

    /** Removes a virtual device, and with one end of a veth the other. */
    public void delete(int index) {
        netlink.request(
                new NetlinkRequest(RouteMessage.RTM_DELLINK, 0, IFINFOMSG).set("ifi_index", index), IFINFOMSG, index);
    }

    private Optional<Link> find(NetlinkRequest request, Object what) {
        try {
            for (NetlinkMessage message : netlink.request(request, IFINFOMSG, what)) {
                if (message.is(RouteMessage.RTM_NEWLINK)) {
                    return Optional.of(link(message));
                }
            }
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENODEV) {
                throw exception;
            }
        }
        return Optional.empty();
    }

    private static NetlinkRequest get() {
        return new NetlinkRequest(RouteMessage.RTM_GETLINK, 0, IFINFOMSG)
                .attribute(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    }

    private static void put(NetlinkRequest request, LinkSetting... settings) {
        for (LinkSetting setting : settings) {
            switch (setting) {
                case LinkSetting.Name name -> request.attribute(IFLA_IFNAME, name.name());
                case LinkSetting.Mtu mtu -> request.attribute(IFLA_MTU, mtu.bytes());
                case LinkSetting.Mac mac ->
                    request.attribute(IFLA_ADDRESS, LinkSetting.Mac.FORM.parseHex(mac.address()));
                case LinkSetting.Master master -> request.attribute(IFLA_MASTER, master.index());
                case LinkSetting.Home home ->
                    request.attribute(IFLA_NET_NS_FD, home.namespace().number());
                case LinkSetting.State state ->
                    request.set("ifi_flags", state.up() ? IFF_UP : 0).set("ifi_change", IFF_UP);
            }
        }
    }

    private static Link link(NetlinkMessage message) {
        NetlinkAttributes attributes = message.attributes();
        return new Link(
                message.get("ifi_index"),
                attributes.text(IFLA_IFNAME),
                attributes.nested(IFLA_LINKINFO).text(IFLA_INFO_KIND),
                message.get("ifi_flags"),
                attributes.number(IFLA_MTU, 0),
                LinkSetting.Mac.FORM.formatHex(attributes.bytes(IFLA_ADDRESS)),
                attributes.number(IFLA_MASTER, 0),
                attributes.number(IFLA_LINK, 0));
    }
}
