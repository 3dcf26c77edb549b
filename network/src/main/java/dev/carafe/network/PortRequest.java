package dev.carafe.network;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * A port to publish.
 *
 * @param hostAddress the machine's address, {@code 0.0.0.0} for each that it has
 * @param firstHostPort the least number that will do; 0 for any that is free
 * @param lastHostPort the greatest that will do; 0 for any
 * @param port the endpoint's own
 */
public record PortRequest(Protocol protocol, InetAddress hostAddress, int firstHostPort, int lastHostPort, int port) {

    private static final int MOST = 16_384;

    public PortRequest {
        Port.check(port);
        if (firstHostPort != 0 || lastHostPort != 0) {
            Port.check(firstHostPort);
            Port.check(lastHostPort);
        }
        if (lastHostPort < firstHostPort) {
            throw new NetworkException(
                    NetworkException.Kind.INVALID,
                    "the ports " + firstHostPort + "-" + lastHostPort + ": the last comes before the first");
        }
    }

    /** A port at each of the machine's addresses, under any number that is free. */
    public static PortRequest anywhere(Protocol protocol, int port) {
        return new PortRequest(protocol, Ipv4.address(0), 0, 0, port);
    }

    /** Whether any number that is free will do. */
    public boolean isAny() {
        return firstHostPort == 0;
    }

    /**
     * Reads what {@code --publish} takes: {@code [[ADDRESS:][PORT[-LAST]]:]PORT[-LAST][/PROTOCOL]}. As many ports of the
     * machine as of the endpoint are paired off; of more for one, the first that is free is taken.
     *
     * @throws NetworkException if it cannot be read, or asks for what is not supported
     */
    public static List<PortRequest> parse(String text) {
        int slash = text.indexOf('/');
        Protocol protocol = slash < 0 ? Protocol.TCP : Protocol.of(text.substring(slash + 1));
        String rest = slash < 0 ? text : text.substring(0, slash);
        if (rest.startsWith("[")) {
            throw invalid(text, "ports are published at addresses of version 4 only");
        }
        String[] parts = rest.split(":", -1);
        if (parts.length > 3) {
            throw invalid(text, "expected [[ADDRESS:][PORT]:]PORT[/PROTOCOL]");
        }
        String address = parts.length == 3 && !parts[0].isEmpty() ? parts[0] : Ipv4.ANY;
        Range inner = Range.parse(text, parts[parts.length - 1]);
        String host = parts.length == 1 ? "" : parts[parts.length - 2];
        InetAddress hostAddress = Ipv4.parse("the address to publish at", address);
        List<PortRequest> requests = new ArrayList<>();
        if (host.isEmpty()) {
            for (int port = inner.first(); port <= inner.last(); port++) {
                requests.add(new PortRequest(protocol, hostAddress, 0, 0, port));
            }
            return requests;
        }
        Range outer = Range.parse(text, host);
        if (inner.size() == 1) {
            return List.of(new PortRequest(protocol, hostAddress, outer.first(), outer.last(), inner.first()));
        }
        if (inner.size() != outer.size()) {
            throw invalid(text, outer.size() + " ports of the machine for " + inner.size() + " of the instance");
        }
        for (int i = 0; i < inner.size(); i++) {
            int hostPort = outer.first() + i;
            requests.add(new PortRequest(protocol, hostAddress, hostPort, hostPort, inner.first() + i));
        }
        return requests;
    }

    private record Range(int first, int last) {

        static Range parse(String whole, String text) {
            int dash = text.indexOf('-');
            int first = number(whole, dash < 0 ? text : text.substring(0, dash));
            int last = dash < 0 ? first : number(whole, text.substring(dash + 1));
            if (last < first || last - first >= MOST) {
                throw invalid(whole, "a range goes from a port to a later one and has at most " + MOST);
            }
            return new Range(first, last);
        }

        int size() {
            return last - first + 1;
        }

        private static int number(String whole, String digits) {
            if (!digits.matches("[0-9]{1,5}")) {
                throw invalid(whole, "\"" + digits + "\" is no port");
            }
            int number = Integer.parseInt(digits);
            Port.check(number);
            return number;
        }
    }

    private static NetworkException invalid(String text, String problem) {
        return new NetworkException(
                NetworkException.Kind.INVALID,
                "the port to publish \"" + text.replaceAll("\\p{Cntrl}", "?") + "\": " + problem);
    }

    /** For example {@code port 80/tcp of 0.0.0.0}. */
    String named(int hostPort) {
        return "port " + hostPort + "/" + protocol.lowerCase() + " of " + hostAddress.getHostAddress();
    }
}
