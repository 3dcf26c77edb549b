package dev.carafe.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Kernel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The default network on a machine of the test's own: a network namespace, with a second one beside it that stands for
 * the neighbours, at 10.9.0.2, who see the machine at 10.9.0.1.
 */
@Tag("root")
class BridgeTest {

    private final Kernel kernel = Kernel.host();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();

    @TempDir
    private Path folder;

    private Room machine;
    private Room neighbour;
    private Networks networks;

    @BeforeEach
    void makeMachine() {
        machine = open(Room.fresh(kernel));
        neighbour = open(Room.fresh(kernel));
        machine.shell("echo 0 > /proc/sys/net/ipv4/ip_forward");
        machine.shell("ip link add eth0 type veth peer name eth0 netns /proc/"
                + ProcessHandle.current().pid() + "/fd/"
                + neighbour.namespace().number() + " && ip addr add 10.9.0.1/24 dev eth0 && ip link set eth0 up"
                + " && ip route add default via 10.9.0.2");
        neighbour.shell("ip addr add 10.9.0.2/24 dev eth0 && ip link set eth0 up");
        neighbour.serve("neighbour", "10.9.0.2", 80);
        networks = Networks.open(kernel, folder.resolve("data"), folder.resolve("state"), notices::add);
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    @Test
    void instances_reach_each_other_and_the_machine() {
        Room one = attach("one");
        Room two = attach("two");
        two.serve("two", "0.0.0.0", 80);
        machine.serve("machine", "0.0.0.0", 81);
        assertThat(one.ask("172.17.0.3", 80)).isEqualTo("two 172.17.0.2");
        assertThat(one.ask("172.17.0.1", 81)).isEqualTo("machine 172.17.0.2");
        assertThat(machine.ask("172.17.0.3", 80)).isEqualTo("two 172.17.0.1");
    }

    @Test
    void the_outside_sees_the_machine_where_an_instance_asks() {
        Room one = attach("one");
        assertThat(one.ask("10.9.0.2", 80)).isEqualTo("neighbour 10.9.0.1");
        assertThat(notices).singleElement().asString().contains("net.ipv4.ip_forward");
        assertThat(networks.find("bridge").forwarding()).isTrue();
    }

    @Test
    void a_published_port_is_reached_from_everywhere() {
        Room one = attach("one", "8080:80");
        Room two = attach("two");
        one.serve("one", "0.0.0.0", 80);
        assertThat(neighbour.ask("10.9.0.1", 8080)).isEqualTo("one 10.9.0.2");
        assertThat(machine.ask("127.0.0.1", 8080)).isEqualTo("one 172.17.0.1");
        assertThat(machine.ask("10.9.0.1", 8080)).startsWith("one ");
        assertThat(machine.ask("172.17.0.1", 8080)).startsWith("one ");
        assertThat(two.ask("10.9.0.1", 8080)).isEqualTo("one 172.17.0.1");
        assertThat(one.ask("10.9.0.1", 8080)).as("its own").isEqualTo("one 172.17.0.1");
        assertThat(one.ask("172.17.0.1", 8080)).as("its own").isEqualTo("one 172.17.0.1");
    }

    private Room attach(String owner, String... ports) {
        return attach(EndpointRequest.of(owner, owner)
                .publishing(List.of(ports).stream()
                        .flatMap(port -> PortRequest.parse(port).stream())
                        .toList()));
    }

    private Room attach(EndpointRequest request) {
        Attachment attachment = machine.in(() -> networks.attach(Network.BRIDGE, request));
        return open(Room.of(kernel, attachment.namespace()));
    }

    private <T extends AutoCloseable> T open(T closeable) {
        opened.add(closeable);
        return closeable;
    }
}
