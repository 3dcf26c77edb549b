package dev.carafe.image.registry;

import dev.carafe.oci.image.Reference;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * A place where a registry is to be had.
 *
 * @param host whose credentials hold for it
 * @param base of its addresses: {@code https://registry-1.docker.io/v2/}
 * @param rights what it is asked for
 * @param standsFor the registry that it is another's mirror of
 */
record Endpoint(String host, URI base, Set<Right> rights, Optional<String> standsFor) {

    private static final String DOCKER_MACHINE = "registry-1.docker.io";

    enum Right {
        /** What has a digest. */
        PULL,
        /** What has a tag: only who is believed to say what it leads to. */
        RESOLVE,
        PUSH
    }

    Endpoint {
        rights = Set.copyOf(rights);
    }

    /** The registry itself. */
    static Endpoint of(String host, Scheme scheme) {
        String machine = host.equals(Reference.DOCKER) ? DOCKER_MACHINE : host;
        boolean plain = switch (scheme) {
            case HTTP -> true;
            case HTTPS -> false;
            case BY_HOST -> Hosts.isLoopback(withoutPort(host));
        };
        return new Endpoint(
                host,
                URI.create((plain ? "http" : "https") + "://" + machine + "/v2/"),
                Set.of(Right.values()),
                Optional.empty());
    }

    private static String withoutPort(String host) {
        int colon = host.lastIndexOf(':');
        return colon > host.lastIndexOf(']') ? host.substring(0, colon) : host;
    }

    /** An address below; what it is made of has been checked to be safe there. */
    URI at(String path) {
        return URI.create(base + path + standsFor.map(it -> "?ns=" + it).orElse(""));
    }
}
