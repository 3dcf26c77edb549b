package dev.carafe.network;

import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one network in the packet filter of the calling thread's network namespace.
 *
 * <p>They may be flushed by anybody at any time. What is changed a little at a time is made anew as a whole when that does
 * not work.
 */
final class Firewall {

    private @Nullable Libnftables library;

    private Libnftables library() {
        Libnftables loaded = library;
        if (loaded == null) {
            loaded = Libnftables.load();
            library = loaded;
        }
        return loaded;
    }

    /** Makes all anew, whatever there was. */
    void rebuild(Network network, Collection<Endpoint> endpoints) {
        library().run(RuleSet.rebuild(network, endpoints));
    }

    /**
     * Lets an endpoint send.
     *
     * @param all the endpoints that there are, this one among them
     */
    void add(Network network, Endpoint endpoint, Supplier<List<Endpoint>> all) {
        run(network, RuleSet.add(network, List.of(endpoint)), all);
    }

    /** Lets others reach the ports of an endpoint that can send already. */
    void publish(Network network, Endpoint endpoint, Supplier<List<Endpoint>> all) {
        run(network, RuleSet.publish(network, endpoint), all);
    }

    /** @param all the endpoints that are left */
    void remove(Network network, List<Endpoint> endpoints, Supplier<List<Endpoint>> all) {
        run(network, RuleSet.remove(network, endpoints), all);
    }

    void removeAll(Network network) {
        library().run(RuleSet.removeAll(network.device()));
    }

    /** Whether both tables are there. */
    boolean isPresent(Network network) {
        String tables = library().run("list tables\n");
        return tables.contains("table inet " + network.device() + "\n")
                && tables.contains("table bridge " + network.device() + "\n");
    }

    private void run(Network network, String commands, Supplier<List<Endpoint>> all) {
        if (commands.isEmpty()) {
            return;
        }
        try {
            library().run(commands);
        } catch (NetworkException notAsThought) {
            if (notAsThought.kind() == NetworkException.Kind.UNAVAILABLE) {
                throw notAsThought;
            }
            rebuild(network, all.get());
        }
    }
}
