package dev.carafe.network;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Link;
import dev.carafe.linux.Netlink;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Prefix;
import dev.carafe.linux.Route;
import java.util.List;

/** What a network takes from the machine, in the calling thread's network namespace: subnets, settings of the kernel. */
final class Machine {

    private static final String FORWARDING = "/proc/sys/net/ipv4/ip_forward";
    private static final int USUAL_MTU = 1500;

    private final Files files;

    Machine(Kernel kernel) {
        this.files = kernel.files();
    }

    /**
     * A lock that all installations share which are in this network namespace, held until it is closed: two of them must
     * not choose one subnet.
     */
    Fd lock() {
        Fd namespace = files.open(Fd.CWD, "/proc/thread-self/ns/net", OpenFlags.RDONLY);
        try {
            files.lock(namespace, Files.LOCK_EXCLUSIVE);
            return namespace;
        } catch (RuntimeException exception) {
            namespace.close();
            throw exception;
        }
    }

    /** Where its routes lead but by one device. */
    List<Prefix> taken(Netlink netlink, int except) {
        return netlink.routes().list().stream()
                .filter(route -> route.link() != except)
                .map(Route::destination)
                .toList();
    }

    /** The longest packet on the way to everywhere. */
    int mtu(Netlink netlink) {
        return netlink.routes().list().stream()
                .filter(route -> route.isDefault() && !route.destination().isVersion6() && route.link() != 0)
                .findFirst()
                .flatMap(route -> netlink.links().find(route.link()))
                .map(Link::mtu)
                .orElse(USUAL_MTU);
    }

    /** Has the machine send on what is not for itself; returns whether it did not do so before. */
    boolean forward() {
        if (files.readText(Fd.CWD, FORWARDING, 16).strip().equals("1")) {
            return false;
        }
        files.writeText(Fd.CWD, FORWARDING, "1");
        return true;
    }

    /** Lets a switch send on, and deliver what the machine sends from its loopback addresses; no packets of version 6. */
    void configure(String device) {
        files.writeText(Fd.CWD, "/proc/sys/net/ipv4/conf/" + device + "/forwarding", "1");
        files.writeText(Fd.CWD, "/proc/sys/net/ipv4/conf/" + device + "/route_localnet", "1");
        String version6 = "/proc/sys/net/ipv6/conf/" + device + "/disable_ipv6";
        if (files.exists(Fd.CWD, version6)) {
            files.writeText(Fd.CWD, version6, "1");
        }
    }
}
