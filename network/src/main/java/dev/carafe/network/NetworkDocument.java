package dev.carafe.network;

import dev.carafe.linux.Prefix;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.Json;
import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonCursor.IntegerType;
import dev.carafe.oci.JsonWriter;
import java.nio.charset.StandardCharsets;

/** What is kept of a network, as JSON. */
final class NetworkDocument {

    private NetworkDocument() {}

    static String write(Network network) {
        return new JsonWriter("  ")
                        .object()
                        .put("name", network.name())
                        .put("device", network.device())
                        .put("gateway", network.gateway().toString())
                        .put("mtu", network.mtu())
                        .end()
                        .text()
                + "\n";
    }

    /** @throws InvalidDocumentException if it is not one */
    static Network read(String document, String text) {
        JsonCursor in = new JsonCursor(document, Json.parse(document, text.getBytes(StandardCharsets.UTF_8)));
        try {
            return new Network(in.text("name"), in.text("device"), Prefix.parse(in.text("gateway")), (int)
                    in.integer("mtu", IntegerType.UINT16));
        } catch (IllegalArgumentException malformed) {
            throw in.problem("gateway", String.valueOf(malformed.getMessage()));
        }
    }
}
