package dev.carafe.network;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.ParsedFiles;
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
 * indexes, of empty files whose names say it all: {@code addresses/ADDRESS,OWNER,DEVICE,MAC} and {@code
 * ports/PROTOCOL,ADDRESS,PORT,OWNER,DEVICE}. An entry is made before its lease and stays when that has gone: it then tells
 * which rules of the packet filter have to go too, and is removed after them. To see what is free and what has ended takes
 * a look at three directories, however many endpoints there are.
 *
 * <p>Whoever changes something holds {@linkplain #lock the lock}. A lease of somebody else may end at any moment even so.
 */
final class Leases {

    /** As much as a lease may have, with all of the machine's ports. */
    private static final int MOST_BYTES = 16 * 1024 * 1024;

    private static final int READABLE = 0644;
    private static final int REGULAR = 0100000;
    private static final String SEPARATOR = ",";
    private static final int PRIVATE = 0700;

    private final Files files;
    private final ParsedFiles parsed;
    private final String network;
    private final String folder;
    private final String endpoints;
    private final String addresses;
    private final String ports;

    /** @param folder what is kept of the network until the machine is started again */
    Leases(Kernel kernel, String network, Path folder) {
        this.files = kernel.files();
        this.parsed = kernel.parsedFiles();
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
            return parsed.read(
                    Fd.CWD,
                    endpoints + "/" + owner,
                    MOST_BYTES,
                    Endpoint.class,
                    bytes -> LeaseDocument.read(network, owner, new String(bytes, StandardCharsets.UTF_8)));
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

    /** An address and who has it. */
    record Entry(InetAddress address, String owner, String device, String mac) {

        static Optional<Entry> parse(String name) {
            String[] parts = name.split(SEPARATOR, -1);
            try {
                return Optional.of(new Entry(InetAddress.ofLiteral(parts[0]), parts[1], parts[2], parts[3]));
            } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException foreign) {
                return Optional.empty(); // not one of ours
            }
        }

        static Entry of(Endpoint endpoint) {
            return new Entry(endpoint.address().address(), endpoint.owner(), endpoint.device(), endpoint.mac());
        }

        String name() {
            return String.join(SEPARATOR, address.getHostAddress(), owner, device, mac);
        }
    }

    /** A published port and who has it; what the endpoint's own port is does not count here. */
    record PortEntry(Port port, String owner, String device) {

        static Optional<PortEntry> parse(String name) {
            String[] parts = name.split(SEPARATOR, -1);
            try {
                int number = Integer.parseInt(parts[2]);
                Port port = new Port(Protocol.of(parts[0]), InetAddress.ofLiteral(parts[1]), number, number);
                return Optional.of(new PortEntry(port, parts[3], parts[4]));
            } catch (NetworkException | IllegalArgumentException | ArrayIndexOutOfBoundsException foreign) {
                return Optional.empty(); // not one of ours
            }
        }

        String name() {
            return String.join(
                    SEPARATOR,
                    port.protocol().lowerCase(),
                    port.hostAddress().getHostAddress(),
                    Integer.toString(port.hostPort()),
                    owner,
                    device);
        }
    }

    /** The addresses that are taken. */
    List<Entry> entries() {
        return names(addresses).stream()
                .flatMap(name -> Entry.parse(name).stream())
                .toList();
    }

    /** The ports that are taken. */
    List<PortEntry> portEntries() {
        return names(ports).stream()
                .flatMap(name -> PortEntry.parse(name).stream())
                .toList();
    }

    /** Makes a lease. Its address and its ports are free. */
    void add(Lock lock, Endpoint endpoint) {
        make(addresses + "/" + Entry.of(endpoint).name());
        indexPorts(endpoint);
        write(endpoint);
        remember(lock, endpoint.address().address());
    }

    /** Gives what one owner has to another, with ports that are free. */
    void handOver(Endpoint from, Endpoint to) {
        indexPorts(to);
        files.rename(
                Fd.CWD,
                addresses + "/" + Entry.of(from).name(),
                Fd.CWD,
                addresses + "/" + Entry.of(to).name());
        write(to);
        end(from.owner());
    }

    /** Ends a lease; nothing happens if there is none. */
    void end(String owner) {
        unlink(endpoints + "/" + owner);
    }

    /** What is left of leases that have ended: address, device and ports. */
    List<Endpoint> ended(Network of) {
        List<Entry> entries = entries();
        Set<String> live = live(entries);
        List<Entry> ended =
                entries.stream().filter(entry -> !live.contains(entry.device())).toList();
        if (ended.isEmpty()) {
            return List.of();
        }
        Map<String, List<Port>> portsOf = new HashMap<>();
        for (PortEntry entry : portEntries()) {
            portsOf.computeIfAbsent(entry.device(), device -> new ArrayList<>()).add(entry.port());
        }
        return ended.stream()
                .map(entry -> new Endpoint(
                        entry.owner(),
                        network,
                        "",
                        new Prefix(entry.address(), of.gateway().length()),
                        of.gateway().address(),
                        entry.mac(),
                        entry.device(),
                        portsOf.getOrDefault(entry.device(), List.of())))
                .toList();
    }

    /** The devices of leases that last. */
    private Set<String> live(List<Entry> entries) {
        Set<String> owners = new HashSet<>(names(endpoints));
        Map<String, String> deviceOf = new HashMap<>();
        Set<String> live = new HashSet<>();
        for (Entry entry : entries) {
            if (!owners.contains(entry.owner())) {
                continue;
            }
            if (deviceOf.putIfAbsent(entry.owner(), entry.device()) == null) {
                live.add(entry.device());
            } else {
                // An owner who was here before: only his lease tells which of the two lasts.
                live.remove(deviceOf.get(entry.owner()));
                find(entry.owner()).ifPresent(endpoint -> live.add(endpoint.device()));
            }
        }
        return live;
    }

    /** Whether there may be something whose lease has ended; a mere look. */
    boolean hasEnded() {
        return names(addresses).size() > names(endpoints).size();
    }

    /** Frees the addresses and ports of leases that have ended. */
    void forget(List<Endpoint> ended) {
        for (Endpoint endpoint : ended) {
            portNames(endpoint).forEach(this::unlink);
            unlink(addresses + "/" + Entry.of(endpoint).name());
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
        portNames(endpoint).forEach(this::make);
    }

    private List<String> portNames(Endpoint endpoint) {
        return endpoint.ports().stream()
                .map(port -> ports + "/" + new PortEntry(port, endpoint.owner(), endpoint.device()).name())
                .toList();
    }

    private void make(String path) {
        files.makeNode(Fd.CWD, path, REGULAR | READABLE, 0);
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
