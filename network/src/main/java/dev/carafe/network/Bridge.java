package dev.carafe.network;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Link;
import dev.carafe.linux.LinkAddress;
import dev.carafe.linux.LinkKind;
import dev.carafe.linux.LinkSetting;
import dev.carafe.linux.Netlink;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Prefix;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.InvalidDocumentException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A network that is a switch on this machine, and the endpoints in it.
 *
 * <p>Nothing of it is there before the first endpoint. What makes it up may be taken away by others at any time, and is made
 * again when it is missed.
 */
final class Bridge implements WarmEndpoints.Source, AutoCloseable {

    private static final int MOST_BYTES = 64 * 1024;
    private static final int READABLE = 0644;
    private static final int FOLDER = 0700;
    private static final int FOLDER_ABOVE = 0755;
    private static final int SHORT_OWNER = 12;

    private final Kernel kernel;
    private final String name;
    private final String device;
    private final Path document;
    private final Path forwarding;
    private final Consumer<String> notices;
    private final Leases leases;
    private final Firewall firewall;
    private final Machine machine;
    private final Cables cables;
    private final HostPorts hostPorts;
    private final DeviceNames names = new DeviceNames();
    private final SplittableRandom random = new SplittableRandom();
    private final WarmEndpoints warm;
    private @Nullable Netlink netlink;
    private @Nullable Decided decided;

    /**
     * @param device what the switch is called
     * @param data what is kept of networks for good
     * @param state what is kept of them until the machine is started again
     * @param notices hears what is changed on the machine that others may notice, a line each
     * @param warm those that stand ready
     */
    Bridge(
            Kernel kernel,
            String name,
            String device,
            Path data,
            Path state,
            Consumer<String> notices,
            WarmEndpoints warm) {
        this.kernel = kernel;
        this.name = name;
        this.warm = warm;
        this.device = device;
        this.document = data.resolve(name + ".json");
        this.forwarding = state.resolve("forwarding");
        this.notices = notices;
        this.leases = new Leases(kernel, name, state.resolve(name));
        this.firewall = new Firewall(kernel);
        this.machine = new Machine(kernel);
        this.cables = new Cables(kernel);
        this.hostPorts = new HostPorts(kernel);
    }

    Leases leases() {
        return leases;
    }

    /** What was decided about the network; nothing before its first endpoint. */
    synchronized Optional<Network> network() {
        try {
            FileStatus status = kernel.files().status(Fd.CWD, document.toString(), 0);
            if (decided == null
                    || status.inode() != decided.status().inode()
                    || status.modifiedNanos() != decided.status().modifiedNanos()) {
                String text = kernel.files().readText(Fd.CWD, document.toString(), MOST_BYTES);
                decided = new Decided(status, NetworkDocument.read(document.toString(), text));
            }
            return Optional.of(decided.network());
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        } catch (InvalidDocumentException damaged) {
            throw new NetworkException(
                    NetworkException.Kind.FAILED,
                    damaged.getMessage() + "; remove the file to have it made anew",
                    damaged);
        }
    }

    /** What a file says that had this status before it was read. */
    private record Decided(FileStatus status, Network network) {}

    /** Whether its switch is there. */
    boolean isUp() {
        return netlink().links().find(device).filter(Link::isUp).isPresent();
    }

    /** Whether it was for a network that the machine was made to forward packets. */
    boolean hasMadeForward() {
        return kernel.files().exists(Fd.CWD, forwarding.toString());
    }

    Attachment attach(EndpointRequest request) {
        try {
            Optional<Attachment> ready = request.isAny() ? warm.take(this) : Optional.empty();
            return ready.isPresent() ? handOver(ready.get(), request) : attachNew(request);
        } catch (SystemCallException refused) {
            if (refused.errno() != Errno.EPERM && refused.errno() != Errno.EACCES) {
                throw refused;
            }
            throw new NetworkException(
                    NetworkException.Kind.DENIED,
                    "the network \"" + name + "\" cannot be had: " + refused.getMessage()
                            + "; it takes root of the machine, " + "others run with --network none or host",
                    refused);
        }
    }

