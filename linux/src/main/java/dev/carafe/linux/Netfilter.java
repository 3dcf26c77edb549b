package dev.carafe.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;

/**
 * A connection to the kernel's packet filter, for what is asked often: rules are made by way of libnftables.
 *
 * <p>It speaks for the network namespace that its thread was in when it was opened. Thread-safe.
 *
 * @see <a href="https://www.kernel.org/doc/html/latest/netlink/specs/nftables.html">Family nftables</a>
 */
public final class Netfilter implements AutoCloseable {

    static final StructLayout NFGENMSG = MemoryLayout.structLayout(
                    JAVA_BYTE.withName("nfgen_family"), JAVA_BYTE.withName("version"), JAVA_SHORT.withName("res_id"))
            .withName("nfgenmsg");

    private static final int NFTA_TABLE_NAME = 1;

    /** What packets a table sees. */
    public enum Family {
        /** {@code NFPROTO_INET}: those of both versions of the internet protocol. */
        INET(1),
        /** {@code NFPROTO_BRIDGE}: those that pass through a bridge. */
        BRIDGE(7);

        private final int number;

        Family(int number) {
            this.number = number;
        }
    }

    private enum Message implements NetlinkType {
        NFT_MSG_GETTABLE(10 << 8 | 1);

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

    @Override
    public void close() {
        netlink.close();
    }
}
