package dev.carafe.network;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Prefix;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.InvalidDocumentException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Who has which address and which ports of a network, as files, so that it is true whoever was killed when.
 *
 * <p>{@code endpoints/OWNER} is the lease: it holds all that there is to know, appears at once, and whoever removes it ends
 * the lease. That takes no more than one {@code unlink(2)}, as it may be a monitor's last act. What else there is are two
 * indexes: {@code addresses/ADDRESS} and {@code ports/PROTOCOL-ADDRESS-PORT} are symbolic links that lead nowhere and say
 * whose they are. An entry is made before its lease and stays when that has gone: it then tells which rules of the packet
 * filter have to go too, and is removed after them.
 *
 * <p>Whoever changes something holds {@linkplain #lock the lock}. A lease of somebody else may end at any moment even so.
 */
final class Leases {

    /** As much as a lease may have, with all of the machine's ports. */
    private static final int MOST_BYTES = 16 * 1024 * 1024;

    private static final int READABLE = 0644;
    private static final int PRIVATE = 0700;

    private final Files files;
    private final String network;
    private final String folder;
    private final String endpoints;
    private final String addresses;
    private final String ports;

    /** @param folder what is kept of the network until the machine is started again */
    Leases(Kernel kernel, String network, Path folder) {
        this.files = kernel.files();
        this.network = network;
        this.folder = folder.toString();
        this.endpoints = folder.resolve("endpoints").toString();
        this.addresses = folder.resolve("addresses").toString();
        this.ports = folder.resolve("ports").toString();
    }

    /** Held until it is closed, by one thread of all processes. */
    record Lock(Fd file) implements AutoCloseable {
        @Override
        public void close() {
            file.close();
        }
    }

    /** Waits for those who hold it; they do so for milliseconds. */
    Lock lock() {
        Fd file = openLock();
        try {
            files.lock(file, Files.LOCK_EXCLUSIVE);
            return new Lock(file);
        } catch (RuntimeException exception) {
            file.close();
            throw exception;
        }
    }

    private Fd openLock() {
        try {
            return file("lock", OpenFlags.RDWR | OpenFlags.CREAT);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
        }
        for (String each : List.of(endpoints, addresses, ports)) {
            files.makeDirectories(each, PRIVATE, PRIVATE);
        }
        return file("lock", OpenFlags.RDWR | OpenFlags.CREAT);
    }

    private Fd file(String name, int flags) {
        return files.open(Fd.CWD, folder + "/" + name, flags, (flags & OpenFlags.CREAT) == 0 ? 0 : READABLE, 0);
    }

    /** The address that was given last; nothing if none was. */
    Optional<InetAddress> last(Lock lock) {
        byte[] bytes = files.readAt(lock.file(), 0, Integer.BYTES);
        return bytes.length < Integer.BYTES
                ? Optional.empty()
                : Optional.of(Ipv4.address(ByteBuffer.wrap(bytes).getInt()));
    }

    private void remember(Lock lock, InetAddress address) {
        files.write(lock.file(), address.getAddress());
    }

    /** The file whose removal ends a lease. */
    Path file(String owner) {
        return Path.of(endpoints, owner);
    }

    /** What an owner has. */
    Optional<Endpoint> find(String owner) {
        try {
            return Optional.of(
                    LeaseDocument.read(network, owner, files.readText(Fd.CWD, endpoints + "/" + owner, MOST_BYTES)));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        } catch (InvalidDocumentException damaged) {
            throw new NetworkException(
                    NetworkException.Kind.FAILED,
                    endpoints + "/" + owner + ": " + damaged.getMessage()
                            + "; remove the file when the instance has ended",
                    damaged);
        }
    }

    /** All that there are, but for those whose file nobody can read. */
    List<Endpoint> list() {
        List<Endpoint> all = new ArrayList<>();
        for (String owner : owners()) {
            try {
                find(owner).ifPresent(all::add);
            } catch (NetworkException damaged) {
                // Whoever asks for this one is told; the others have their network.
            }
        }
        return all;
    }

    /** Whose leases there are. */
    List<String> owners() {
        return names(endpoints).stream().filter(EndpointRequest::isName).toList();
    }

    boolean isTaken(InetAddress address) {
        return files.exists(Fd.CWD, addresses + "/" + address.getHostAddress());
    }

    /** Whose an address is; nobody's if it is free. */
    Optional<String> owner(InetAddress address) {
        return entry(addresses, address.getHostAddress()).map(entry -> entry[0]);
    }

    /** The ports that are taken, and by whom. */
    Map<Port, String> ports() {
        Map<Port, String> taken = new HashMap<>();
        for (String name : names(ports)) {
            port(name).ifPresent(port -> entry(ports, name).ifPresent(entry -> taken.put(port, entry[0])));
        }
        return taken;
    }

    /** Makes a lease. Its address and its ports are free. */
    void add(Lock lock, Endpoint endpoint) {
        String address = endpoint.address().address().getHostAddress();
        link(String.join("/", endpoint.owner(), endpoint.mac(), endpoint.device()), addresses + "/" + address);
        indexPorts(endpoint);
        write(endpoint);
        remember(lock, endpoint.address().address());
    }

    /** Gives what one owner has to another, with ports that are free. */
    void handOver(Endpoint from, Endpoint to) {
        indexPorts(to);
        write(to);
        String address = addresses + "/" + to.address().address().getHostAddress();
        String fresh = addresses + "/." + to.device();
        link(String.join("/", to.owner(), to.mac(), to.device()), fresh);
        files.rename(Fd.CWD, fresh, Fd.CWD, address);
        end(from.owner());
    }

    /** Ends a lease; nothing happens if there is none. */
    void end(String owner) {
        unlink(endpoints + "/" + owner);
    }

    /** Whether there is anything whose lease has ended; cheap, and may be wrong about what comes and goes meanwhile. */
    boolean hasEnded() {
        return names(addresses).size() > names(endpoints).size();
    }

    /** What is left of leases that have ended: address, device and ports. */
    List<Endpoint> ended(Network of) {
        Set<String> live = new HashSet<>();
        list().forEach(endpoint -> live.add(endpoint.device()));
        Map<String, List<Port>> portsOf = new HashMap<>();
        for (String name : names(ports)) {
            Optional<Port> port = port(name);
            Optional<String[]> entry = entry(ports, name);
            if (port.isPresent() && entry.isPresent() && !live.contains(entry.get()[1])) {
                portsOf.computeIfAbsent(entry.get()[1], device -> new ArrayList<>())
                        .add(port.get());
            }
        }
        List<Endpoint> ended = new ArrayList<>();
        for (String name : names(addresses)) {
            Optional<String[]> entry = entry(addresses, name);
            if (entry.isEmpty() || entry.get().length != 3 || live.contains(entry.get()[2])) {
                continue;
            }
            String device = entry.get()[2];
            if (name.startsWith(".")) {
                unlink(addresses + "/" + name); // somebody was killed as he handed it over
                continue;
            }
            List<Port> its = portsOf.remove(device);
            ended.add(new Endpoint(
                    entry.get()[0],
                    network,
                    "",
                    new Prefix(Ipv4.parse(addresses, name), of.gateway().length()),
                    of.gateway().address(),
                    entry.get()[1],
                    device,
                    its == null ? List.of() : its));
        }
        // Ports without an address: their owner was killed before he had made his lease.
        portsOf.values().forEach(orphans -> orphans.forEach(port -> unlink(ports + "/" + name(port))));
        return ended;
    }

    /** Frees the addresses and ports of leases that have ended. */
    void forget(List<Endpoint> ended) {
        for (Endpoint endpoint : ended) {
            endpoint.ports().forEach(port -> unlink(ports + "/" + name(port)));
            unlink(addresses + "/" + endpoint.address().address().getHostAddress());
        }
    }

    private void write(Endpoint endpoint) {
        String fresh = folder + "/" + endpoint.device();
        try (Fd file = files.open(Fd.CWD, fresh, OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.TRUNC, READABLE, 0)) {
            files.write(file, LeaseDocument.write(endpoint).getBytes(StandardCharsets.UTF_8));
        }
        files.rename(Fd.CWD, fresh, Fd.CWD, endpoints + "/" + endpoint.owner());
    }

    private void indexPorts(Endpoint endpoint) {
        for (Port port : endpoint.ports()) {
            // What the endpoint's own port is matters to no one who looks here.
            link(endpoint.owner() + "/" + endpoint.device(), ports + "/" + name(port));
        }
    }

    private void link(String target, String path) {
        unlink(path);
        files.makeSymbolicLink(target, Fd.CWD, path);
    }

    private static String name(Port port) {
        return port.protocol().lowerCase() + "-" + port.hostAddress().getHostAddress() + "-" + port.hostPort();
    }

    private static Optional<Port> port(String name) {
        String[] parts = name.split("-", -1);
        try {
            int number = Integer.parseInt(parts[2]);
            return Optional.of(new Port(Protocol.of(parts[0]), Ipv4.parse(name, parts[1]), number, number));
        } catch (NetworkException | NumberFormatException | ArrayIndexOutOfBoundsException foreign) {
            return Optional.empty(); // not one of ours
        }
    }

    private Optional<String[]> entry(String index, String name) {
        try {
            return Optional.of(files.readLink(Fd.CWD, index + "/" + name).split("/", -1));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT || exception.errno() == Errno.EINVAL) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    private List<String> names(String of) {
        try (Fd directory = files.open(Fd.CWD, of, OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            return files.list(directory);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return List.of();
            }
            throw exception;
        }
    }

    private void unlink(String path) {
        try {
            files.unlink(Fd.CWD, path, 0);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
        }
    }
}
