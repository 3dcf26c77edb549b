package dev.carafe.network;

import dev.carafe.linux.Kernel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The networks of an installation.
 *
 * <p>They are there without a process that looks after them: what counts is in files, and any process may make or end an
 * endpoint at any time. All work is done in the network namespace of the thread that
 * comes first. Thread-safe.
 *
 * {@snippet :
 * Networks networks = Networks.open(kernel, data, state, System.err::println);
 * try (Attachment attachment = networks.attach(
 *         Network.BRIDGE, EndpointRequest.of(id, "web").publishing(PortRequest.parse("8080:80")))) {
 *     start("/proc/" + pid + "/fd/" + attachment.namespace().number());
 * }
 * // its last act:
 * networks.leaseFiles(id).forEach(files::remove);
 * }
 */
public final class Networks implements AutoCloseable {

    private final Bridge bridge;

    private Networks(Bridge bridge) {
        this.bridge = bridge;
    }

    /**
     * The networks of these folders, which are made when they are first needed.
     *
     * @param data absolute; what outlives a restart of the machine
     * @param state absolute; what does not
     * @param notices hears what is changed on the machine that others may notice, a line each
     */
    public static Networks open(Kernel kernel, Path data, Path state, Consumer<String> notices) {
        return openWarm(kernel, data, state, notices, 0, Duration.ZERO);
    }

    /**
     * The same for a process that makes many endpoints, which has some made ahead.
     *
     * @param most how many stand ready
     * @param kept for how long, where none is asked for
     */
    public static Networks openWarm(
            Kernel kernel, Path data, Path state, Consumer<String> notices, int most, Duration kept) {
        return new Networks(new Bridge(
                kernel,
                Network.BRIDGE,
                DeviceNames.bridge(data, state),
                data.resolve("network"),
                state.resolve("network"),
                notices,
                new WarmEndpoints(kernel, most, kept)));
    }

    /**
     * A network as it stands.
     *
     * @param network what was decided about it; nothing before its first endpoint
     * @param up whether its switch is there
     * @param forwarding whether the machine did not forward packets before the network needed it
     */
    public record Status(
            String name, Optional<Network> network, boolean up, boolean forwarding, List<Endpoint> endpoints) {}

    /** All networks of which an instance can have an endpoint. */
    public List<Status> list() {
        return List.of(
                new Status(Network.BRIDGE, bridge.network(), bridge.isUp(), bridge.hasMadeForward(), endpoints()));
    }

    /**
     * One of them.
     *
     * @throws NetworkException if there is none of this name
     */
    public Status find(String name) {
        return list().stream()
                .filter(status -> status.name().equals(name))
                .findFirst()
                .orElseThrow(() -> missing(name));
    }

    /**
     * Makes an endpoint, and what is missing of its network. Its lease lasts until it is {@linkplain #detach taken back} or
     * the {@linkplain #leaseFiles file} of it is removed, whatever becomes of this process.
     *
     * @return to be closed when a process lives in the namespace
     * @throws NetworkException if it cannot be had; nothing is left of it then
     */
    public Attachment attach(String network, EndpointRequest request) {
        return named(network).attach(request);
    }

    /** What an owner has. */
    public List<Endpoint> endpoints(String owner) {
        return bridge.leases().find(owner).stream().toList();
    }

    /** Ends all that an owner has; nothing happens if that is nothing. */
    public void detach(String owner) {
        bridge.detach(owner);
    }

    /** The files whose removal, by whomever, ends what an owner has. They need not be there. */
    public List<Path> leaseFiles(String owner) {
        return List.of(bridge.leases().file(owner));
    }

    /** Takes away what is left where files of leases were removed: cheap where there is nothing. */
    public void tidy() {
        bridge.tidy();
    }

    /** Makes again what others have taken away of networks that have endpoints: devices, addresses, rules. */
    public void repair() {
        bridge.repair();
    }

    /**
     * Takes away the devices and rules of networks that have no endpoint. They are made again when they are needed.
     *
     * @return the names of those that were there
     */
    public List<String> prune() {
        return bridge.remove() ? List.of(Network.BRIDGE) : List.of();
    }

    /** Gives up what this process keeps ready. Endpoints stay as they are. */
    @Override
    public void close() {
        bridge.close();
    }

    private List<Endpoint> endpoints() {
        return bridge.leases().list().stream()
                .filter(endpoint -> !WarmEndpoints.isWarm(endpoint.owner()))
                .toList();
    }

    private Bridge named(String name) {
        if (!name.equals(Network.BRIDGE)) {
            throw missing(name);
        }
        return bridge;
    }

    private static NetworkException missing(String name) {
        return new NetworkException(
                NetworkException.Kind.NOT_FOUND,
                "there is no network \"" + name.replaceAll("\\p{Cntrl}", "?") + "\"; there are bridge, host and none");
    }
}
