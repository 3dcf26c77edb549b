package dev.carafe.oci.runtime;

import dev.carafe.oci.JsonPath;
import java.util.List;
import java.util.Optional;

/**
 * The container's class in Intel Resource Director Technology ({@code linux.intelRdt}). Being there, even empty, asks
 * for a class.
 *
 * @param closId the class's directory; {@code /} for the default class; if absent, the runtime makes one
 * @param schemata lines of the {@code schemata} file
 * @param l3CacheSchema one such line
 * @param memBwSchema one such line, beginning with {@code MB:}
 */
public record IntelRdt(
        Optional<String> closId,
        List<String> schemata,
        Optional<String> l3CacheSchema,
        Optional<String> memBwSchema,
        boolean enableMonitoring) {

    public IntelRdt {
        if (closId.isPresent() && !closId.get().equals("/")) {
            Rules.fileName("closID", closId.get());
        }
        schemata = Rules.texts("schemata", schemata);
        for (int i = 0; i < schemata.size(); i++) {
            line(JsonPath.element("schemata", i), schemata.get(i));
        }
        Rules.some("l3CacheSchema", l3CacheSchema);
        Rules.some("memBwSchema", memBwSchema);
        line("l3CacheSchema", l3CacheSchema.orElse(""));
        line("memBwSchema", memBwSchema.orElse(""));
        if (memBwSchema.isPresent() && !memBwSchema.get().startsWith("MB:")) {
            throw Rules.broken("memBwSchema", "must begin with MB:, not " + JsonPath.quoted(memBwSchema.get()));
        }
    }

    private static void line(String key, String schema) {
        if (schema.indexOf('\n') >= 0) {
            throw Rules.broken(key, "must be one line, not " + JsonPath.quoted(schema));
        }
    }
}
