package dev.carafe.engine.options;

import static dev.carafe.oci.JsonCursor.IntegerType.UINT16;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.JsonWriter;
import java.util.Locale;
import java.util.Optional;

/**
 * A port of an instance that the machine passes on to it.
 *
 * @param hostAddress the machine's address to listen on; all of them if not given
 * @param hostPort the machine's port, or the first of several of which any will do; 0 for any that is free
 * @param lastHostPort the last of them
 * @param containerPort 1 to 65535
 */
public record Port(Optional<String> hostAddress, int hostPort, int lastHostPort, int containerPort, Protocol protocol) {

    /** What a port belongs to; {@code toString} is the usual word. */
    public enum Protocol {
        TCP("tcp"),
        UDP("udp"),
        SCTP("sctp");

        private final String word;

        Protocol(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }

        /**
         * Reads what {@code toString} writes, in capitals or not.
         *
         * @param key what messages call it
         */
        public static Protocol parse(String key, String text) {
            for (Protocol protocol : values()) {
                if (protocol.word.equals(text.toLowerCase(Locale.ROOT))) {
                    return protocol;
                }
            }
            throw Rules.broken(key, JsonPath.quoted(text) + " is no protocol with ports: tcp, udp or sctp");
        }
    }

    private static final int MOST = 65_535;

    public Port {
        hostAddress = Addresses.canonical("hostAddress", hostAddress);
        Rules.range("hostPort", hostPort, 0, MOST);
        Rules.range("lastHostPort", lastHostPort, 0, MOST);
        if (lastHostPort < hostPort || (hostPort == 0 && lastHostPort != 0)) {
            throw Rules.broken("lastHostPort", lastHostPort + " ends no range that begins with " + hostPort);
        }
        Rules.range("containerPort", containerPort, 1, MOST);
    }

    /** Under this port of all addresses of the machine. */
    public static Port of(int hostPort, int containerPort) {
        return new Port(Optional.empty(), hostPort, hostPort, containerPort, Protocol.TCP);
    }

    void write(JsonWriter out) {
        out.put("hostAddress", hostAddress).put("hostPort", hostPort);
        if (lastHostPort != hostPort) {
            out.put("lastHostPort", lastHostPort);
        }
        out.put("containerPort", containerPort).put("protocol", protocol.toString());
    }

    static Port read(JsonCursor in) {
        int hostPort = (int) in.integer("hostPort", UINT16);
        return new Port(
                in.optionalText("hostAddress"),
                hostPort,
                (int) in.optionalInteger("lastHostPort", UINT16).orElse(hostPort),
                (int) in.integer("containerPort", UINT16),
                in.oneOf("protocol", "protocol", Protocol.values()));
    }
}
