package dev.carafe.runtime;

import dev.carafe.linux.Addresses;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Link;
import dev.carafe.linux.LinkAddress;
import dev.carafe.linux.LinkSetting;
import dev.carafe.linux.Links;
import dev.carafe.linux.Namespace;
import dev.carafe.linux.Namespaces;
import dev.carafe.linux.Netlink;
import dev.carafe.linux.Prefix;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.JsonPath;
import java.util.List;
import java.util.Map;

/**
 * Network devices of the host that become the container's (config-linux.md, "Network Devices").
 *
 * <p>Nobody brings them back: when the namespace ends, the kernel returns what is hardware and removes what is not.
 */
final class NetDevices {

    private static final int PERMANENT = 0x80;
    private static final int EVERYWHERE = 0;

    private final Kernel kernel;

    NetDevices(Kernel kernel) {
        this.kernel = kernel;
    }

    /** One of the two networks: a connection that speaks for it, and the namespace itself. */
    private record Side(Netlink network, Fd namespace) {}

    /**
     * Moves devices of the calling thread's network namespace to that of a process, and switches them on there: all of
     * them, or if one cannot be moved none.
     *
     * @param devices each with its name there
     * @param pid of a process that is known to live
     */
    void move(Map<String, String> devices, int pid) {
        if (devices.isEmpty()) {
            return;
        }
        try (Fd own = kernel.namespaces().openOwn(Namespace.NETWORK);
                Netlink ownNetwork = kernel.netlink();
                Fd container = kernel.namespaces().open(pid, Namespace.NETWORK);
                Netlink containerNetwork = Namespaces.onOwnThread(() -> connect(container));
                Undo undo = new Undo()) {
            Side here = new Side(ownNetwork, own);
            Side there = new Side(containerNetwork, container);
            devices.forEach((name, newName) -> {
                try {
                    move(here, name, there, newName, undo);
                } catch (SystemCallException exception) {
                    throw new RuntimeFailure(key(name) + exception.getMessage(), exception);
                }
            });
            undo.keep();
        }
    }

    private Netlink connect(Fd namespace) {
        kernel.namespaces().enter(namespace, Namespace.NETWORK);
        return kernel.netlink();
    }

    private static void move(Side here, String name, Side there, String newName, Undo undo) {
        Link link = here.network
                .links()
                .find(name)
                .orElseThrow(() -> new RuntimeFailure(key(name) + "there is no network device of that name"));
        if (link.isLoopback()) {
            throw new RuntimeFailure(key(name) + "the loopback device stays; each namespace has its own");
        }
        // The kernel would move it all the same, and only then find that it cannot rename it.
        if (there.network.links().find(newName).isPresent()) {
            throw new RuntimeFailure(key(name) + "there is a network device " + newName + " in the container already");
        }
        // Before it is switched off, which costs a device its addresses of version 6.
        List<LinkAddress> addresses = here.network.addresses().list(link.index());
        undo.add(() -> {
            if (there.network.links().find(newName).isPresent()) {
                carry(there, newName, here, name);
            }
            settle(here, name, addresses, link.isUp());
        });
        carry(here, name, there, newName);
        settle(there, newName, addresses, true);
    }

    /** In one step, as either name may be taken on the side where it would stand for a moment. */
    private static void carry(Side from, String name, Side to, String newName) {
        Links links = from.network.links();
        int index = links.find(name).orElseThrow(() -> gone(name)).index();
        links.change(index, new LinkSetting.State(false));
        links.change(index, new LinkSetting.Name(newName), new LinkSetting.Home(to.namespace));
    }

    /** What the kernel takes from a device that moves. */
    private static void settle(Side side, String name, List<LinkAddress> addresses, boolean up) {
        int index =
                side.network.links().find(name).orElseThrow(() -> gone(name)).index();
        for (LinkAddress address : addresses) {
            // Others were given for a time, or mean something on the host only.
            if ((address.flags() & PERMANENT) != 0 && address.scope() == EVERYWHERE) {
                int kept = address.flags() & Addresses.NO_DUPLICATE_DETECTION;
                add(side, index, address.prefix(), kept);
            }
        }
        side.network.links().change(index, new LinkSetting.State(up));
    }

    private static void add(Side side, int index, Prefix prefix, int flags) {
        try {
            side.network.addresses().add(index, prefix, flags);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.EEXIST) { // a device that did not move has it still
                throw exception;
            }
        }
    }

    private static RuntimeFailure gone(String name) {
        return new RuntimeFailure(key(name) + "somebody else has moved it or taken it away");
    }

    private static String key(String name) {
        return "config.json: linux." + JsonPath.member("netDevices", name) + ": ";
    }
}
