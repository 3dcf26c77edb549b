package dev.carafe.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.NetworkMode;
import dev.carafe.engine.options.NetworkOptions;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.network.ResolvConf;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The files that say what an instance and others are called: {@code hosts}, {@code hostname} and {@code resolv.conf} in
 * the instance's folder, which it sees in its {@code /etc}.
 *
 * <p>Each is a file to write and a mount to make, so that an instance without a network has the image's own, unless
 * something is asked for that belongs in there.
 */
final class NameFiles {

    private static final String HOSTS = """
            127.0.0.1\tlocalhost
            ::1\tlocalhost ip6-localhost ip6-loopback
            fe00::\tip6-localnet
            ff00::\tip6-mcastprefix
            ff02::1\tip6-allnodes
            ff02::2\tip6-allrouters
            """;

    private static final String HOSTS_FILE = "hosts";
    private static final String NAME_FILE = "hostname";
    private static final String RESOLVER_FILE = "resolv.conf";

    private static final String MACHINES_NAME = "/proc/sys/kernel/hostname";
    private static final String MACHINES_HOSTS = "/etc/hosts";

    private static final int FILE_MOST = 1 << 20;
    private static final int NEW_FILE = OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.TRUNC | OpenFlags.NOFOLLOW;

    private final Kernel kernel;
    private final Files files;

    NameFiles(Kernel kernel) {
        this.kernel = kernel;
        this.files = kernel.files();
    }

    /**
     * What an instance's network knows.
     *
     * @param addresses the instance's own; none without a network
     * @param gateway the machine, as the instance reaches it; what {@code host-gateway} stands for
     */
    record Known(List<String> addresses, Optional<String> gateway) {

        static final Known NOTHING = new Known(List.of(), Optional.empty());
    }

    /** Whether an instance is to have them. */
    static boolean areWanted(InstanceOptions options, Known known) {
        return !known.addresses().isEmpty()
                || options.network().mode() == NetworkMode.Simple.HOST
                || options.identity().hostname().isPresent()
                || !options.network().hosts().isEmpty()
                || !options.network().nameServers().isEmpty();
    }

    /** Those that an instance has, by its folder; empty if it has none. */
    static Optional<Surroundings.Names> find(Kernel kernel, Path folder) {
        Path hosts = folder.resolve(HOSTS_FILE);
        Path resolver = folder.resolve(RESOLVER_FILE);
        if (!kernel.files().exists(Fd.CWD, hosts.toString())) {
            return Optional.empty();
        }
        return Optional.of(new Surroundings.Names(
                hosts,
                folder.resolve(NAME_FILE),
                Optional.of(resolver).filter(it -> kernel.files().exists(Fd.CWD, it.toString()))));
    }

    /**
     * Writes them, over those that are there.
     *
     * @param folder of the instance
     */
    Surroundings.Names write(Path folder, InstanceOptions options, String ownName, Known known) {
        String hostname = options.namespaces().uts().isHost()
                ? machines(MACHINES_NAME).orElse(ownName).strip()
                : ownName;
        NetworkOptions network = options.network();
        boolean host = network.mode() == NetworkMode.Simple.HOST;
        boolean resolves =
                host || !known.addresses().isEmpty() || !network.nameServers().isEmpty();
        Path hosts = folder.resolve(HOSTS_FILE);
        Path name = folder.resolve(NAME_FILE);
        Path resolver = folder.resolve(RESOLVER_FILE);
        String first = host ? machines(MACHINES_HOSTS).orElse(HOSTS) : HOSTS;
        write(hosts, hosts(first, options, hostname, known));
        write(name, hostname + "\n");
        if (resolves) {
            write(resolver, resolver(network, host));
        }
        return new Surroundings.Names(hosts, name, resolves ? Optional.of(resolver) : Optional.empty());
    }

    private static String hosts(String first, InstanceOptions options, String hostname, Known known) {
        StringBuilder text = new StringBuilder(first);
        if (!first.endsWith("\n")) {
            text.append('\n');
        }
        for (NetworkOptions.Host host : options.network().hosts()) {
            String address = host.address();
            if (address.equals(NetworkOptions.Host.GATEWAY)) {
                address = known.gateway()
                        .orElseThrow(() -> new EngineException(
                                EngineException.Kind.INVALID,
                                "--add-host " + host.name() + ":host-gateway: without a network of its own the instance"
                                        + " does not reach this machine"));
            }
            text.append(address).append('\t').append(host.name()).append('\n');
        }
        String names = options.identity()
                .domainname()
                .map(domain -> hostname + "." + domain + " " + hostname)
                .orElse(hostname);
        if (known.addresses().isEmpty() && options.network().mode() != NetworkMode.Simple.HOST) {
            // So that who looks up his own name finds himself, without a network too.
            text.append("127.0.1.1\t").append(names).append('\n');
        }
        known.addresses()
                .forEach(address ->
                        text.append(address).append('\t').append(names).append('\n'));
        return text.toString();
    }

    private String resolver(NetworkOptions network, boolean host) {
        ResolvConf machines = host ? ResolvConf.same(kernel) : ResolvConf.ofMachine(kernel);
        return machines.with(network.nameServers(), network.searchDomains(), network.resolverOptions())
                .text();
    }

    private Optional<String> machines(String path) {
        try {
            return Optional.of(files.readText(Fd.CWD, path, FILE_MOST));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT || exception.errno() == Errno.EFBIG) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    private void write(Path path, String text) {
        try (Fd file = files.open(Fd.CWD, path.toString(), NEW_FILE, 0644, 0)) {
            files.changeMode(file, 0644); // whatever the mask of whoever calls
            files.write(file, text.getBytes(UTF_8));
        }
    }
}
