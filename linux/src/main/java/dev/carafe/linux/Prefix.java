package dev.carafe.linux;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * An address and how many of its leading bits name its network, such as {@code 10.1.2.3/24}.
 *
 * @param length 0 to 32, or to 128 for version 6
 */
public record Prefix(InetAddress address, int length) {

    public Prefix {
        if (length < 0 || length > address.getAddress().length * Byte.SIZE) {
            throw new IllegalArgumentException("a prefix of " + address.getHostAddress() + " cannot have a length of "
                    + length + ", only 0 to " + address.getAddress().length * Byte.SIZE);
        }
    }

    /**
     * Reads the usual form, {@code address/length}; without a length the prefix is the address alone. No name is looked
     * up.
     *
     * @throws IllegalArgumentException if it is not one
     */
    public static Prefix parse(String text) {
        int slash = text.indexOf('/');
        String literal = slash < 0 ? text : text.substring(0, slash);
        String length = slash < 0 ? "" : text.substring(slash + 1);
        // Shorter forms of version 4 mean other things to other people.
        boolean short4 = literal.indexOf(':') < 0
                && literal.chars().filter(c -> c == '.').count() != 3;
        if (short4 || literal.indexOf('%') >= 0 || (slash >= 0 && !length.matches("[0-9]{1,3}"))) {
            throw new IllegalArgumentException(
                    "not an address and a prefix length, such as 10.1.2.3/24 or fd00::1/64: \"" + text + "\"");
        }
        InetAddress address = InetAddress.ofLiteral(literal);
        return new Prefix(address, slash < 0 ? address.getAddress().length * Byte.SIZE : Integer.parseInt(length));
    }

    /** All addresses of version 4 or of version 6. */
    static Prefix all(boolean version6) {
        return new Prefix(address(new byte[version6 ? 16 : 4]), 0);
    }

    public boolean isVersion6() {
        return address instanceof Inet6Address;
    }

    /** The same prefix with the first address of the network, all further bits 0. */
    public Prefix network() {
        return new Prefix(address(fill(0)), length);
    }

    /** The last address of the network, all further bits 1; its broadcast address in version 4. */
    public InetAddress last() {
        return address(fill(0xff));
    }

    @Override
    public String toString() {
        return address.getHostAddress() + "/" + length;
    }

    private byte[] fill(int with) {
        byte[] bytes = address.getAddress();
        for (int i = 0; i < bytes.length; i++) {
            int host = 0xff >>> Math.clamp(length - i * (long) Byte.SIZE, 0, Byte.SIZE);
            bytes[i] = (byte) ((bytes[i] & ~host) | (with & host));
        }
        return bytes;
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new AssertionError("4 or 16 bytes are an address", impossible);
        }
    }
}
