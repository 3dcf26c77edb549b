package dev.carafe.oci.runtime;

/**
 * Whether mounts travel between the root's mount and its peers ({@code linux.rootfsPropagation},
 * {@code mount_namespaces(7)}); {@code toString} is the specification's word. Of these, the specification names the
 * four that are not recursive; engines write all eight.
 */
public enum Propagation {
    PRIVATE("private"),
    RPRIVATE("rprivate"),
    SLAVE("slave"),
    RSLAVE("rslave"),
    SHARED("shared"),
    RSHARED("rshared"),
    UNBINDABLE("unbindable"),
    RUNBINDABLE("runbindable");

    private final String word;

    Propagation(String word) {
        this.word = word;
    }

    @Override
    public String toString() {
        return word;
    }
}