    private Attachment handOver(Attachment ready, EndpointRequest request) {
        try (Leases.Lock _ = leases.lock()) {
            Network network = stand().network();
            checkNew(request);
            List<Port> ports = ports(request.ports(), network);
            Endpoint endpoint = ready.endpoint().of(request.owner(), request.hostname(), ports);
            leases.handOver(ready.endpoint(), endpoint);
            try {
                firewall.publish(network, endpoint, leases::list);
            } catch (RuntimeException exception) {
                ready.close();
                release(network, endpoint, exception);
                throw exception;
            }
            return new Attachment(endpoint, ready.namespace());
        } catch (NetworkException refused) {
            if (leases.find(ready.endpoint().owner()).isPresent()) {
                warm.giveBack(ready);
            }
            throw refused;
        }
    }

    private Attachment attachNew(EndpointRequest request) {
        Cables.Room room = cables.room(); // what takes longest keeps nobody else waiting
        try {
            Standing standing;
            Endpoint endpoint;
            try (Leases.Lock lock = leases.lock()) {
                standing = stand();
                checkNew(request);
                if (leases.hasEnded()) {
                    tidy(standing.network());
                }
                endpoint = choose(request, lock, standing.network());
                leases.add(lock, endpoint);
            }
            try {
                cables.plug(netlink(), standing.index(), standing.network(), endpoint, room);
                firewall.add(standing.network(), endpoint, leases::list);
                cables.awaitRunning(netlink(), endpoint.device());
                cables.awaitRunning(netlink(), device);
            } catch (RuntimeException exception) {
                try (Leases.Lock _ = leases.lock()) {
                    release(standing.network(), endpoint, exception);
                }
                throw exception;
            }
            return new Attachment(endpoint, room.namespace());
        } catch (RuntimeException exception) {
            room.namespace().close();
            throw exception;
        } finally {
            room.network().close();
        }
    }

    private void checkNew(EndpointRequest request) {
        if (kernel.files().exists(Fd.CWD, leases.file(request.owner()).toString())) {
            throw new NetworkException(
                    NetworkException.Kind.CONFLICT,
                    shown(request.owner()) + " is in the network \"" + name + "\" already");
        }
    }

    @Override
    public Attachment make(String owner) {
        return attachNew(EndpointRequest.of(owner, ""));
    }

    @Override
    public void end(List<String> owners) {
        try (Leases.Lock _ = leases.lock()) {
            owners.forEach(leases::end);
            network().ifPresent(this::tidy);
        }
    }

    /** Kept, for the network namespace of the thread that needs it first. */
    private synchronized Netlink netlink() {
        Netlink opened = netlink;
        if (opened == null) {
            opened = kernel.netlink();
            netlink = opened;
        }
        return opened;
    }

    /** Gives up what stands ready; endpoints stay. */
    @Override
    public void close() {
        warm.close(this);
        firewall.close();
        synchronized (this) {
            if (netlink != null) {
                netlink.close();
                netlink = null;
            }
        }
    }

    /** Ends an owner's lease and takes its rules away; nothing happens if it has none. */
    void detach(String owner) {
        if (!kernel.files().exists(Fd.CWD, leases.file(owner).toString())) {
            return;
        }
        try (Leases.Lock _ = leases.lock()) {
            leases.end(owner);
            network().ifPresent(this::tidy);
        }
    }

    /** Takes the rules of leases away that have ended. */
    void tidy() {
        if (!leases.hasEnded()) {
            return;
        }
        try (Leases.Lock _ = leases.lock()) {
            network().ifPresent(this::tidy);
        }
    }

