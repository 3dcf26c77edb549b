package dev.carafe.network;

import dev.carafe.linux.LinkSetting;
import java.net.Inet4Address;
import java.util.List;
import java.util.Optional;

/**
 * An endpoint to make.
 *
 * @param owner whose it is, such as an instance's id: letters, digits, dashes
 * @param hostname what the owner calls itself
 * @param ports to publish
 * @param address the one that it must be; else one that is free
 * @param mac its hardware address; else one that goes with the address
 */
public record EndpointRequest(
        String owner, String hostname, List<PortRequest> ports, Optional<Inet4Address> address, Optional<String> mac) {

    public EndpointRequest {
        if (!isName(owner)) {
            throw new NetworkException(
                    NetworkException.Kind.INVALID,
                    "an endpoint's owner has letters, digits and dashes: \"" + owner + "\"");
        }
        ports = List.copyOf(ports);
        mac.ifPresent(EndpointRequest::check);
    }

    /** An endpoint without ports, with the next address that is free. */
    public static EndpointRequest of(String owner, String hostname) {
        return new EndpointRequest(owner, hostname, List.of(), Optional.empty(), Optional.empty());
    }

    /** The same with these ports published. */
    public EndpointRequest publishing(List<PortRequest> published) {
        return new EndpointRequest(owner, hostname, published, address, mac);
    }

    /** Whether any address does. */
    boolean isAny() {
        return address.isEmpty() && mac.isEmpty();
    }

    static boolean isName(String text) {
        return !text.isEmpty()
                && text.chars()
                        .allMatch(c ->
                                (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-');
    }

    private static void check(String mac) {
        try {
            new LinkSetting.Mac(mac);
        } catch (IllegalArgumentException malformed) {
            throw new NetworkException(
                    NetworkException.Kind.INVALID, String.valueOf(malformed.getMessage()), malformed);
        }
        if ((Integer.parseInt(mac.substring(0, 2), 16) & 1) != 0) {
            throw new NetworkException(
                    NetworkException.Kind.INVALID,
                    "the hardware address " + mac + " is one of a group: its first byte is odd");
        }
    }
}
