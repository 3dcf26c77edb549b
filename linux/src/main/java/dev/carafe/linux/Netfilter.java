package dev.carafe.linux;

import static dev.carafe.linux.Struct.u16;
import static dev.carafe.linux.Struct.u8;

import java.net.InetAddress;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Predicate;

/**
 * A connection to the kernel's packet filter, for what is often asked and changed: rules are made by way of
 * libnftables, which takes a library to load and a while.
 *
 * <p>It speaks for the network namespace that its thread was in when it was opened. Thread-safe.
 *
 * @see <a href="https://www.kernel.org/doc/html/latest/netlink/specs/nftables.html">Family nftables</a>
 */
public final class Netfilter implements AutoCloseable {

    static final Struct NFGENMSG = Struct.of("nfgenmsg", u8("nfgen_family"), u8("version"), u16("res_id"));

    private static final int NFTA_TABLE_NAME = 1;

    private static final int NFNL_SUBSYS_NFTABLES = 10;
    private static final int NFTA_SET_ELEM_LIST_TABLE = 1;
    private static final int NFTA_SET_ELEM_LIST_SET = 2;
    private static final int NFTA_SET_ELEM_LIST_ELEMENTS = 3;
    private static final int NFTA_LIST_ELEM = 1;
    private static final int NFTA_SET_ELEM_KEY = 1;
    private static final int NFTA_SET_ELEM_DATA = 2;
    private static final int NFTA_DATA_VALUE = 1;
    private static final int CTA_TUPLE_ORIG = 1;
    private static final int CTA_TUPLE_REPLY = 2;
    private static final int CTA_FILTER = 25;
    private static final int CTA_FILTER_ORIG_FLAGS = 1;
    private static final int CTA_FILTER_REPLY_FLAGS = 2;
    private static final int CTA_FILTER_F_CTA_IP_SRC = 1;
    private static final int CTA_FILTER_F_CTA_PROTO_NUM = 1 << 3;
    private static final int CTA_FILTER_F_CTA_PROTO_DST_PORT = 1 << 5;
    private static final int CTA_TUPLE_IP = 1;
    private static final int CTA_TUPLE_PROTO = 2;
    private static final int CTA_IP_V4_SRC = 1;
    private static final int CTA_IP_V4_DST = 2;
    private static final int CTA_PROTO_NUM = 1;
    private static final int CTA_PROTO_DST_PORT = 3;
    private static final int AF_INET = 2;

    /** What packets a table sees. */
    public enum Family {
        /** {@code NFPROTO_IPV4}: those of version 4 of the internet protocol. */
        IPV4(2),
        /** {@code NFPROTO_INET}: those of both versions of the internet protocol. */
        INET(1),
        /** {@code NFPROTO_BRIDGE}: those that pass through a bridge. */
        BRIDGE(7);

        private final int number;

        Family(int number) {
            this.number = number;
        }
    }

    enum Message implements NetlinkType {
        NFNL_MSG_BATCH_BEGIN(16),
        NFNL_MSG_BATCH_END(17),
        NFT_MSG_GETTABLE(10 << 8 | 1),
        NFT_MSG_NEWSETELEM(10 << 8 | 12),
        NFT_MSG_DELSETELEM(10 << 8 | 14),
        IPCTNL_MSG_CT_GET(1 << 8 | 1),
        IPCTNL_MSG_CT_DELETE(1 << 8 | 2);

        private final int number;

        Message(int number) {
            this.number = number;
        }

        @Override
        public int number() {
            return number;
        }
    }

    private final Netlink netlink;

    Netfilter(SystemCalls calls) {
        this.netlink = new Netlink(calls, Netlink.NETFILTER);
    }