    /** Makes again what was taken away: the switch, its address, its rules. Nothing happens before the first endpoint. */
    void repair() {
        if (network().isEmpty() || leases.owners().isEmpty()) {
            return;
        }
        try (Leases.Lock _ = leases.lock()) {
            leases.owners().stream()
                    .filter(owner -> WarmEndpoints.isForsaken(kernel, owner))
                    .forEach(leases::end);
            Standing standing = stand();
            leases.forget(leases.ended(standing.network()));
            firewall.rebuild(standing.network(), leases.list());
        }
    }

    /**
     * Takes the switch and its rules away if there is no endpoint; they come back with the next one.
     *
     * @return whether there was something to take away
     */
    boolean remove() {
        Optional<Network> network = network();
        if (network.isEmpty()) {
            return false;
        }
        warm.discard(this);
        try (Leases.Lock _ = leases.lock()) {
            leases.owners().stream()
                    .filter(owner -> WarmEndpoints.isForsaken(kernel, owner))
                    .forEach(leases::end);
            if (!leases.owners().isEmpty()) {
                return false;
            }
            Netlink netlink = netlink();
            leases.forget(leases.ended(network.get()));
            Optional<Link> bridge = netlink.links().find(device);
            firewall.removeAll(network.get());
            // Namespaces that nobody is in any more take a while to go, and their cables with them.
            bridge.ifPresent(found -> netlink.links().list().stream()
                    .filter(link -> link.master() == found.index())
                    .forEach(port -> Cables.unplug(netlink, port.name())));
            Cables.unplug(netlink, device);
            return bridge.isPresent();
        }
    }

    /** A network that is there, and the index of its switch. */
    private record Standing(Network network, int index) {}

    /** Makes what is missing of the switch and its rules. The lock is held. */
    private Standing stand() {
        Netlink netlink = netlink();
        Optional<Network> known = network();
        Optional<Link> found = netlink.links().find(device);
        if (known.isPresent() && found.filter(Link::isUp).isPresent() && firewall.isPresent(known.get())) {
            return new Standing(known.get(), found.get().index());
        }
        try (Fd _ = machine.lock()) {
            Network network = decide(netlink, known, found);
            // Before there is anything to guard, and before loopback addresses may leave the machine.
            List<Endpoint> endpoints = leases.list();
            firewall.rebuild(network, endpoints);
            int index = found.map(Link::index).orElseGet(() -> make(netlink, network));
            List<Prefix> has = netlink.addresses().list(index).stream()
                    .map(LinkAddress::prefix)
                    .toList();
            if (!has.contains(network.gateway())) {
                netlink.addresses().add(index, network.gateway(), 0);
            }
            machine.configure(device);
            netlink.links().change(index, new LinkSetting.State(true));
            endpoints.forEach(endpoint -> Cables.plugAgain(netlink, index, endpoint.device()));
            firewall.advice(network).ifPresent(notices);
            if (machine.forward()) {
                keep(forwarding, "");
                notices.accept(
                        "the machine forwards packets now (net.ipv4.ip_forward), for the network \"" + name + "\"");
            }
            return new Standing(network, index);
        }
    }

    private int make(Netlink netlink, Network network) {
        netlink.links()
                .create(
                        new LinkKind.Bridge(),
                        new LinkSetting.Name(device),
                        new LinkSetting.Mac(Ipv4.mac(network.gateway().address())),
                        new LinkSetting.Mtu(network.mtu()));
        return netlink.links().find(device).map(Link::index).orElseThrow();
    }

