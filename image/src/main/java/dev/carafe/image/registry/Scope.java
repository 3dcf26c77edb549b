package dev.carafe.image.registry;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The rights that a request takes, as tokens are asked for: {@code repository:library/alpine:pull}.
 *
 * @see <a href="https://distribution.github.io/distribution/spec/auth/scope/">Token scope</a>
 */
record Scope(SortedSet<String> parts) {

    static final Scope NONE = new Scope(new TreeSet<>());

    Scope {
        parts = Collections.unmodifiableSortedSet(new TreeSet<>(parts));
    }

    static Scope pull(String path) {
        return NONE.and("repository:" + path + ":pull");
    }

    static Scope push(String path) {
        return NONE.and("repository:" + path + ":pull,push");
    }

    static Scope delete(String path) {
        return NONE.and("repository:" + path + ":delete,pull");
    }

    Scope and(String part) {
        TreeSet<String> more = new TreeSet<>(parts);
        more.add(part);
        return new Scope(more);
    }

    Scope and(Collection<String> others) {
        TreeSet<String> more = new TreeSet<>(parts);
        more.addAll(others);
        return new Scope(more);
    }
}
