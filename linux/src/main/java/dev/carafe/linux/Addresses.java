package dev.carafe.linux;

import static dev.carafe.linux.Struct.u32;
import static dev.carafe.linux.Struct.u8;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** The addresses of network devices, of both versions of the internet protocol. */
public final class Addresses {

    /** {@code IFA_F_NODAD}: a version 6 address counts at once, without asking whether another machine has it. */
    public static final int NO_DUPLICATE_DETECTION = 0x02;

    static final Struct IFADDRMSG = Struct.of(
            "ifaddrmsg", u8("ifa_family"), u8("ifa_prefixlen"), u8("ifa_flags"), u8("ifa_scope"), u32("ifa_index"));

    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_BROADCAST = 4;
    private static final int IFA_FLAGS = 8;
    /** The longest prefix whose last address is not a host's own. */
    private static final int LONGEST_BROADCASTING = 30;

    private final Netlink netlink;

    Addresses(Netlink netlink) {
        this.netlink = netlink;
    }

    /** All addresses in the namespace. */
    public List<LinkAddress> list() {
        return list(0);
    }

    /** The addresses of the device with this index. */
    public List<LinkAddress> list(int link) {
        var request = new NetlinkRequest(RouteMessage.RTM_GETADDR, 0, IFADDRMSG).set("ifa_index", link);
        List<LinkAddress> addresses = new ArrayList<>();
        for (NetlinkMessage message : netlink.dump(request, IFADDRMSG, link)) {
            NetlinkAttributes attributes = message.attributes();
            // Where the two differ, the first is the other end's.
            InetAddress local = attributes.address(IFA_LOCAL);
            InetAddress address = local == null ? attributes.address(IFA_ADDRESS) : local;
            if (address != null) {
                addresses.add(new LinkAddress(
                        message.get("ifa_index"),
                        new Prefix(address, message.get("ifa_prefixlen")),
                        attributes.number(IFA_FLAGS, message.get("ifa_flags")),
                        message.get("ifa_scope")));
            }
        }
        return addresses;
    }

    /**
     * Gives a device an address; in version 4 also the broadcast address of its network, the last.
     *
     * @param flags 0 or {@link #NO_DUPLICATE_DETECTION}
     * @throws SystemCallException with {@code EEXIST} if it has the address already
     */
    public void add(int link, Prefix prefix, int flags) {
        NetlinkRequest request =
                request(RouteMessage.RTM_NEWADDR, NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE, link, prefix);
        if (!prefix.isVersion6() && prefix.length() <= LONGEST_BROADCASTING) {
            request.attribute(IFA_BROADCAST, prefix.last());
        }
        netlink.request(request.attribute(IFA_FLAGS, flags), IFADDRMSG, link, prefix);
    }

    /**
     * Takes an address from a device.
     *
     * @throws SystemCallException with {@code EADDRNOTAVAIL} if it does not have it
     */
    public void delete(int link, Prefix prefix) {
        netlink.request(request(RouteMessage.RTM_DELADDR, 0, link, prefix), IFADDRMSG, link, prefix);
    }

    private static NetlinkRequest request(RouteMessage type, int flags, int link, Prefix prefix) {
        return new NetlinkRequest(type, flags, IFADDRMSG)
                .set("ifa_family", Netlink.family(prefix.isVersion6()))
                .set("ifa_prefixlen", prefix.length())
                .set("ifa_index", link)
                .attribute(IFA_LOCAL, prefix.address())
                .attribute(IFA_ADDRESS, prefix.address());
    }
}
