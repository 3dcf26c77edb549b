package dev.carafe.engine.options;

import dev.carafe.oci.JsonPath;
import java.util.Optional;

/** Whose namespace of some kind an instance is in; {@code toString} is what people write. */
public sealed interface NamespaceMode {

    /** Those that need no instance's name. */
    enum Simple implements NamespaceMode {
        /** One of its own. */
        PRIVATE("private"),
        /** The machine's. */
        HOST("host"),
        /** One of its own, which others may share. */
        SHAREABLE("shareable"),
        /** One of its own, and nothing to use it with. */
        NONE("none");

        private final String word;

        Simple(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /**
     * Another instance's.
     *
     * @param instance its name or id
     */
    record OfInstance(String instance) implements NamespaceMode {

        private static final String PREFIX = "container:";

        public OfInstance {
            Rules.word("container:", instance);
        }

        @Override
        public String toString() {
            return PREFIX + instance;
        }
    }

    default boolean isHost() {
        return this == Simple.HOST;
    }

    /**
     * Reads what {@code toString} writes.
     *
     * @param key what messages call it
     */
    static NamespaceMode parse(String key, String text) {
        Optional<String> instance = instance(text);
        if (instance.isPresent()) {
            return Rules.part(key, () -> new OfInstance(instance.get()));
        }
        for (Simple mode : Simple.values()) {
            if (mode.toString().equals(text)) {
                return mode;
            }
        }
        throw Rules.broken(key, "expected private, host or container:NAME, found " + JsonPath.quoted(text));
    }

    /** The NAME of {@code container:NAME}. */
    static Optional<String> instance(String text) {
        return text.startsWith(OfInstance.PREFIX)
                ? Optional.of(text.substring(OfInstance.PREFIX.length()))
                : Optional.empty();
    }
}
