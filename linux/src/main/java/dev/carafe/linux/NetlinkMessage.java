package dev.carafe.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A message from the kernel: a header of its type, then attributes. */
final class NetlinkMessage {

    private final int type;
    private final ByteBuffer body;
    private final Struct header;
    private final NetlinkAttributes attributes;

    /**
     * @param body without the header that all messages share
     * @throws SystemCallException with {@code EBADMSG} if it is cut short or its lengths contradict each other
     */
    NetlinkMessage(int type, ByteBuffer body, Struct header) {
        int headerLength = header.size();
        if (body.remaining() < headerLength) {
            throw Netlink.malformed("a message of " + body.remaining() + " bytes has no room for its header");
        }
        this.type = type;
        this.body = body.slice().order(ByteOrder.nativeOrder());
        this.header = header;
        this.attributes = NetlinkAttributes.parse(this.body.slice(headerLength, this.body.remaining() - headerLength));
    }

    boolean is(NetlinkType expected) {
        return type == expected.number();
    }

    /** A member of the header, as an unsigned number where it is narrower than 32 bits. */
    int get(String member) {
        int at = header.offset(member);
        return switch (header.size(member)) {
            case Byte.BYTES -> Byte.toUnsignedInt(body.get(at));
            case Short.BYTES -> Short.toUnsignedInt(body.getShort(at));
            default -> body.getInt(at);
        };
    }

    NetlinkAttributes attributes() {
        return attributes;
    }
}
