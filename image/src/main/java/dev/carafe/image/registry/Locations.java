package dev.carafe.image.registry;

import java.net.URI;
import java.util.Optional;

/** Addresses in answers. */
final class Locations {

    private static final int LONGEST = 16 << 10;

    private Locations() {}

    /** An address that a document names, if it is one of HTTP. */
    static Optional<URI> parse(String text) {
        try {
            return text.length() > LONGEST
                    ? Optional.empty()
                    : Optional.of(URI.create(text)).filter(Locations::isHttp);
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }

    private static boolean isHttp(URI uri) {
        return uri.getHost() != null
                && uri.getScheme() != null
                && uri.getScheme().matches("(?i)https?");
    }

    /**
     * The address that an answer names, relative to its own or not.
     *
     * @throws dev.carafe.image.error.ImageException if it is none, or leads out of TLS
     */
    static URI resolve(Answer answer, String location) {
        URI target;
        try {
            target = location.length() > LONGEST ? URI.create("") : answer.uri().resolve(URI.create(location));
        } catch (IllegalArgumentException malformed) {
            target = URI.create("");
        }
        if (!isHttp(target)) {
            throw Failures.senseless(answer, "leads to no address: \"" + Failures.plain(location) + "\"");
        }
        if (target.getScheme().equalsIgnoreCase("http")
                && answer.uri().getScheme().equalsIgnoreCase("https")) {
            throw Failures.senseless(
                    answer, "leads out of TLS, to http://" + Hosts.shown(target) + ", where nothing is safe");
        }
        return target;
    }
}
