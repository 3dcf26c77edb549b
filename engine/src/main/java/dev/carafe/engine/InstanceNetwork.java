package dev.carafe.engine;

import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.NetworkAttachment;
import dev.carafe.engine.options.NetworkMode;
import dev.carafe.engine.options.NetworkOptions;
import dev.carafe.engine.options.Port;
import dev.carafe.linux.Fd;
import dev.carafe.network.Attachment;
import dev.carafe.network.EndpointRequest;
import dev.carafe.network.PortRequest;
import dev.carafe.network.Protocol;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An instance's place in networks, made ready for its start, and the files that say inside what it and others are called.
 * It is of use until it is closed, which it may be when the instance has begun.
 */
final class InstanceNetwork implements AutoCloseable {

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
            return new InstanceNetwork(attachment, names(parts, folder, instance.options(), attachment, hostname));
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

    /** Where it shares another's network, that one's files are its own as well. */
    private static Optional<Surroundings.Names> names(
            Parts parts,
            InstanceFolder folder,
            InstanceOptions options,
            Optional<Attachment> attachment,
            String hostname) {
        if (options.network().mode() instanceof NetworkMode.OfInstance(String other)) {
            return NameFiles.find(
                    parts.kernel(), parts.folders().path(parts.folders().find(other)));
        }
        NameFiles.Known known = attachment
                .map(it -> new NameFiles.Known(
                        List.of(it.endpoint().address().address().getHostAddress()),
                        Optional.of(it.endpoint().gateway().getHostAddress())))
                .orElse(NameFiles.Known.NOTHING);
        return NameFiles.areWanted(options, known)
                ? Optional.of(new NameFiles(parts.kernel()).write(folder.path(), options, hostname, known))
                : Optional.empty();
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