    /** Takes the subnet that it had, if nobody has taken that meanwhile, or else chooses one. */
    private Network decide(Netlink netlink, Optional<Network> known, Optional<Link> found) {
        List<Prefix> taken = machine.taken(netlink, found.map(Link::index).orElse(0));
        if (known.isPresent()
                && (found.isPresent()
                        || taken.stream()
                                .noneMatch(other -> other.length() > 0
                                        && !other.isVersion6()
                                        && Ipv4.overlap(known.get().subnet(), other)))) {
            return known.get();
        }
        Prefix subnet = Subnets.choose(taken)
                .orElseThrow(() -> new NetworkException(
                        NetworkException.Kind.UNAVAILABLE,
                        "there is no subnet left for the network \"" + name + "\": the machine's routes lead to all of "
                                + "172.17.0.0 to 172.31.255.255 and 192.168.0.0/16 (ip route)"));
        Network network = new Network(
                name,
                device,
                new Prefix(Ipv4.address(Ipv4.number(subnet.address()) + 1), subnet.length()),
                machine.mtu(netlink));
        keep(document, NetworkDocument.write(network));
        known.ifPresent(former -> notices.accept("the network \"" + name + "\" has the subnet " + network.subnet()
                + " now, as another route of the machine leads to " + former.subnet()));
        return network;
    }

    private void keep(Path path, String text) {
        Files files = kernel.files();
        files.makeDirectories(String.valueOf(path.getParent()), FOLDER, FOLDER_ABOVE);
        String fresh = path + ".new";
        try (Fd file = files.open(Fd.CWD, fresh, OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.TRUNC, READABLE, 0)) {
            files.write(file, text.getBytes(StandardCharsets.UTF_8));
        }
        files.rename(Fd.CWD, fresh, Fd.CWD, path.toString());
    }

    private void tidy(Network network) {
        List<Endpoint> ended = leases.ended(network);
        if (!ended.isEmpty()) {
            firewall.remove(network, ended, leases::list);
            leases.forget(ended);
        }
    }

    /** The undo of a lease that was made in vain. */
    private void release(Network network, Endpoint endpoint, RuntimeException reason) {
        try {
            leases.end(endpoint.owner());
            leases.forget(List.of(endpoint));
            firewall.rebuild(network, leases.list());
        } catch (RuntimeException remains) {
            reason.addSuppressed(remains);
        }
    }

    private Endpoint choose(EndpointRequest request, Leases.Lock lock, Network network) {
        Map<InetAddress, String> taken = new HashMap<>();
        leases.entries().forEach(entry -> taken.put(entry.address(), entry.owner()));
        InetAddress address = request.address()
                .map(wanted -> check(wanted, network, taken))
                .orElseGet(() -> next(lock, network, taken.keySet()));
        return new Endpoint(
                request.owner(),
                name,
                request.hostname(),
                new Prefix(address, network.gateway().length()),
                network.gateway().address(),
                request.mac().orElseGet(() -> Ipv4.mac(address)),
                names.port(device),
                ports(request.ports(), network));
    }

    private InetAddress check(Inet4Address wanted, Network network, Map<InetAddress, String> taken) {
        boolean special = wanted.equals(network.gateway().address())
                || wanted.equals(network.subnet().address())
                || wanted.equals(network.subnet().last());
        if (special || !Ipv4.contains(network.subnet(), wanted)) {
            throw new NetworkException(
                    NetworkException.Kind.INVALID,
                    "the address " + wanted.getHostAddress() + " is none that an instance may have in the network \""
                            + name
                            + "\", whose subnet is " + network.subnet() + " and whose gateway has "
                            + network.gateway().address().getHostAddress());
        }
        String owner = taken.get(wanted);
        if (owner != null) {
            throw new NetworkException(
                    NetworkException.Kind.CONFLICT,
                    "the address " + wanted.getHostAddress() + " is taken by " + shown(owner));
        }
        return wanted;
    }

