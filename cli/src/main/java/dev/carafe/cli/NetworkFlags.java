package dev.carafe.cli;

import dev.carafe.engine.options.NamespaceMode;
import dev.carafe.engine.options.NetworkAttachment;
import dev.carafe.engine.options.NetworkMode;
import dev.carafe.engine.options.NetworkOptions;
import dev.carafe.engine.options.NetworkOptions.Exposed;
import dev.carafe.engine.options.NetworkOptions.Host;
import dev.carafe.engine.options.Port;
import dev.carafe.engine.options.PortRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code --network}, {@code --publish} and their neighbours. */
final class NetworkFlags {

    private final Flags flags;

    NetworkFlags(Flags flags) {
        this.flags = flags;
    }

    NetworkOptions network() {
        List<Port> ports = new ArrayList<>();
        for (String text : flags.values("publish")) {
            ports.addAll(ports(text));
        }
        List<Exposed> exposed = new ArrayList<>();
        for (String text : flags.values("expose")) {
            exposed.addAll(RunOptions.part("", () -> Exposed.parse("--expose", text)));
        }
        for (Port port : ports) {
            exposed.add(new Exposed(port.containerPort(), port.protocol()));
        }
        List<String> options = new ArrayList<>(flags.values("dns-option"));
        options.addAll(flags.values("dns-opt"));
        return RunOptions.part(
                "the network",
                () -> new NetworkOptions(
                        mode(),
                        ports,
                        flags.has("publish-all"),
                        exposed.stream().distinct().toList(),
                        flags.values("dns"),
                        flags.values("dns-search"),
                        options,
                        flags.values("add-host").stream()
                                .map(NetworkFlags::host)
                                .toList()));
    }

    private NetworkMode mode() {
        List<String> names = new ArrayList<>(flags.values("network"));
        names.addAll(flags.values("net"));
        List<NetworkAttachment> attachments = new ArrayList<>();
        for (String text : names) {
            Optional<NetworkMode> whole = whole(text);
            if (whole.isPresent()) {
                if (names.size() > 1 || asksOfAttachment()) {
                    throw new UsageException("--network " + text
                            + ": leaves nothing to say of other networks, addresses and names in them");
                }
                return whole.get();
            }
            attachments.add(attachment(text));
        }
        if (attachments.isEmpty()) {
            if (!asksOfAttachment()) {
                return NetworkMode.DEFAULT;
            }
            attachments.add(NetworkAttachment.to(NetworkAttachment.DEFAULT_NETWORK));
        }
        attachments.set(0, withOwnFlags(attachments.getFirst()));
        return new NetworkMode.Networks(attachments);
    }

    private boolean asksOfAttachment() {
        return flags.some("ip").isPresent()
                || flags.some("ip6").isPresent()
                || flags.some("mac-address").isPresent()
                || !aliases().isEmpty();
    }

    private List<String> aliases() {
        List<String> aliases = new ArrayList<>(flags.values("network-alias"));
        aliases.addAll(flags.values("net-alias"));
        return aliases;
    }

    private NetworkAttachment withOwnFlags(NetworkAttachment first) {
        List<String> aliases = new ArrayList<>(first.aliases());
        aliases.addAll(aliases());
        return RunOptions.part(
                "--ip, --ip6, --mac-address, --network-alias",
                () -> new NetworkAttachment(
                        first.network(),
                        aliases,
                        flags.some("ip").or(first::ipv4),
                        flags.some("ip6").or(first::ipv6),
                        flags.some("mac-address").or(first::mac)));
    }

    private static Optional<NetworkMode> whole(String text) {
        Optional<String> instance = NamespaceMode.instance(text);
        if (instance.isPresent()) {
            return Optional.of(RunOptions.part("--network " + text, () -> new NetworkMode.OfInstance(instance.get())));
        }
        return switch (text) {
            case "none" -> Optional.of(NetworkMode.Simple.NONE);
            case "host" -> Optional.of(NetworkMode.Simple.HOST);
            default -> Optional.empty();
        };
    }

