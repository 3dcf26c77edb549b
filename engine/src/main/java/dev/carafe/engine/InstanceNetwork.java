package dev.carafe.engine;

import dev.carafe.engine.options.NetworkAttachment;
import dev.carafe.engine.options.NetworkMode;
import dev.carafe.engine.options.NetworkOptions;
import dev.carafe.engine.options.Port;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.network.Attachment;
import dev.carafe.network.EndpointRequest;
import dev.carafe.network.HostsFile;
import dev.carafe.network.PortRequest;
import dev.carafe.network.Protocol;
import dev.carafe.network.ResolvConf;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An instance's place in networks, made ready for its start, and the files that say inside what it and others are called.
 * It is of use until it is closed, which it may be when the instance has begun.
 */
final class InstanceNetwork implements AutoCloseable {

    private static final String HOSTS = "hosts";
    private static final String HOSTNAME = "hostname";
    private static final String RESOLVER = "resolv.conf";
    private static final String ANYWHERE = "0.0.0.0";

    private final Optional<Attachment> attachment;
    private final Optional<Surroundings.Names> names;

    private InstanceNetwork(Optional<Attachment> attachment, Optional<Surroundings.Names> names) {
        this.attachment = attachment;
        this.names = names;
    }

    static InstanceNetwork make(Parts parts, InstanceFolder folder, InstanceRecord instance, String hostname) {
        NetworkOptions options = instance.options().network();
        Optional<Attachment> attachment = options.mode() instanceof NetworkMode.Networks(List<NetworkAttachment> wanted)
                ? Optional.of(attach(parts, instance.id(), wanted, options, hostname))
                : Optional.empty();
        try {
            return new InstanceNetwork(attachment, names(parts, folder, options, attachment, hostname));
        } catch (RuntimeException exception) {
            attachment.ifPresent(Attachment::close);
            throw exception;
        }
    }

    private static Attachment attach(
            Parts parts, String id, List<NetworkAttachment> wanted, NetworkOptions options, String hostname) {
        if (wanted.size() > 1) {
            throw new EngineException(
                    EngineException.Kind.INVALID,
                    "an instance can be in one network so far, and " + wanted.size() + " are asked for: leave out all"
                            + " but one");
        }
        NetworkAttachment one = wanted.getFirst();
        if (one.ipv6().isPresent() || !one.aliases().isEmpty()) {
            throw new EngineException(
                    EngineException.Kind.INVALID,
                    "the network " + one.network() + " has neither IPv6 nor names yet: leave --ip6 and"
                            + " --network-alias away");
        }
        return parts.networks()
                .attach(
                        one.network(),
                        new EndpointRequest(
                                id,
                                hostname,
                                ports(options),
                                one.ipv4().map(it -> (Inet4Address) InetAddress.ofLiteral(it)),
                                one.mac()));
    }

    private static List<PortRequest> ports(NetworkOptions options) {
        List<PortRequest> requests = new ArrayList<>();
        for (Port port : options.ports()) {
            requests.add(new PortRequest(
                    protocol(port.protocol()),
                    InetAddress.ofLiteral(port.hostAddress().orElse(ANYWHERE)),
                    port.hostPort(),
                    port.lastHostPort(),
                    port.containerPort()));
        }
        if (options.publishAll()) {
            options.exposed().forEach(it -> requests.add(PortRequest.anywhere(protocol(it.protocol()), it.port())));
        }
        return requests;
    }

    private static Protocol protocol(Port.Protocol protocol) {
        return Protocol.of(protocol.toString());
    }

    /** Where it shares another's network, that one's files are its own as well, and it has none. */
    private static Optional<Surroundings.Names> names(
            Parts parts,
            InstanceFolder folder,
            NetworkOptions options,
            Optional<Attachment> attachment,
            String hostname) {
        if (options.mode() instanceof NetworkMode.OfInstance(String other)) {
            Path its = parts.folders().path(parts.folders().find(other));
            return Optional.of(new Surroundings.Names(
                    its.resolve(HOSTS), its.resolve(HOSTNAME), Optional.of(its.resolve(RESOLVER))));
        }
        Optional<InetAddress> gateway = attachment.map(it -> it.endpoint().gateway());
        List<HostsFile.Entry> added = options.hosts().stream()
                .map(it -> HostsFile.Entry.parse(it.name() + "=" + it.address(), gateway))
                .toList();
        folder.write(
                HOSTS,
                HostsFile.text(
                        added,
                        attachment.map(it -> it.endpoint().address().address()),
                        options.mode() == NetworkMode.Simple.HOST ? List.of() : List.of(hostname)));
        folder.write(HOSTNAME, hostname + "\n");
        folder.write(RESOLVER, resolver(parts.kernel(), options));
        Path path = folder.path();
        return Optional.of(new Surroundings.Names(
                path.resolve(HOSTS), path.resolve(HOSTNAME), Optional.of(path.resolve(RESOLVER))));
    }

    private static String resolver(Kernel kernel, NetworkOptions options) {
        ResolvConf machines =
                options.mode() == NetworkMode.Simple.HOST ? ResolvConf.same(kernel) : ResolvConf.ofMachine(kernel);
        return machines.with(options.nameServers(), options.searchDomains(), options.resolverOptions())
                .text();
    }

    /** The namespace that was made ready; empty if there is none. */
    Optional<String> namespace() {
        return attachment.map(Attachment::namespace).map((Fd fd) -> HeldConfig.path(fd));
    }

    Optional<Surroundings.Names> names() {
        return names;
    }

    @Override
    public void close() {
        attachment.ifPresent(Attachment::close);
    }
}
