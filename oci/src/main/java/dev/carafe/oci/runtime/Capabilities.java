package dev.carafe.oci.runtime;

import java.util.Set;

/**
 * The five capability sets of a process ({@code process.capabilities}). A set that is absent is empty.
 *
 * @param unknown names in any of them that mean nothing here. A runtime has to go on without them and to say so
 *     (config.md, "Linux Process")
 */
public record Capabilities(
        Set<Capability> bounding,
        Set<Capability> effective,
        Set<Capability> inheritable,
        Set<Capability> permitted,
        Set<Capability> ambient,
        Set<String> unknown) {

    public Capabilities {
        bounding = Rules.copy(bounding);
        effective = Rules.copy(effective);
        inheritable = Rules.copy(inheritable);
        permitted = Rules.copy(permitted);
        ambient = Rules.copy(ambient);
        unknown = Rules.copy(unknown);
    }

    public Capabilities(
            Set<Capability> bounding,
            Set<Capability> effective,
            Set<Capability> inheritable,
            Set<Capability> permitted,
            Set<Capability> ambient) {
        this(bounding, effective, inheritable, permitted, ambient, Set.of());
    }
}
