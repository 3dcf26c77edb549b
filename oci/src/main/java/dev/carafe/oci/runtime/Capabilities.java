package dev.carafe.oci.runtime;

import java.util.Set;

/** The five capability sets of a process ({@code process.capabilities}). A set that is absent is empty. */
public record Capabilities(
        Set<Capability> bounding,
        Set<Capability> effective,
        Set<Capability> inheritable,
        Set<Capability> permitted,
        Set<Capability> ambient) {

    public Capabilities {
        bounding = Rules.copy(bounding);
        effective = Rules.copy(effective);
        inheritable = Rules.copy(inheritable);
        permitted = Rules.copy(permitted);
        ambient = Rules.copy(ambient);
    }
}
