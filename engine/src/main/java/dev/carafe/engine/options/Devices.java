package dev.carafe.engine.options;

import static dev.carafe.oci.JsonCursor.IntegerType.UINT32;

import dev.carafe.oci.JsonCursor;
import dev.carafe.oci.JsonWriter;
import dev.carafe.oci.runtime.DeviceRule;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Devices of the machine that an instance may use beside the usual harmless ones.
 *
 * @param mapped those that it gets nodes of
 * @param rules further ones that it may use by nodes that it makes itself
 */
public record Devices(List<Mapping> mapped, List<DeviceRule> rules) {

    public static final Devices NONE = new Devices(List.of(), List.of());

    /**
     * A device of the machine's.
     *
     * @param source its absolute path on the machine, or of a folder of devices
     * @param path where it is in the instance; absolute
     * @param access at least one
     */
    public record Mapping(String source, String path, Set<DeviceRule.Access> access) {

        public Mapping {
            source = Rules.clean("source", source);
            path = Rules.clean("path", path);
            access = Rules.copy(access);
            if (access.isEmpty()) {
                throw Rules.broken("access", "must hold some of r, w and m");
            }
        }

        /** All that can be done with it, under the same path. */
        public static Mapping of(String source) {
            return new Mapping(source, source, EnumSet.allOf(DeviceRule.Access.class));
        }
    }

    public Devices {
        mapped = List.copyOf(mapped);
        rules = List.copyOf(rules);
    }

    void write(JsonWriter out) {
        if (!mapped.isEmpty()) {
            out.array("mapped");
            mapped.forEach(it -> out.object()
                    .put("source", it.source())
                    .put("path", it.path())
                    .put("access", it.access())
                    .end());
            out.end();
        }
        if (!rules.isEmpty()) {
            out.array("rules");
            rules.forEach(it -> out.object()
                    .putTrue("allow", it.allow())
                    .put("type", it.type().toString())
                    .put("major", it.major())
                    .put("minor", it.minor())
                    .put("access", it.access())
                    .end());
            out.end();
        }
    }

    static Devices read(JsonCursor in) {
        List<Mapping> mapped = new ArrayList<>();
        for (boolean more = in.first("mapped"); more; more = in.next()) {
            mapped.add(new Mapping(in.text("source"), in.text("path"), access(in)));
        }
        List<DeviceRule> rules = new ArrayList<>();
        for (boolean more = in.first("rules"); more; more = in.next()) {
            rules.add(new DeviceRule(
                    in.flag("allow"),
                    in.oneOf("type", "kind of device", DeviceRule.Type.values()),
                    in.optionalInteger("major", UINT32),
                    in.optionalInteger("minor", UINT32),
                    access(in)));
        }
        return new Devices(mapped, rules);
    }

    private static Set<DeviceRule.Access> access(JsonCursor in) {
        return in.someOf("access", "kind of access", DeviceRule.Access.values());
    }
}
