package dev.carafe.engine.options;

import static dev.carafe.oci.JsonCursor.IntegerType.UINT16;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.JsonWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * What an instance wants of networks.
 *
 * @param ports published on the machine
 * @param publishAll whether all that are exposed are published too, under ports that are free
 * @param exposed beside the image's own; what they are for, whoever else publishes them
 * @param nameServers in place of the machine's
 * @param searchDomains in place of the machine's; {@code .} alone for none
 * @param resolverOptions of {@code resolv.conf(5)}, in place of the machine's
 * @param hosts further lines of {@code /etc/hosts}
 */
public record NetworkOptions(
        NetworkMode mode,
        List<Port> ports,
        boolean publishAll,
        List<Exposed> exposed,
        List<String> nameServers,
        List<String> searchDomains,
        List<String> resolverOptions,
        List<Host> hosts) {

    /** The network that every engine has, and nothing else. */
    public static final NetworkOptions DEFAULT = new NetworkOptions(
            NetworkMode.DEFAULT, List.of(), false, List.of(), List.of(), List.of(), List.of(), List.of());

    /**
     * A port that something listens on.
     *
     * @param port 1 to 65535
     */
    public record Exposed(int port, Port.Protocol protocol) {

        public Exposed {
            Rules.range("port", port, 1, 65_535);
        }

        /**
         * Reads {@code PORT[-LAST][/PROTOCOL]}.
         *
         * @param key what messages call it
         */
        public static List<Exposed> parse(String key, String text) {
            int slash = text.indexOf('/');
            PortRange range = PortRange.parse(key, slash < 0 ? text : text.substring(0, slash));
            Port.Protocol protocol =
                    slash < 0 ? Port.Protocol.TCP : Port.Protocol.parse(key, text.substring(slash + 1));
            List<Exposed> ports = new ArrayList<>();
            for (int port = range.first(); port <= range.last(); port++) {
                ports.add(new Exposed(port, protocol));
            }
            return ports;
        }

        @Override
        public String toString() {
            return port + "/" + protocol;
        }
    }

    /**
     * A name and what it stands for.
     *
     * @param address of the internet, or {@code host-gateway} for the machine as the instance reaches it
     */
    public record Host(String name, String address) {

        /** The machine. */
        public static final String GATEWAY = "host-gateway";

        public Host {
            Rules.word("name", name);
            if (!address.equals(GATEWAY)) {
                address = Addresses.canonical("address", address);
            }
        }
    }

    public NetworkOptions {
        ports = List.copyOf(ports);
        exposed = List.copyOf(exposed);
        List<String> servers = new ArrayList<>();
        for (String server : nameServers) {
            servers.add(Addresses.canonical(JsonPath.element("nameServers", servers.size()), server));
        }
        nameServers = List.copyOf(servers);
        searchDomains = Rules.words("searchDomains", searchDomains);
        resolverOptions = Rules.words("resolverOptions", resolverOptions);
        hosts = List.copyOf(hosts);
        boolean own = mode instanceof NetworkMode.Networks;
        if (!own && (!ports.isEmpty() || publishAll) && !(mode == NetworkMode.Simple.HOST)) {
            throw Rules.broken("ports", "only an instance with a network of its own can publish ports");
        }
        boolean others = mode instanceof NetworkMode.OfInstance;
        if (others && (!nameServers.isEmpty() || !searchDomains.isEmpty() || !resolverOptions.isEmpty())) {
            throw Rules.broken("nameServers", "an instance that shares another's network resolves names as that does");
        }
        if (others && !hosts.isEmpty()) {
            throw Rules.broken("hosts", "an instance that shares another's network has that one's /etc/hosts");
        }
    }

    public NetworkOptions withMode(NetworkMode changed) {
        return new NetworkOptions(
                changed, ports, publishAll, exposed, nameServers, searchDomains, resolverOptions, hosts);
    }

    public NetworkOptions withPorts(List<Port> changed) {
        return new NetworkOptions(
                mode, changed, publishAll, exposed, nameServers, searchDomains, resolverOptions, hosts);
    }

    public NetworkOptions withExposed(List<Exposed> changed) {
        return new NetworkOptions(mode, ports, publishAll, changed, nameServers, searchDomains, resolverOptions, hosts);
    }

    void write(JsonWriter out) {
        switch (mode) {
            case NetworkMode.Simple.NONE -> out.put("mode", "none");
            case NetworkMode.Simple.HOST -> out.put("mode", "host");
            case NetworkMode.OfInstance(String instance) ->
                out.put("mode", "instance").put("instance", instance);
            case NetworkMode.Networks networks when networks.isDefault() -> {}
            case NetworkMode.Networks(List<NetworkAttachment> attachments) -> {
                out.array("networks");
                for (NetworkAttachment attachment : attachments) {
                    attachment.write(out.object());
                    out.end();
                }
                out.end();
            }
        }
        if (!ports.isEmpty()) {
            out.array("ports");
            for (Port port : ports) {
                port.write(out.object());
                out.end();
            }
            out.end();
        }
        out.putTrue("publishAll", publishAll);
        if (!exposed.isEmpty()) {
            out.array("exposed");
            exposed.forEach(it -> out.object()
                    .put("port", it.port())
                    .put("protocol", it.protocol().toString())
                    .end());
            out.end();
        }
        out.put("nameServers", nameServers).put("searchDomains", searchDomains).put("resolverOptions", resolverOptions);
        if (!hosts.isEmpty()) {
            out.array("hosts");
            hosts.forEach(it -> out.object()
                    .put("name", it.name())
                    .put("address", it.address())
                    .end());
            out.end();
        }
    }

    static NetworkOptions read(JsonCursor in) {
        NetworkMode mode = switch (in.optionalText("mode").orElse("networks")) {
            case "none" -> NetworkMode.Simple.NONE;
            case "host" -> NetworkMode.Simple.HOST;
            case "instance" -> new NetworkMode.OfInstance(in.text("instance"));
            case "networks" -> networks(in);
            default -> throw in.problem("mode", "expected none, host or instance");
        };
        List<Port> ports = new ArrayList<>();
        for (boolean more = in.first("ports"); more; more = in.next()) {
            ports.add(Port.read(in));
        }
        List<Exposed> exposed = new ArrayList<>();
        for (boolean more = in.first("exposed"); more; more = in.next()) {
            exposed.add(new Exposed(
                    (int) in.integer("port", UINT16), in.oneOf("protocol", "protocol", Port.Protocol.values())));
        }
        List<Host> hosts = new ArrayList<>();
        for (boolean more = in.first("hosts"); more; more = in.next()) {
            hosts.add(new Host(in.text("name"), in.text("address")));
        }
        return new NetworkOptions(
                mode,
                ports,
                in.flag("publishAll"),
                exposed,
                in.texts("nameServers"),
                in.texts("searchDomains"),
                in.texts("resolverOptions"),
                hosts);
    }

    private static NetworkMode networks(JsonCursor in) {
        List<NetworkAttachment> attachments = new ArrayList<>();
        for (boolean more = in.first("networks"); more; more = in.next()) {
            attachments.add(NetworkAttachment.read(in));
        }
        return attachments.isEmpty() ? NetworkMode.DEFAULT : new NetworkMode.Networks(attachments);
    }
}
