package dev.carafe.image.registry;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.registry.Endpoint.Right;
import dev.carafe.oci.image.Reference;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Registries, wherever they are. Thread-safe; tokens are kept until it is closed. */
public final class Registries implements AutoCloseable {

    private final HostFolder folder;
    private final Wires wires;
    private final Exchange exchange;
    private final Map<String, List<Endpoint>> endpoints = new ConcurrentHashMap<>();

    private Registries(RegistryOptions options, Credentials credentials, Connections connections) {
        this.folder = new HostFolder(options);
        this.wires = new Wires(options, connections);
        Redirects redirects = new Redirects(wires::to);
        Tokens tokens = new Tokens(redirects, wires::to, options.clock());
        this.exchange = new Exchange(redirects, new Authorizer(tokens, credentials, options.clock()), options);
    }

    public static Registries open(RegistryOptions options, Credentials credentials) {
        return open(options, credentials, Connections.ofEach());
    }

    /** Likewise, with connections that others use as well. */
    public static Registries open(RegistryOptions options, Credentials credentials, Connections connections) {
        return new Registries(options, credentials, connections);
    }

    /**
     * An image of that name, which need not be there.
     *
     * @throws ImageException if what is said about its registry makes no sense
     */
    public RegistryImage image(Reference reference) {
        return new RegistryImage(
                reference.withDefaultTag(),
                all(reference.host()).stream()
                        .filter(it ->
                                it.rights().contains(Right.PULL) || it.rights().contains(Right.RESOLVE))
                        .toList(),
                exchange);
    }

    /** An image of that name, which is to be there. */
    public RegistryPush push(Reference reference) {
        return new RegistryPush(reference.withDefaultTag(), itself(reference.host()), exchange);
    }

    /** What a repository holds beside that image. */
    public RegistryRepository repository(Reference reference) {
        return new RegistryRepository(reference.withDefaultTag(), itself(reference.host()), exchange);
    }

    /**
     * Sees whether a registry is there and takes the caller for who he says he is.
     *
     * @param host as references have it
     * @throws ImageException if it is not, or does not
     */
    public void check(String host) {
        exchange.ask(Call.get("reach " + host, itself(host).base(), host + "/", Scope.NONE), answer -> {
            if (!answer.isSuccess()) {
                throw Failures.refused(answer);
            }
            return answer.status();
        });
    }

    private Endpoint itself(String host) {
        return all(host).getLast();
    }

    private List<Endpoint> all(String host) {
        return endpoints.computeIfAbsent(host, it -> {
            HostFolder.Settings settings = folder.read(it);
            wires.know(settings.ways());
            return settings.endpoints();
        });
    }

    @Override
    public void close() {
        wires.close();
    }
}
