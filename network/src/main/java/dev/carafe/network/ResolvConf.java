package dev.carafe.network;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * What an instance's {@code resolv.conf(5)} says.
 *
 * @param servers addresses
 * @param search domains
 * @param options such as {@code ndots:0}
 */
public record ResolvConf(List<String> servers, List<String> search, List<String> options) {

    private static final String MACHINES = "/etc/resolv.conf";
    /** Where systemd-resolved names the servers that it asks itself, while the machine's file has only itself. */
    private static final String SYSTEMD = "/run/systemd/resolve/resolv.conf";

    /** What is asked where the machine knows of none: nobody would be no better. */
    private static final List<String> PUBLIC = List.of("8.8.8.8", "8.8.4.4");

    private static final int MOST_BYTES = 256 * 1024;

    public ResolvConf {
        servers = List.copyOf(servers);
        search = List.copyOf(search);
        options = List.copyOf(options);
    }

    /**
     * What a file says; what is no line of it is ignored, as the C library does.
     *
     * @see <a href="https://man7.org/linux/man-pages/man5/resolv.conf.5.html">resolv.conf(5)</a>
     */
    public static ResolvConf parse(String text) {
        List<String> servers = new ArrayList<>();
        List<String> search = new ArrayList<>();
        List<String> options = new ArrayList<>();
        for (String line : text.lines().toList()) {
            List<String> words = List.of(line.replaceAll("[#;].*", "").strip().split("\\s+", -1));
            List<String> rest = words.subList(1, words.size());
            switch (words.getFirst()) {
                case "nameserver" -> rest.stream().findFirst().ifPresent(servers::add);
                case "search", "domain" -> {
                    search.clear(); // the last counts
                    search.addAll(rest);
                }
                case "options" -> options.addAll(rest);
                default -> {}
            }
        }
        return new ResolvConf(servers, search, options);
    }

    /** What an instance in a network of its own gets from this machine, where nothing was asked for. */
    public static ResolvConf ofMachine(Kernel kernel) {
        ResolvConf own = parse(read(kernel, MACHINES));
        return own.reachable(own.servers().stream().allMatch(ResolvConf::isLoopback) ? read(kernel, SYSTEMD) : "");
    }

    /** What this machine has, for an instance that shares its network. */
    public static ResolvConf same(Kernel kernel) {
        return parse(read(kernel, MACHINES));
    }

    /**
     * The same with those servers only that can be reached from elsewhere than this machine.
     *
     * @param behind the file of who answers at a loopback address of this machine; empty if there is none
     */
    ResolvConf reachable(String behind) {
        List<String> reachable =
                servers.stream().filter(ResolvConf::isReachable).toList();
        if (reachable.isEmpty()) {
            reachable = parse(behind).servers().stream()
                    .filter(ResolvConf::isReachable)
                    .toList();
        }
        return new ResolvConf(reachable.isEmpty() ? PUBLIC : reachable, search, options);
    }

    /** The same with what was asked for in place of what is there; an empty list asks for nothing. */
    public ResolvConf with(List<String> askedServers, List<String> askedSearch, List<String> askedOptions) {
        return new ResolvConf(
                askedServers.isEmpty() ? servers : askedServers,
                // A dot alone asks for no domain at all, as docker has it.
                askedSearch.equals(List.of(".")) ? List.of() : askedSearch.isEmpty() ? search : askedSearch,
                askedOptions.isEmpty() ? options : askedOptions);
    }

    /** The file. */
    public String text() {
        StringBuilder text = new StringBuilder();
        servers.forEach(server -> text.append("nameserver ").append(server).append('\n'));
        if (!search.isEmpty()) {
            text.append("search ").append(String.join(" ", search)).append('\n');
        }
        if (!options.isEmpty()) {
            text.append("options ").append(String.join(" ", options)).append('\n');
        }
        return text.toString();
    }

    /** Version 6 leads nowhere from a network yet. */
    private static boolean isReachable(String server) {
        return server.indexOf(':') < 0 && !isLoopback(server);
    }

    private static boolean isLoopback(String server) {
        try {
            InetAddress address = InetAddress.ofLiteral(server);
            return address.isLoopbackAddress() || address.isAnyLocalAddress(); // 0.0.0.0 is this machine too
        } catch (IllegalArgumentException noAddress) {
            return false;
        }
    }

    private static String read(Kernel kernel, String path) {
        try {
            return kernel.files().readText(Fd.CWD, path, MOST_BYTES);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return "";
            }
            throw exception;
        }
    }
}