    /** Whether there is a table of this name. */
    public boolean hasTable(Family family, String name) {
        var request = new NetlinkRequest(Message.NFT_MSG_GETTABLE, 0, NFGENMSG)
                .set("nfgen_family", family.number)
                .attribute(NFTA_TABLE_NAME, name);
        try {
            return !netlink.request(request, NFGENMSG, family, name).isEmpty();
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return false;
            }
            throw exception;
        }
    }

    /**
     * What is in a set or a map.
     *
     * @param key in network byte order, each part filled up to a multiple of four bytes
     * @param value likewise; empty in a set
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Element(Family family, String table, String set, byte[] key, byte[] value) {}

    /**
     * Adds all of some elements or none. What is there already stays.
     *
     * @throws SystemCallException with {@code ENOENT} if there is no such set, {@code EBUSY} or {@code EEXIST} if the key
     *     has another value
     */
    public void add(List<Element> elements) {
        change(Message.NFT_MSG_NEWSETELEM, NetlinkRequest.CREATE, elements);
    }

    /**
     * Takes all of some elements away or none.
     *
     * @throws SystemCallException with {@code ENOENT} if one is not there
     */
    public void delete(List<Element> elements) {
        change(Message.NFT_MSG_DELSETELEM, 0, elements);
    }

    private void change(Message message, int flags, List<Element> elements) {
        if (elements.isEmpty()) {
            return;
        }
        netlink.transaction(
                batch(Message.NFNL_MSG_BATCH_BEGIN),
                elements.stream()
                        .map(element -> change(message, flags, element))
                        .toList(),
                batch(Message.NFNL_MSG_BATCH_END),
                elements.getFirst().table());
    }

    private static NetlinkRequest change(Message message, int flags, Element element) {
        var request = new NetlinkRequest(message, flags, NFGENMSG)
                .set("nfgen_family", element.family().number)
                .attribute(NFTA_SET_ELEM_LIST_TABLE, element.table())
                .attribute(NFTA_SET_ELEM_LIST_SET, element.set());
        int list = request.begin(NFTA_SET_ELEM_LIST_ELEMENTS | NetlinkRequest.NESTED);
        int item = request.begin(NFTA_LIST_ELEM | NetlinkRequest.NESTED);
        data(request, NFTA_SET_ELEM_KEY, element.key());
        if (element.value().length > 0) {
            data(request, NFTA_SET_ELEM_DATA, element.value());
        }
        request.end(item);
        request.end(list);
        return request;
    }

    private static void data(NetlinkRequest request, int attribute, byte[] value) {
        int start = request.begin(attribute | NetlinkRequest.NESTED);
        request.attribute(NFTA_DATA_VALUE, value);
        request.end(start);
    }

    private static NetlinkRequest batch(Message message) {
        short subsystem = (short) NFNL_SUBSYS_NFTABLES;
        boolean little = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        return new NetlinkRequest(message, 0, NFGENMSG)
                .set("res_id", little ? Short.reverseBytes(subsystem) : subsystem);
    }

    /**
     * What the kernel remembers of packets that belong together, of version 4.
     *
     * @param to where the first was sent
     * @param answeredBy who answers; another where the filter has changed the first packet's destination
     */
    public record Connection(InetAddress to, InetAddress answeredBy) {}

    /**
     * Has the kernel forget connections, so that their next packets go where the rules send them now.
     *
     * @param protocol {@code IPPROTO_*}, such as 17 for UDP
     * @param port where the first packet was sent
     */
    public void forget(int protocol, int port, Predicate<Connection> which) {
        var request = connections();
        int tuple = request.begin(CTA_TUPLE_ORIG | NetlinkRequest.NESTED);
        int proto = request.begin(CTA_TUPLE_PROTO | NetlinkRequest.NESTED);
        request.attribute(CTA_PROTO_NUM, new byte[] {(byte) protocol});
        request.attribute(CTA_PROTO_DST_PORT, new byte[] {(byte) (port >> Byte.SIZE), (byte) port});
        request.end(proto);
        request.end(tuple);
        filter(request, CTA_FILTER_ORIG_FLAGS, CTA_FILTER_F_CTA_PROTO_NUM | CTA_FILTER_F_CTA_PROTO_DST_PORT);
        forget(request, which, "port " + port);
    }

    /**
     * Likewise, all those that an address answers.
     *
     * @param answers of version 4
     */
    public void forget(InetAddress answers) {
        var request = connections();
        int tuple = request.begin(CTA_TUPLE_REPLY | NetlinkRequest.NESTED);
        int ip = request.begin(CTA_TUPLE_IP | NetlinkRequest.NESTED);
        request.attribute(CTA_IP_V4_SRC, answers);
        request.end(ip);
        request.end(tuple);
        filter(request, CTA_FILTER_REPLY_FLAGS, CTA_FILTER_F_CTA_IP_SRC);
        forget(request, _ -> true, answers);
    }

    private static NetlinkRequest connections() {
        return new NetlinkRequest(Message.IPCTNL_MSG_CT_GET, 0, NFGENMSG).set("nfgen_family", AF_INET);
    }

    /** Which parts of the tuple are looked at. */
    private static void filter(NetlinkRequest request, int tuple, int parts) {
        int filter = request.begin(CTA_FILTER | NetlinkRequest.NESTED);
        request.attribute(tuple, parts);
        request.end(filter);
    }

    private void forget(NetlinkRequest those, Predicate<Connection> which, Object told) {
        for (NetlinkMessage message : netlink.dump(those, NFGENMSG, told)) {
            NetlinkAttributes attributes = message.attributes();
            InetAddress to =
                    attributes.nested(CTA_TUPLE_ORIG).nested(CTA_TUPLE_IP).address(CTA_IP_V4_DST);
            InetAddress by =
                    attributes.nested(CTA_TUPLE_REPLY).nested(CTA_TUPLE_IP).address(CTA_IP_V4_SRC);
            if (to != null && by != null && which.test(new Connection(to, by))) {
                forget(attributes.bytes(CTA_TUPLE_ORIG), told);
            }
        }
    }

    private void forget(byte[] tuple, Object told) {
        try {
            netlink.request(
                    new NetlinkRequest(Message.IPCTNL_MSG_CT_DELETE, 0, NFGENMSG)
                            .set("nfgen_family", AF_INET)
                            .attribute(CTA_TUPLE_ORIG | NetlinkRequest.NESTED, tuple),
                    NFGENMSG,
                    told);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
        }
    }

    @Override
    public void close() {
        netlink.close();
    }
}
