package dev.carafe.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What neighbours and instances try that they must not get. Each gets it when the rules against it are taken away. */
@Tag("root")
class BridgeGuardsTest {

    /** Has a room send what is for 127.0.0.1 to another machine. */
    private static final String LOOPBACK_ELSEWHERE = "echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet;"
            + " ip addr del 127.0.0.1/8 dev lo; ip route add 127.0.0.1/32 via ";

    @TempDir
    private Path folder;

    private TestMachine machine;

    @BeforeEach
    void makeMachine() {
        machine = new TestMachine(folder);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    @Test
    void a_neighbour_reaches_no_port_by_an_instances_own_address() {
        Room one = machine.attach("one", "127.0.0.1:8080:80", "8081:81");
        one.serve("unpublished", "0.0.0.0", 79);
        one.serve("published at loopback", "0.0.0.0", 80);
        one.serve("published", "0.0.0.0", 81);
        machine.neighbour().shell("ip route add 172.17.0.0/16 via 10.9.0.1");
        assertThat(machine.neighbour().askInVain("172.17.0.2", 79)).isEmpty();
        assertThat(machine.neighbour().askInVain("172.17.0.2", 80)).isEmpty();
        assertThat(machine.neighbour().askInVain("172.17.0.2", 81)).isEmpty();
        unguard("inet", "forward");
        assertThat(machine.neighbour().ask("172.17.0.2", 79)).startsWith("unpublished");
        assertThat(machine.neighbour().ask("172.17.0.2", 80)).startsWith("published at loopback");
        assertThat(machine.neighbour().ask("172.17.0.2", 81)).startsWith("published");
    }

    @Test
    void a_neighbour_does_not_reach_what_is_published_at_loopback() {
        Room one = machine.attach("one", "127.0.0.1:8080:80");
        one.serve("one", "0.0.0.0", 80);
        assertThat(machine.room().ask("127.0.0.1", 8080)).isEqualTo("one 172.17.0.1");
        assertThat(machine.neighbour().askInVain("10.9.0.1", 8080)).isEmpty();
        machine.neighbour().shell(LOOPBACK_ELSEWHERE + "10.9.0.1");
        assertThat(machine.neighbour().askInVain("127.0.0.1", 8080)).isEmpty();
        unguard("inet", "from_elsewhere");
        machine.room()
                .shell("nft add rule inet " + machine.device()
                        + " from_elsewhere fib daddr type local jump to_endpoint");
        assertThat(machine.neighbour().ask("127.0.0.1", 8080)).startsWith("one ");
    }

    @Test
    void an_instance_does_not_reach_what_listens_at_the_machines_loopback() {
        Room one = machine.attach("one");
        machine.room().serve("secret", "127.0.0.1", 81);
        one.shell(LOOPBACK_ELSEWHERE + "172.17.0.1");
        assertThat(one.askInVain("127.0.0.1", 81)).isEmpty();
        unguard("inet", "loopback_stays");
        assertThat(one.ask("127.0.0.1", 81)).startsWith("secret");
    }

    @Test
    void an_instance_sends_with_its_own_address_only() {
        Room one = machine.attach("one");
        Room two = machine.attach("two");
        two.serve("two", "0.0.0.0", 80);
        assertThat(one.ask("172.17.0.3", 80)).isEqualTo("two 172.17.0.2");
        one.shell("ip addr del 172.17.0.2/16 dev eth0; ip addr add 172.17.0.99/16 dev eth0");
        assertThat(one.askInVain("172.17.0.3", 80)).isEmpty();
        unguard("bridge", "own_addresses");
        assertThat(one.ask("172.17.0.3", 80)).isEqualTo("two 172.17.0.99");
    }

    @Test
    void an_instance_sends_with_its_own_hardware_address_only() {
        Room one = machine.attach("one");
        Room two = machine.attach("two");
        two.serve("two", "0.0.0.0", 80);
        assertThat(one.ask("172.17.0.3", 80)).isEqualTo("two 172.17.0.2");
        one.shell("ip link set eth0 address 02:00:00:00:00:99");
        assertThat(one.askInVain("172.17.0.3", 80)).isEmpty();
        unguard("bridge", "own_addresses");
        assertThat(one.ask("172.17.0.3", 80)).isEqualTo("two 172.17.0.2");
    }

    @Test
    void an_instance_cannot_say_that_it_has_anothers_address() {
        Room one = machine.attach("one");
        one.shell("ip addr add 172.17.0.77/16 dev eth0");
        String known = "ip neigh show to 172.17.0.77 dev " + machine.device();
        one.askInVain("172.17.0.77", "172.17.0.1", 80);
        assertThat(machine.room().shell(known)).isEmpty();
        unguard("bridge", "own_addresses");
        one.shell("ip neigh flush nud all dev eth0");
        one.askInVain("172.17.0.77", "172.17.0.1", 80);
        assertThat(machine.room().shell(known)).contains("02:42:ac:11:00:02");
    }

    @Test
    void no_packet_of_version_6_leaves_an_instance() {
        Room one = machine.attach("one");
        String on = "echo 0 > /proc/sys/net/ipv6/conf/%1$s/disable_ipv6; ip addr add %2$s/64 dev %1$s nodad";
        one.shell(on.formatted("eth0", "fd00::2"));
        machine.room().shell(on.formatted(machine.device(), "fd00::1"));
        machine.room().serve("machine", "fd00::1", 81);
        assertThat(one.askInVain("fd00::1", 81)).isEmpty();
        unguard("bridge", "own_addresses");
        assertThat(one.ask("fd00::1", 81)).startsWith("machine ");
    }

    /** Takes the rules of a chain away. */
    private void unguard(String family, String chain) {
        machine.room().shell("nft flush chain " + family + " " + machine.device() + " " + chain);
    }
}
