package dev.carafe.network;

import dev.carafe.linux.Kernel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A machine of a test's own: a network namespace, with a second one beside it that stands for its neighbours, at 10.9.0.2,
 * who see the machine at 10.9.0.1. It goes without a trace when it is closed.
 */
final class TestMachine implements AutoCloseable {

    static final Kernel KERNEL = Kernel.host();

    private final List<AutoCloseable> opened = new CopyOnWriteArrayList<>();
    private final List<String> notices = new ArrayList<>();
    private final Path folder;
    private final Room machine;
    private final Room neighbour;
    private final Networks networks;

    TestMachine(Path folder) {
        this.folder = folder;
        machine = open(Room.fresh(KERNEL));
        neighbour = open(Room.fresh(KERNEL));
        machine.shell("echo 0 > /proc/sys/net/ipv4/ip_forward; ip link add eth0 type veth peer name eth0 netns /proc/"
                + ProcessHandle.current().pid() + "/fd/" + neighbour.namespace().number()
                + "; ip addr add 10.9.0.1/24 dev eth0; ip link set eth0 up; ip route add default via 10.9.0.2");
        neighbour.shell("ip addr add 10.9.0.2/24 dev eth0; ip link set eth0 up");
        networks = open();
    }

    Room room() {
        return machine;
    }

    Room neighbour() {
        return neighbour;
    }

    Networks networks() {
        return networks;
    }

    /** The networks as another process would have them. */
    Networks open() {
        return open(Networks.open(KERNEL, folder.resolve("data"), folder.resolve("state"), notices::add));
    }

    /** The networks as a process has them that keeps some endpoints ready. */
    Networks openWarm(int most, Duration kept) {
        return open(
                Networks.openWarm(KERNEL, folder.resolve("data"), folder.resolve("state"), notices::add, most, kept));
    }

    /** The owners of all leases, also of endpoints that wait for theirs. */
    List<String> owners() {
        return new Leases(KERNEL, Network.BRIDGE, folder.resolve("state/network/bridge")).owners();
    }

    List<String> notices() {
        return notices;
    }

    /** What the switch is called, and the rules. */
    String device() {
        return DeviceNames.bridge(folder.resolve("data"), folder.resolve("state"));
    }

    /** An instance without a process: its namespace. */
    Room attach(String owner, String... ports) {
        return attach(request(owner, ports));
    }

    Room attach(EndpointRequest request) {
        Attachment attachment = machine.in(() -> networks.attach(Network.BRIDGE, request));
        return open(Room.of(KERNEL, attachment.namespace()));
    }

    static EndpointRequest request(String owner, String... ports) {
        return EndpointRequest.of(owner, owner)
                .publishing(Arrays.stream(ports)
                        .flatMap(port -> PortRequest.parse(port).stream())
                        .toList());
    }

    Endpoint endpoint(String owner) {
        return networks.endpoints(owner).getFirst();
    }

    <T extends AutoCloseable> T open(T closeable) {
        opened.add(closeable);
        return closeable;
    }

    @Override
    public void close() {
        for (AutoCloseable each : opened.reversed()) {
            try {
                each.close();
            } catch (Exception exception) {
                throw new IllegalStateException(exception);
            }
        }
    }
}
