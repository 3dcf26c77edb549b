package dev.carafe.engine.options;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonPath;
import dev.carafe.oci.JsonWriter;
import java.util.Map;
import java.util.Optional;

/**
 * What an instance is called inside, and what others have written on it.
 *
 * @param hostname at most 64 bytes; the beginning of its id if none is asked for
 * @param domainname at most 64 bytes; of NIS, as {@code setdomainname(2)} has it
 * @param labels over the image's; for whoever looks for instances
 * @param annotations for the OCI runtime
 */
public record Identity(
        Optional<String> hostname,
        Optional<String> domainname,
        Map<String, String> labels,
        Map<String, String> annotations) {

    /** Nothing is asked for. */
    public static final Identity NONE = new Identity(Optional.empty(), Optional.empty(), Map.of(), Map.of());

    private static final int LONGEST = 64;

    public Identity {
        nodeName("hostname", hostname);
        nodeName("domainname", domainname);
        labels = Rules.members("labels", labels);
        annotations = Rules.members("annotations", annotations);
    }

    private static void nodeName(String key, Optional<String> name) {
        if (name.isPresent()) {
            Rules.word(key, name.get());
            if (name.get().getBytes(UTF_8).length > LONGEST) {
                throw Rules.broken(
                        key, JsonPath.quoted(name.get()) + " is longer than " + LONGEST + " bytes, the kernel's limit");
            }
        }
    }

    boolean hasHostName() {
        return hostname.isPresent() || domainname.isPresent();
    }

    void write(JsonWriter out) {
        out.put("hostname", hostname)
                .put("domainname", domainname)
                .put("labels", labels)
                .put("annotations", annotations);
    }

    static Identity read(JsonCursor in) {
        return new Identity(
                in.optionalText("hostname"),
                in.optionalText("domainname"),
                in.textMembers("labels"),
                in.textMembers("annotations"));
    }
}
