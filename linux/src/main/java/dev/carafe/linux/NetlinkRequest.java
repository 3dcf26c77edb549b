package dev.carafe.linux;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A message to the kernel, put together from front to back: a header of its type, then attributes.
 *
 * <p>The length of an attribute is 16 bits wide. A longer one would wrap around and let its content be read as
 * attributes of its own (CVE-2021-43784), and so is refused.
 */
final class NetlinkRequest {

    /** {@code NLM_F_*}, modifiers of a request to make something. */
    static final int REPLACE = 0x100;

    static final int EXCLUSIVE = 0x200;
    static final int CREATE = 0x400;
    /** {@code NLM_F_DUMP}: all of a table rather than one entry. */
    static final int DUMP = 0x300;

    /** {@code NLA_F_NESTED}: goes with the type of an attribute that consists of attributes. */
    static final int NESTED = 0x8000;

    private static final int ATTRIBUTE_HEADER = Netlink.ATTRIBUTE.size();
    private static final int LONGEST_ATTRIBUTE = 0xffff;
    private static final int LONGEST_MESSAGE = 256 * 1024;

    private final NetlinkType type;
    private final Struct header;
    private ByteBuffer buffer = ByteBuffer.allocate(512).order(ByteOrder.nativeOrder());
    private int headerStart = Netlink.BODY_AT;

    NetlinkRequest(NetlinkType type, int flags, Struct header) {
        this.type = type;
        this.header = header;
        buffer.putShort(Netlink.TYPE_AT, (short) type.number());
        buffer.putShort(Netlink.FLAGS_AT, (short) flags);
        buffer.position(headerStart + header.size());
    }

    NetlinkType type() {
        return type;
    }

    /** Sets a member of the message's own header, or of the one of the nested message that was begun last. */
    NetlinkRequest set(String member, int value) {
        int at = headerStart + header.offset(member);
        switch (header.size(member)) {
            case Byte.BYTES -> buffer.put(at, (byte) value);
            case Short.BYTES -> buffer.putShort(at, (short) value);
            default -> buffer.putInt(at, value);
        }
        return this;
    }

    NetlinkRequest attribute(int attribute, byte[] value) {
        int length = ATTRIBUTE_HEADER + value.length;
        checkLength(length);
        reserve(length);
        buffer.putShort((short) length).putShort((short) attribute).put(value);
        pad();
        return this;
    }

    /** A number of 32 bits. */
    NetlinkRequest attribute(int attribute, int value) {
        return attribute(
                attribute,
                ByteBuffer.allocate(Integer.BYTES)
                        .order(ByteOrder.nativeOrder())
                        .putInt(value)
                        .array());
    }

    /** A number of 16 bits. */
    NetlinkRequest attribute(int attribute, short value) {
        return attribute(
                attribute,
                ByteBuffer.allocate(Short.BYTES)
                        .order(ByteOrder.nativeOrder())
                        .putShort(value)
                        .array());
    }

    /** A text with the NUL that ends it. */
    NetlinkRequest attribute(int attribute, String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a NUL character in \"" + text.replace("\0", "\\0") + "\"");
        }
        return attribute(attribute, (text + '\0').getBytes(StandardCharsets.UTF_8));
    }

    NetlinkRequest attribute(int attribute, InetAddress address) {
        return attribute(attribute, address.getAddress());
    }

    /** Starts an attribute that will hold what follows; returns what {@link #end} wants. */
    int begin(int attribute) {
        int start = buffer.position();
        reserve(ATTRIBUTE_HEADER);
        buffer.putShort((short) 0).putShort((short) attribute);
        return start;
    }

    /** Makes room for a header of the same kind as the message's own, in an attribute: {@link #set} is for it now. */
    void beginHeader() {
        headerStart = buffer.position();
        reserve(header.size());
        buffer.position(headerStart + header.size());
    }

    void end(int start) {
        int length = buffer.position() - start;
        checkLength(length);
        buffer.putShort(start, (short) length);
        pad();
    }

    /** The finished message. */
    byte[] toBytes(int flags, int sequence) {
        byte[] bytes = new byte[buffer.position()];
        buffer.get(0, bytes);
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.nativeOrder())
                .putInt(Netlink.LENGTH_AT, bytes.length)
                .putShort(Netlink.FLAGS_AT, (short) (buffer.getShort(Netlink.FLAGS_AT) | flags))
                .putInt(Netlink.SEQUENCE_AT, sequence);
        return bytes;
    }

    private static void checkLength(int length) {
        if (length > LONGEST_ATTRIBUTE) {
            throw new IllegalArgumentException("a netlink attribute has at most "
                    + (LONGEST_ATTRIBUTE - ATTRIBUTE_HEADER) + " bytes, and this one has "
                    + (length - ATTRIBUTE_HEADER));
        }
    }

    private void pad() {
        // Room was kept for it, and the bytes are 0 already.
        buffer.position(Netlink.aligned(buffer.position()));
    }

    private void reserve(int bytes) {
        int needed = Netlink.aligned(buffer.position() + bytes);
        if (needed > LONGEST_MESSAGE) {
            throw new IllegalArgumentException("a netlink message has at most " + LONGEST_MESSAGE + " bytes");
        }
        if (needed > buffer.capacity()) {
            ByteBuffer larger =
                    ByteBuffer.allocate(Math.max(needed, 2 * buffer.capacity())).order(ByteOrder.nativeOrder());
            buffer = larger.put(buffer.flip());
        }
    }
}
