package dev.carafe.engine.options;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.JsonWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An instance's link to a network.
 *
 * @param network its name
 * @param aliases further names of the instance there
 * @param ipv4 its address; one that is free if not given
 * @param ipv6 likewise
 * @param mac of its interface, such as {@code 92:d0:c6:0a:29:33}; made up if not given
 */
public record NetworkAttachment(
        String network, List<String> aliases, Optional<String> ipv4, Optional<String> ipv6, Optional<String> mac) {

    /** The name of the network that every engine has. */
    public static final String DEFAULT_NETWORK = "bridge";

    private static final Pattern MAC = Pattern.compile("[0-9a-f]{2}(:[0-9a-f]{2}){5}");

    public NetworkAttachment {
        Rules.word("network", network);
        aliases = Rules.words("aliases", aliases);
        if (ipv4.isPresent() && ipv4.get().indexOf(':') >= 0) {
            throw Rules.broken("ipv4", JsonPath.quoted(ipv4.get()) + " is no address of IPv4");
        }
        if (ipv6.isPresent() && ipv6.get().indexOf(':') < 0) {
            throw Rules.broken("ipv6", JsonPath.quoted(ipv6.get()) + " is no address of IPv6");
        }
        ipv4 = Addresses.canonical("ipv4", ipv4);
        ipv6 = Addresses.canonical("ipv6", ipv6);
        if (mac.isPresent()) {
            mac = Optional.of(mac.get().toLowerCase(Locale.ROOT).replace('-', ':'));
            if (!MAC.matcher(mac.get()).matches() || (Integer.parseInt(mac.get(), 0, 2, 16) & 1) != 0) {
                throw Rules.broken(
                        "mac",
                        JsonPath.quoted(mac.get()) + " is no address of one interface, such as 92:d0:c6:0a:29:33");
            }
        }
    }

    /** With nothing asked for. */
    public static NetworkAttachment to(String network) {
        return new NetworkAttachment(network, List.of(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    boolean isDefault() {
        return network.equals(DEFAULT_NETWORK)
                && aliases.isEmpty()
                && ipv4.isEmpty()
                && ipv6.isEmpty()
                && mac.isEmpty();
    }

    void write(JsonWriter out) {
        out.put("network", network)
                .put("aliases", aliases)
                .put("ipv4", ipv4)
                .put("ipv6", ipv6)
                .put("mac", mac);
    }

    static NetworkAttachment read(JsonCursor in) {
        return new NetworkAttachment(
                in.text("network"),
                in.texts("aliases"),
                in.optionalText("ipv4"),
                in.optionalText("ipv6"),
                in.optionalText("mac"));
    }
}
