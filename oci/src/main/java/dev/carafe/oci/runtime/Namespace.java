package dev.carafe.oci.runtime;

import java.util.Optional;

/**
 * A namespace of the container's own ({@code linux.namespaces[]}, {@code namespaces(7)}).
 *
 * @param path the absolute path of one to join; absent means a new one
 */
public record Namespace(Type type, Optional<String> path) {

    /** The types of namespaces; {@code toString} is the specification's word. */
    public enum Type {
        PID("pid"),
        NETWORK("network"),
        MOUNT("mount"),
        IPC("ipc"),
        UTS("uts"),
        USER("user"),
        CGROUP("cgroup"),
        TIME("time");

        private final String word;

        Type(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    public Namespace {
        Rules.absolute("path", path);
    }

    /** A new namespace. */
    public Namespace(Type type) {
        this(type, Optional.empty());
    }
}
