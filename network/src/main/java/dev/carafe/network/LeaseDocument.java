package dev.carafe.network;

import dev.carafe.linux.Prefix;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonCursor.IntegerType;
import dev.carafe.oci.JsonWriter;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a lease's file says of its endpoint, as JSON. */
final class LeaseDocument {

    private LeaseDocument() {}

    static String write(Endpoint endpoint) {
        JsonWriter json = new JsonWriter("")
                .object()
                .put("hostname", endpoint.hostname())
                .put("address", endpoint.address().toString())
                .put("gateway", endpoint.gateway().getHostAddress())
                .put("mac", endpoint.mac())
                .put("device", endpoint.device());
        if (!endpoint.ports().isEmpty()) {
            json.array("ports");
            for (Port port : endpoint.ports()) {
                json.object()
                        .put("protocol", port.protocol().lowerCase())
                        .put("hostAddress", port.hostAddress().getHostAddress())
                        .put("hostPort", port.hostPort())
                        .put("port", port.port())
                        .end();
            }
            json.end();
        }
        return json.end().text();
    }

    /** @throws InvalidDocumentException if it is not one */
    static Endpoint read(String network, String owner, String text) {
        JsonCursor in = new JsonCursor(owner, Json.parse(owner, text.getBytes(StandardCharsets.UTF_8)));
        List<Port> ports = new ArrayList<>();
        for (boolean more = in.first("ports"); more; more = in.next()) {
            try {
                ports.add(new Port(
                        Protocol.of(in.text("protocol")),
                        address(in, "hostAddress"),
                        (int) in.integer("hostPort", IntegerType.UINT16),
                        (int) in.integer("port", IntegerType.UINT16)));
            } catch (NetworkException malformed) {
                throw in.problem("hostPort", String.valueOf(malformed.getMessage()));
            }
        }
        try {
            return new Endpoint(
                    owner,
                    network,
                    in.text("hostname"),
                    Prefix.parse(in.text("address")),
                    address(in, "gateway"),
                    in.text("mac"),
                    in.text("device"),
                    ports);
        } catch (IllegalArgumentException malformed) {
            throw in.problem("address", String.valueOf(malformed.getMessage()));
        }
    }

    private static InetAddress address(JsonCursor in, String key) {
        try {
            return InetAddress.ofLiteral(in.text(key));
        } catch (IllegalArgumentException malformed) {
            throw in.problem(key, String.valueOf(malformed.getMessage()));
        }
    }
}
