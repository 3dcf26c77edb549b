package dev.carafe.network;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Link;
import dev.carafe.linux.LinkKind;
import dev.carafe.linux.LinkSetting;
import dev.carafe.linux.Namespace;
import dev.carafe.linux.Namespaces;
import dev.carafe.linux.Netlink;
import dev.carafe.linux.Route;
import dev.carafe.linux.SystemCallException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** Makes network namespaces, and plugs them in. */
final class Cables {

    /** What an instance calls its end. */
    static final String INSIDE = "eth0";

    private static final int LOOPBACK = 1;
    private static final Duration PAUSE = Duration.ofNanos(100_000);
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Kernel kernel;

    Cables(Kernel kernel) {
        this.kernel = kernel;
    }

    /** A namespace with loopback, and a way to configure it. */
    record Room(Fd namespace, Netlink network) {}

    /**
     * Gives a namespace a device {@code eth0} whose cable leads to a switch. It lasts for as long as the namespace: until
     * nobody has a descriptor of that, and no process is in it.
     *
     * @param bridge the index of the switch
     */
    void plug(Netlink machine, int bridge, Network network, Endpoint endpoint, Room room) {
        Netlink inside = room.network();
        var peer = new LinkKind.Veth(List.of(
                new LinkSetting.Name(INSIDE),
                new LinkSetting.Mac(endpoint.mac()),
                new LinkSetting.Mtu(network.mtu()),
                new LinkSetting.Home(room.namespace())));
        machine.links()
                .create(
                        peer,
                        new LinkSetting.Name(endpoint.device()),
                        new LinkSetting.Mtu(network.mtu()),
                        new LinkSetting.Master(bridge),
                        new LinkSetting.State(true));
        // With br_netfilter the switch itself turns a packet round that is for the sender's own published port.
        machine.links()
                .find(endpoint.device())
                .ifPresent(port -> machine.links().hairpin(port.index(), true));
        int device = inside.links().find(INSIDE).map(Link::index).orElseThrow();
        inside.addresses().add(device, endpoint.address(), 0);
        inside.links().change(device, new LinkSetting.State(true));
        inside.routes().add(Route.ofDefault(endpoint.gateway()));
    }

    /**
     * Waits until a device passes packets on. The kernel notices a moment late that a cable has both its ends and that a
     * switch has its first cable, and drops what is sent until then; a program would send it again after a second only.
     */
    void awaitRunning(Netlink machine, String device) {
        long begun = System.nanoTime();
        while (!machine.links().find(device).map(Link::isRunning).orElse(true)
                && System.nanoTime() - begun < PATIENCE.toNanos()) {
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /** Makes one, which lasts for as long as its descriptor, or a process in it. */
    Room room() {
        boolean version6 = kernel.files().exists(Fd.CWD, "/proc/sys/net/ipv6");
        return Namespaces.onOwnThread(() -> {
            kernel.namespaces().unshare(Set.of(Namespace.NETWORK));
            Fd namespace = kernel.namespaces().openOwn(Namespace.NETWORK);
            try {
                if (version6) {
                    // Nothing of version 6 leaves the switch yet: an address that reaches nobody would only be waited
                    // for.
                    kernel.files().writeText(Fd.CWD, "/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
                }
                Netlink network = kernel.netlink();
                network.links().change(LOOPBACK, new LinkSetting.State(true));
                return new Room(namespace, network);
            } catch (RuntimeException exception) {
                namespace.close();
                throw exception;
            }
        });
    }

    /** Plugs a cable into a switch that is not in it, as when the switch was made anew. */
    static void plugAgain(Netlink machine, int bridge, String device) {
        machine.links().find(device).filter(link -> link.master() != bridge).ifPresent(link -> {
            machine.links().change(link.index(), new LinkSetting.Master(bridge), new LinkSetting.State(true));
            machine.links().hairpin(link.index(), true);
        });
    }

    /** Takes a device away; nothing happens if it has gone. */
    static void unplug(Netlink machine, String device) {
        machine.links().find(device).ifPresent(link -> {
            try {
                machine.links().delete(link.index());
            } catch (SystemCallException exception) {
                if (exception.errno() != Errno.ENODEV) {
                    throw exception;
                }
            }
        });
    }
}