    /**
     * The next that is free after the one that was given last. Who had an address a moment ago may answer for it still, as
     * the kernel takes its time to take a namespace down.
     */
    private InetAddress next(Leases.Lock lock, Network network, Set<InetAddress> taken) {
        int first = Ipv4.number(network.subnet().address()) + 1;
        int last = Ipv4.number(network.subnet().last()) - 1;
        int gateway = Ipv4.number(network.gateway().address());
        int candidate = leases.last(lock)
                .filter(address -> Ipv4.contains(network.subnet(), address))
                .map(Ipv4::number)
                .orElse(gateway);
        for (int i = first; i <= last; i++) {
            candidate = candidate >= last ? first : candidate + 1;
            InetAddress address = Ipv4.address(candidate);
            if (candidate != gateway && !taken.contains(address)) {
                return address;
            }
        }
        throw new NetworkException(
                NetworkException.Kind.CONFLICT,
                "all addresses of the network \"" + name + "\" are taken, from "
                        + Ipv4.address(first).getHostAddress() + " to "
                        + Ipv4.address(last).getHostAddress() + "; stop an instance");
    }

    private List<Port> ports(Collection<PortRequest> requests, Network network) {
        if (requests.isEmpty()) {
            return List.of();
        }
        try {
            return free(requests);
        } catch (NetworkException taken) {
            if (taken.kind() != NetworkException.Kind.CONFLICT || !leases.hasEnded()) {
                throw taken;
            }
            tidy(network);
            return free(requests);
        }
    }

    private List<Port> free(Collection<PortRequest> requests) {
        List<Leases.PortEntry> taken = new ArrayList<>(leases.portEntries());
        List<Port> chosen = new ArrayList<>();
        for (PortRequest request : requests) {
            Port port = request.isAny() ? anyPort(request, taken) : portOf(request, taken);
            chosen.add(port);
            taken.add(new Leases.PortEntry(port, "", ""));
        }
        return chosen;
    }

    /** One of the machine's ephemeral ports, at random, as who had one a moment ago may still be asked for. */
    private Port anyPort(PortRequest request, List<Leases.PortEntry> taken) {
        int[] range = hostPorts.ephemeral();
        int size = range[1] - range[0] + 1;
        int start = random.nextInt(size);
        for (int i = 0; i < size; i++) {
            Port port = port(request, range[0] + (start + i) % size);
            if (obstacle(request, port, taken).isEmpty()) {
                return port;
            }
        }
        throw new NetworkException(
                NetworkException.Kind.CONFLICT,
                "no port from " + range[0] + " to " + range[1] + " is free for port " + request.port() + "/"
                        + request.protocol().lowerCase());
    }

    private Port portOf(PortRequest request, List<Leases.PortEntry> taken) {
        String obstacles = "";
        for (int number = request.firstHostPort(); number <= request.lastHostPort(); number++) {
            Port port = port(request, number);
            Optional<String> obstacle = obstacle(request, port, taken);
            if (obstacle.isEmpty()) {
                return port;
            }
            obstacles = request.named(number) + " " + obstacle.get();
        }
        throw new NetworkException(
                NetworkException.Kind.CONFLICT,
                request.firstHostPort() == request.lastHostPort()
                        ? obstacles
                        : "none of the ports " + request.firstHostPort() + "-" + request.lastHostPort()
                                + " is free; the last: " + obstacles);
    }

    private static Port port(PortRequest request, int hostPort) {
        return new Port(request.protocol(), request.hostAddress(), hostPort, request.port());
    }

    /** What stands in the way of publishing a port. */
    private Optional<String> obstacle(PortRequest request, Port port, List<Leases.PortEntry> taken) {
        for (Leases.PortEntry other : taken) {
            if (other.port().conflicts(port)) {
                return Optional.of(
                        other.owner().isEmpty() ? "is asked for twice" : "is taken by " + shown(other.owner()));
            }
        }
        return switch (hostPorts.attempt(request.protocol(), port.hostAddress(), port.hostPort())) {
            case FREE -> Optional.empty();
            case TAKEN -> Optional.of("is taken by a program of this machine");
            case NO_SUCH_ADDRESS -> Optional.of("cannot be published: the machine has no such address");
        };
    }

    private static String shown(String owner) {
        return "the instance " + owner.substring(0, Math.min(SHORT_OWNER, owner.length()));
    }
}
