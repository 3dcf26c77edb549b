package dev.carafe.image.registry;

import java.util.List;
import java.util.Map;

/**
 * How one server is reached.
 *
 * @param trust whom it is taken for
 * @param headers what every request to it has beside what it needs, and none to a server that it leads on to
 */
record Way(Trust trust, Map<String, List<String>> headers) {

    Way {
        headers = Map.copyOf(headers);
    }

    Way(Trust trust) {
        this(trust, Map.of());
    }
}
