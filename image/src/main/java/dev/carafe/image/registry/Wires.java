package dev.carafe.image.registry;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The ways to all servers: to those of which something is said as it is said, to all others as usual. */
final class Wires implements AutoCloseable {

    private final RegistryOptions options;
    private final Connections connections;
    private final Trust usual;
    private final Map<String, Trust> trusts = new ConcurrentHashMap<>();
    private final Map<Trust, Wire> wires = new ConcurrentHashMap<>();

    Wires(RegistryOptions options, Connections connections) {
        this.options = options;
        this.connections = connections;
        this.usual = new Trust(options.verify(), options.authorities(), List.of());
    }

    /** What is said of servers, by scheme, host and port. */
    void trust(Map<String, Trust> more) {
        trusts.putAll(more);
    }

    Wire to(URI uri) {
        return wires.computeIfAbsent(
                trusts.getOrDefault(Hosts.origin(uri), usual), trust -> new Wire(options, trust, connections));
    }

    @Override
    public void close() {
        wires.values().forEach(Wire::close);
    }
}
