package dev.carafe.linux;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Attributes that came from the kernel, by type. Of several of one type the last counts. */
final class NetlinkAttributes {

    private static final int HEADER = Netlink.ATTRIBUTE.size();
    /** Without the flags for nested content and for network byte order. */
    private static final int TYPE_MASK = 0x3fff;

    private final Map<Integer, ByteBuffer> values;

    private NetlinkAttributes(Map<Integer, ByteBuffer> values) {
        this.values = values;
    }

    /** @throws SystemCallException with {@code EBADMSG} if a length leads out of the buffer */
    static NetlinkAttributes parse(ByteBuffer attributes) {
        ByteBuffer rest = attributes.slice().order(ByteOrder.nativeOrder());
        Map<Integer, ByteBuffer> values = new HashMap<>();
        while (rest.remaining() >= HEADER) {
            int start = rest.position();
            int length = Short.toUnsignedInt(rest.getShort(start));
            if (length < HEADER || length > rest.remaining()) {
                throw Netlink.malformed(
                        "an attribute says that it has " + length + " bytes, with " + rest.remaining() + " left");
            }
            values.put(
                    rest.getShort(start + Short.BYTES) & TYPE_MASK,
                    rest.slice(start + HEADER, length - HEADER).order(ByteOrder.nativeOrder()));
            rest.position(Math.min(rest.limit(), start + Netlink.aligned(length)));
        }
        return new NetlinkAttributes(values);
    }

    /** A number of 32 bits, or what to take where there is none. */
    int number(int attribute, int otherwise) {
        ByteBuffer value = values.get(attribute);
        return value == null || value.remaining() < Integer.BYTES ? otherwise : value.getInt(0);
    }

    /** A text without the NUL that ends it; empty where there is none. */
    String text(int attribute) {
        byte[] bytes = bytes(attribute);
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    /** Empty where there is none. */
    byte[] bytes(int attribute) {
        ByteBuffer value = values.get(attribute);
        if (value == null) {
            return new byte[0];
        }
        byte[] bytes = new byte[value.remaining()];
        value.get(0, bytes);
        return bytes;
    }

    /** An address of 4 or 16 bytes. */
    @Nullable
    InetAddress address(int attribute) {
        byte[] bytes = bytes(attribute);
        try {
            return bytes.length == 0 ? null : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException wrongLength) {
            throw Netlink.malformed("an address of " + bytes.length + " bytes");
        }
    }

    /** What an attribute consists of; nothing where there is none. */
    NetlinkAttributes nested(int attribute) {
        ByteBuffer value = values.get(attribute);
        return value == null ? new NetlinkAttributes(Map.of()) : parse(value);
    }
}
