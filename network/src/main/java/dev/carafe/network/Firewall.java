package dev.carafe.network;

import dev.carafe.linux.Kernel;
import dev.carafe.linux.Netfilter;
import dev.carafe.linux.SystemCallException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one network in the packet filter of the calling thread's network namespace.
 *
 * <p>The rules are those of the network namespace of the thread that uses this first. They may be flushed by anybody at any
 * time. What is changed a little at a time is made anew as a whole when that does not work.
 */
final class Firewall implements AutoCloseable {

    private final Kernel kernel;
    private final ForeignFilter foreign;
    private @Nullable Netfilter filter;
    private Libnftables.@Nullable Context context;

    Firewall(Kernel kernel) {
        this.kernel = kernel;
        this.foreign = new ForeignFilter(kernel);
    }

    /** Kept: to open one reads files, and to close one may wait for the kernel. */
    private synchronized Libnftables.Context rules() {
        Libnftables.Context opened = context;
        if (opened == null) {
            opened = Libnftables.load(Libnftables.LIBRARY).open();
            context = opened;
        }
        return opened;
    }

    private synchronized Netfilter filter() {
        Netfilter opened = filter;
        if (opened == null) {
            opened = kernel.netfilter();
            filter = opened;
        }
        return opened;
    }

    @Override
    public synchronized void close() {
        if (context != null) {
            context.close();
            context = null;
        }
        if (filter != null) {
            filter.close();
            filter = null;
        }
    }

    /** Makes all anew, whatever there was. */
    void rebuild(Network network, Collection<Endpoint> endpoints) {
        rules().run(RuleSet.rebuild(network, endpoints));
        foreign.letThrough(filter(), rules(), network.device());
    }

    /**
     * Lets an endpoint send.
     *
     * @param all the endpoints that there are, this one among them
     */
    void add(Network network, Endpoint endpoint, Supplier<List<Endpoint>> all) {
        change(network, all, () -> filter().add(RuleSet.elements(network, endpoint)));
        redirect(network, endpoint);
    }

    /** Lets others reach the ports of an endpoint that can send already. */
    void publish(Network network, Endpoint endpoint, Supplier<List<Endpoint>> all) {
        change(network, all, () -> filter().add(RuleSet.ports(network, endpoint)));
        redirect(network, endpoint);
    }

    /** @param all the endpoints that are left */
    void remove(Network network, List<Endpoint> endpoints, Supplier<List<Endpoint>> all) {
        List<Netfilter.Element> elements = endpoints.stream()
                .flatMap(endpoint -> RuleSet.elements(network, endpoint).stream())
                .toList();
        change(network, all, () -> filter().delete(elements));
        endpoints.forEach(this::abandon);
    }

    void removeAll(Network network) {
        rules().run(RuleSet.removeAll(network.device()));
        foreign.withdraw(filter(), rules(), network.device());
    }

    /** Whether both tables are there. */
    boolean isPresent(Network network) {
        return filter().hasTable(Netfilter.Family.INET, network.device())
                && filter().hasTable(Netfilter.Family.BRIDGE, network.device());
    }

    /** What to do about rules that are out of reach, if there are any. */
    Optional<String> advice(Network network) {
        return foreign.advice(network.device());
    }

    /**
     * Sends datagrams to an endpoint that came to its port before: to the machine itself, or to who had the port then. Only
     * the first of a row is looked at by the rules, and some rows never end.
     */
    private void redirect(Network network, Endpoint endpoint) {
        for (Port port : endpoint.ports()) {
            if (port.protocol() == Protocol.UDP) {
                filter().forget(
                                port.protocol().number(),
                                port.hostPort(),
                                connection -> isMisled(network, endpoint, port, connection));
            }
        }
    }

    /**
     * Lets those know who try to reach an endpoint that has gone: what they send next comes to the machine itself, which
     * refuses it. Whoever began just before the rules went would go on to send where nobody answers.
     */
    private void abandon(Endpoint endpoint) {
        if (!endpoint.ports().isEmpty()) {
            filter().forget(endpoint.address().address());
        }
    }

    private static boolean isMisled(Network network, Endpoint endpoint, Port port, Netfilter.Connection connection) {
        boolean itsPort =
                port.hostAddress().isAnyLocalAddress() || port.hostAddress().equals(connection.to());
        boolean unchanged = connection.to().equals(connection.answeredBy());
        boolean former = Ipv4.contains(network.subnet(), connection.answeredBy())
                && !connection.answeredBy().equals(endpoint.address().address());
        return itsPort && (unchanged || former);
    }

    private void change(Network network, Supplier<List<Endpoint>> all, Runnable change) {
        try {
            change.run();
        } catch (SystemCallException notAsThought) {
            rebuild(network, all.get());
        }
    }
}
