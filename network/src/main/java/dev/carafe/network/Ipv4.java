package dev.carafe.network;

import dev.carafe.linux.Prefix;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.HexFormat;

/** Addresses of version 4 as the numbers that they are, and their literals. */
final class Ipv4 {

    /** Every address of the machine. */
    static final String ANY = "0.0.0.0";

    private static final String MAC_PREFIX = "02:42:";

    private Ipv4() {}

    /** The address's 32 bits. */
    static int number(InetAddress address) {
        byte[] bytes = address.getAddress();
        return (bytes[0] & 0xff) << 24 | (bytes[1] & 0xff) << 16 | (bytes[2] & 0xff) << 8 | (bytes[3] & 0xff);
    }

    static Inet4Address address(int number) {
        return Inet4Address.ofLiteral(
                (number >>> 24) + "." + (number >>> 16 & 0xff) + "." + (number >>> 8 & 0xff) + "." + (number & 0xff));
    }

    /**
     * Reads a literal; no name is looked up.
     *
     * @param what is to be an address, for the error
     */
    static Inet4Address parse(String what, String literal) {
        try {
            if (Prefix.parse(literal).address() instanceof Inet4Address address && literal.indexOf('/') < 0) {
                return address;
            }
        } catch (IllegalArgumentException malformed) {
            throw new NetworkException(
                    NetworkException.Kind.INVALID,
                    what + " \"" + literal + "\": is no address such as 10.1.2.3",
                    malformed);
        }
        throw new NetworkException(
                NetworkException.Kind.INVALID,
                what + " \"" + literal + "\": only addresses of version 4 are supported");
    }

    /** Whether a network has an address. */
    static boolean contains(Prefix network, InetAddress address) {
        int mask = network.length() == 0 ? 0 : -1 << (Integer.SIZE - network.length());
        return address instanceof Inet4Address
                && !network.isVersion6()
                && ((number(address) ^ number(network.address())) & mask) == 0;
    }

    /** Whether two networks have an address in common. */
    static boolean overlap(Prefix one, Prefix other) {
        return one.length() <= other.length() ? contains(one, other.address()) : contains(other, one.address());
    }

    /** The hardware address that goes with an address: whoever gets that again is known to his neighbours already. */
    static String mac(InetAddress address) {
        return MAC_PREFIX + HexFormat.ofDelimiter(":").formatHex(address.getAddress());
    }
}
