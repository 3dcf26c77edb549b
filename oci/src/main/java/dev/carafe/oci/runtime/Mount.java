package dev.carafe.oci.runtime;

import java.util.List;
import java.util.Optional;

/**
 * A mount beyond the root ({@code mounts[]}). Options that are not of {@code mount(8)}'s file-system-independent ones
 * belong to the file system, so none is unknown here.
 *
 * @param destination a path in the container; one that is not absolute starts at {@code /} too (config.md, "Mounts")
 * @param type the file system's type; means nothing for a bind mount
 * @param source for a bind mount required: absolute, or relative to the bundle
 * @param uidMappings for an id-mapped mount; there if and only if {@code gidMappings} are
 */
public record Mount(
        String destination,
        Optional<String> type,
        Optional<String> source,
        List<String> options,
        List<IdMapping> uidMappings,
        List<IdMapping> gidMappings) {

    public Mount {
        Rules.some("destination", destination);
        destination = destination.startsWith("/") ? destination : "/" + destination;
        Rules.some("type", type);
        Rules.some("source", source);
        options = Rules.texts("options", options);
        uidMappings = Rules.mappings("uidMappings", uidMappings);
        gidMappings = Rules.mappings("gidMappings", gidMappings);
        boolean bind = isBind(options);
        if (bind && source.isEmpty() && !options.contains("remount")) {
            throw Rules.broken("source", "is missing; a bind mount needs one");
        }
        if (uidMappings.isEmpty() != gidMappings.isEmpty()) {
            throw Rules.broken(
                    uidMappings.isEmpty() ? "uidMappings" : "gidMappings",
                    uidMappings.isEmpty()
                            ? "must be given together with gidMappings"
                            : "must be given together with uidMappings");
        }
        if (!bind && (!uidMappings.isEmpty() || isIdMapped(options))) {
            throw Rules.broken(
                    uidMappings.isEmpty() ? "options" : "uidMappings",
                    "only a bind mount can be id-mapped: the options need bind or rbind");
        }
    }

    /** Whether it is a bind mount: it has the option {@code bind} or {@code rbind}. */
    public boolean isBind() {
        return isBind(options);
    }

    /** Whether its ids are to be mapped: it has mappings, or the option {@code idmap} or {@code ridmap}. */
    public boolean isIdMapped() {
        return !uidMappings.isEmpty() || isIdMapped(options);
    }

    /** The same at another place. */
    public Mount withDestination(String place) {
        return new Mount(place, type, source, options, uidMappings, gidMappings);
    }

    private static boolean isBind(List<String> options) {
        return options.contains("bind") || options.contains("rbind");
    }

    private static boolean isIdMapped(List<String> options) {
        return options.contains("idmap") || options.contains("ridmap");
    }
}