    /** A name, or {@code name=NAME,alias=…,ip=…,ip6=…,mac-address=…}. */
    private static NetworkAttachment attachment(String text) {
        String written = "--network " + text;
        if (text.indexOf('=') < 0) {
            return RunOptions.part(written, () -> NetworkAttachment.to(network(written, text)));
        }
        Optional<String> name = Optional.empty();
        List<String> aliases = new ArrayList<>();
        Optional<String> ipv4 = Optional.empty();
        Optional<String> ipv6 = Optional.empty();
        Optional<String> mac = Optional.empty();
        for (String field : Csv.fields(written, text)) {
            int equals = field.indexOf('=');
            String value = field.substring(equals + 1);
            switch (equals < 0 ? field : field.substring(0, equals)) {
                case "name" -> name = Optional.of(value);
                case "alias" -> aliases.add(value);
                case "ip" -> ipv4 = Optional.of(value);
                case "ip6" -> ipv6 = Optional.of(value);
                case "mac-address" -> mac = Optional.of(value);
                default ->
                    throw new UsageException(written + ": of " + field
                            + " nothing is known; there are name, alias, ip, ip6, mac-address");
            }
        }
        String given = name.orElseThrow(() -> new UsageException(written + ": name is missing"));
        Optional<String> four = ipv4;
        Optional<String> six = ipv6;
        Optional<String> hardware = mac;
        return RunOptions.part(
                written, () -> new NetworkAttachment(network(written, given), aliases, four, six, hardware));
    }

    private static String network(String written, String name) {
        if (name.isEmpty()) {
            throw new UsageException(written + ": a network's name is wanted, or none, host, container:NAME");
        }
        return name.equals("default") ? NetworkAttachment.DEFAULT_NETWORK : name;
    }

    /** {@code NAME:ADDRESS} or {@code NAME=ADDRESS}; an address of IPv6 may have brackets. */
    private static Host host(String text) {
        int equals = text.indexOf('=');
        int separator = equals < 0 ? text.indexOf(':') : equals;
        if (separator < 1) {
            throw new UsageException("--add-host " + text + ": must have the form NAME:ADDRESS");
        }
        String address = text.substring(separator + 1);
        String bare =
                address.startsWith("[") && address.endsWith("]") ? address.substring(1, address.length() - 1) : address;
        return RunOptions.part("--add-host " + text, () -> new Host(text.substring(0, separator), bare));
    }

    /**
     * {@code [[ADDRESS:][PORT[-LAST]]:]PORT[-LAST][/PROTOCOL]}. As many of the machine's as of the instance's, or one of
     * the instance's and several of the machine's, of which any will do.
     */
    static List<Port> ports(String text) {
        String written = "--publish " + text;
        int slash = text.lastIndexOf('/');
        String numbers = slash < 0 ? text : text.substring(0, slash);
        int last = numbers.lastIndexOf(':');
        String inside = numbers.substring(last + 1);
        String rest = last < 0 ? "" : numbers.substring(0, last);
        int before = rest.lastIndexOf(':');
        Optional<String> address = Optional.empty();
        if (before >= 0) {
            address = Optional.of(rest.substring(0, before)).filter(it -> !it.isEmpty());
        }
        String outside = rest.substring(before + 1);
        Optional<String> listening = address.map(it -> bare(written, it));
        return RunOptions.part(written, () -> {
            Port.Protocol protocol =
                    slash < 0 ? Port.Protocol.TCP : Port.Protocol.parse("protocol", text.substring(slash + 1));
            PortRange container = PortRange.parse("port", inside);
            PortRange host = outside.isEmpty() ? new PortRange(0, 0) : PortRange.parse("port", outside);
            boolean any = outside.isEmpty() || (container.size() == 1 && host.size() > 1);
            if (!any && host.size() != container.size()) {
                throw new UsageException(
                        written + ": " + outside + " and " + inside + " are not as many ports as each other");
            }
            List<Port> ports = new ArrayList<>();
            for (int i = 0; i < container.size(); i++) {
                int first = any ? host.first() : host.first() + i;
                ports.add(new Port(listening, first, any ? host.last() : first, container.first() + i, protocol));
            }
            return ports;
        });
    }

    private static String bare(String written, String address) {
        boolean bracketed = address.startsWith("[") && address.endsWith("]");
        if (!bracketed && address.indexOf(':') >= 0) {
            throw new UsageException(written + ": an address of IPv6 stands in brackets, as in [::1]:8080:80");
        }
        return bracketed ? address.substring(1, address.length() - 1) : address;
    }
}
