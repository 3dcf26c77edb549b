package dev.carafe.network;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** What an instance's {@code hosts(5)} says. */
public final class HostsFile {

    /** Stands for the machine's address where one is asked for. */
    public static final String HOST_GATEWAY = "host-gateway";

    private static final String LOOPBACK = """
            127.0.0.1\tlocalhost
            ::1\tlocalhost ip6-localhost ip6-loopback
            fe00::\tip6-localnet
            ff00::\tip6-mcastprefix
            ff02::1\tip6-allnodes
            ff02::2\tip6-allrouters
            """;

    private HostsFile() {}

    /**
     * A name that was asked for.
     *
     * @param address a literal
     */
    public record Entry(String name, String address) {

        /**
         * Reads what {@code --add-host} takes, {@code NAME:ADDRESS} or {@code NAME=ADDRESS}.
         *
         * @param machine the machine's address, for {@value HostsFile#HOST_GATEWAY}
         * @throws NetworkException if it cannot be read
         */
        public static Entry parse(String text, Optional<InetAddress> machine) {
            int equals = text.indexOf('=');
            int at = equals > 0 ? equals : text.indexOf(':');
            String name = at < 0 ? "" : text.substring(0, at);
            String address = text.substring(at + 1);
            if (address.startsWith("[") && address.endsWith("]")) {
                address = address.substring(1, address.length() - 1);
            }
            if (address.equals(HOST_GATEWAY)) {
                address = machine.map(InetAddress::getHostAddress)
                        .orElseThrow(() -> invalid(text, "the machine has no address in the instance's network"));
            }
            if (!name.matches("[^\\s#:=\\p{Cntrl}]+")) {
                throw invalid(text, "expected NAME:ADDRESS");
            }
            try {
                InetAddress.ofLiteral(address);
            } catch (IllegalArgumentException malformed) {
                throw invalid(text, "\"" + address + "\" is no address");
            }
            return new Entry(name, address);
        }

        private static NetworkException invalid(String text, String problem) {
            return new NetworkException(
                    NetworkException.Kind.INVALID,
                    "the host to add \"" + text.replaceAll("\\p{Cntrl}", "?") + "\": " + problem);
        }
    }

    /**
     * The file.
     *
     * @param added what was asked for, before the instance's own names
     * @param address the instance's own; empty in a network without one
     * @param names the instance's own, the host name first; none with {@code --network host}
     */
    public static String text(List<Entry> added, Optional<InetAddress> address, List<String> names) {
        StringBuilder text = new StringBuilder(LOOPBACK);
        added.forEach(entry ->
                text.append(entry.address()).append('\t').append(entry.name()).append('\n'));
        if (!names.isEmpty()) {
            address.ifPresent(own -> text.append(own.getHostAddress())
                    .append('\t')
                    .append(String.join(" ", names))
                    .append('\n'));
        }
        return text.toString();
    }
}
