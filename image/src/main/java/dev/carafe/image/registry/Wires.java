package dev.carafe.image.registry;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The ways to all servers: to those of which something is said as it is said, to all others as usual. */
final class Wires implements AutoCloseable {

    private final RegistryOptions options;
    private final Connections connections;
    private final Way usual;
    private final Map<String, Way> ways = new ConcurrentHashMap<>();
    private final Map<Way, Wire> wires = new ConcurrentHashMap<>();

    Wires(RegistryOptions options, Connections connections) {
        this.options = options;
        this.connections = connections;
        this.usual = new Way(new Trust(options.verify(), options.authorities(), List.of()));
    }

    /** What is said of servers, by scheme, host and port. */
    void know(Map<String, Way> more) {
        ways.putAll(more);
    }

    Wire to(URI uri) {
        return wires.computeIfAbsent(
                ways.getOrDefault(Hosts.origin(uri), usual), way -> new Wire(options, way, connections));
    }

    @Override
    public void close() {
        wires.values().forEach(Wire::close);
    }
}
