package dev.carafe.oci.runtime;

/** What {@code uname(2)} and the like tell the process ({@code linux.personality}); no flags are defined. */
public enum Personality {
    LINUX,
    /** As on the machine's 32-bit architecture. */
    LINUX32
}
