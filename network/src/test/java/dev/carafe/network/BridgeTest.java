package dev.carafe.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.Inet4Address;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The default network: who reaches whom, and that it stays true whoever is killed and whatever is flushed. */
@Tag("root")
class BridgeTest {

    @TempDir
    private Path folder;

    private TestMachine machine;

    @BeforeEach
    void makeMachine() {
        machine = new TestMachine(folder);
        machine.neighbour().serve("neighbour", "10.9.0.2", 80);
    }

    @AfterEach
    void close() {
        machine.close();
    }

    @Test
    void instances_reach_each_other_and_the_machine() {
        Room one = machine.attach("one");
        Room two = machine.attach("two");
        two.serve("two", "0.0.0.0", 80);
        machine.room().serve("machine", "0.0.0.0", 81);
        assertThat(one.ask("172.17.0.3", 80)).isEqualTo("two 172.17.0.2");
        assertThat(one.ask("172.17.0.1", 81)).isEqualTo("machine 172.17.0.2");
        assertThat(machine.room().ask("172.17.0.3", 80)).isEqualTo("two 172.17.0.1");
    }

    @Test
    void the_outside_sees_the_machine_where_an_instance_asks() {
        Room one = machine.attach("one");
        assertThat(one.ask("10.9.0.2", 80)).isEqualTo("neighbour 10.9.0.1");
        assertThat(machine.notices()).singleElement().asString().contains("net.ipv4.ip_forward");
        assertThat(machine.networks().find("bridge").forwarding()).isTrue();
    }

    @Test
    void an_instance_finds_what_its_endpoint_says() {
        machine.room().shell("ip link set eth0 mtu 1400");
        Room one = machine.attach(new EndpointRequest(
                "one",
                "one",
                List.of(),
                Optional.of(Inet4Address.ofLiteral("172.17.5.6")),
                Optional.of("02:00:00:00:00:09")));
        Endpoint endpoint = machine.endpoint("one");
        assertThat(endpoint.address()).hasToString("172.17.5.6/16");
        assertThat(one.shell("ip -o addr; ip -o link; ip route"))
                .contains(
                        "inet 172.17.5.6/16 brd 172.17.255.255 scope global eth0",
                        "inet 127.0.0.1/8 scope host lo",
                        "link/ether 02:00:00:00:00:09",
                        "mtu 1400",
                        "default via 172.17.0.1 dev eth0")
                .doesNotContain("inet6 fe80");
        assertThat(machine.room().shell("ip -o link show " + endpoint.device()))
                .contains("mtu 1400", "master " + machine.device(), "state UP");
    }

    @Test
    void a_published_port_is_reached_from_everywhere() {
        Room one = machine.attach("one", "8080:80");
        Room two = machine.attach("two");
        one.serve("one", "0.0.0.0", 80);
        assertThat(machine.neighbour().ask("10.9.0.1", 8080)).isEqualTo("one 10.9.0.2");
        assertThat(machine.room().ask("127.0.0.1", 8080)).isEqualTo("one 172.17.0.1");
        assertThat(machine.room().ask("10.9.0.1", 8080)).startsWith("one ");
        assertThat(machine.room().ask("172.17.0.1", 8080)).startsWith("one ");
        assertThat(two.ask("10.9.0.1", 8080)).isEqualTo("one 172.17.0.1");
        assertThat(one.ask("10.9.0.1", 8080)).as("its own").isEqualTo("one 172.17.0.1");
        assertThat(one.ask("172.17.0.1", 8080)).as("its own").isEqualTo("one 172.17.0.1");
    }

    @Test
    void an_own_port_is_reached_whether_or_not_bridges_call_the_packet_filter() {
        Room one = machine.attach("one", "8080:80");
        one.serve("one", "0.0.0.0", 80);
        assertThat(one.ask("10.9.0.1", 8080)).isEqualTo("one 172.17.0.1");
        machine.room().shell("echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables");
        assertThat(one.ask("10.9.0.1", 8080)).isEqualTo("one 172.17.0.1");
    }

    @Test
    void datagrams_are_published_too() {
        Room one = machine.attach("one", "10.9.0.1:53:5353/udp");
        one.serveDatagrams("one", 5353);
        assertThat(machine.neighbour().askDatagram("10.9.0.1", 53, 0)).contains("one 10.9.0.2");
        assertThat(machine.room().askDatagram("10.9.0.1", 53, 0)).isPresent();
        assertThat(machine.room().askDatagramInVain("172.17.0.1", 53))
                .as("at another address")
                .isEmpty();
    }

    @Test
    void a_port_is_given_that_nobody_has() {
        machine.room().serve("program", "127.0.0.1", 8081);
        machine.attach("one", "8080:80", "9000:90", "9000:90/udp");
        machine.attach("two", "80", "8080-8083:80");
        assertThat(machine.endpoint("two").ports())
                .extracting(Port::hostPort)
                .satisfiesExactly(
                        any -> assertThat(any).isBetween(32768, 60999),
                        first -> assertThat(first).isEqualTo(8082));
        assertThatThrownBy(() -> machine.attach("three", "127.0.0.1:8080:80"))
                .isInstanceOfSatisfying(
                        NetworkException.class, it -> assertThat(it.kind()).isEqualTo(NetworkException.Kind.CONFLICT))
                .hasMessage("port 8080/tcp of 127.0.0.1 is taken by the instance one");
        assertThatThrownBy(() -> machine.attach("three", "8081:80"))
                .hasMessage("port 8081/tcp of 0.0.0.0 is taken by a program of this machine");
        assertThatThrownBy(() -> machine.attach("three", "70:80", "70:81"))
                .hasMessage("port 70/tcp of 0.0.0.0 is asked for twice");
        assertThatThrownBy(() -> machine.attach("three", "10.9.0.7:70:80"))
                .hasMessage("port 70/tcp of 10.9.0.7 cannot be published: the machine has no such address");
        assertThat(machine.networks().endpoints("three")).isEmpty();
    }

    @Test
    void an_address_is_given_that_nobody_has() {
        machine.attach("one");
        var taken = Optional.of(Inet4Address.ofLiteral("172.17.0.2"));
        assertThatThrownBy(() -> machine.attach(new EndpointRequest("two", "two", List.of(), taken, Optional.empty())))
                .hasMessage("the address 172.17.0.2 is taken by the instance one");
        assertThatThrownBy(() -> machine.attach("one")).hasMessageContaining("in the network \"bridge\" already");
        var elsewhere = Optional.of(Inet4Address.ofLiteral("172.18.0.2"));
        assertThatThrownBy(
                        () -> machine.attach(new EndpointRequest("two", "two", List.of(), elsewhere, Optional.empty())))
                .hasMessageContaining("whose subnet is 172.17.0.0/16");
    }

    @Test
    void nothing_is_left_of_what_ends_by_removal_of_its_lease() throws Exception {
        machine.attach("one", "8080:80");
        Endpoint endpoint = machine.endpoint("one");
        assertThat(rules()).contains("8080", endpoint.device());
        for (Path file : machine.networks().leaseFiles("one")) {
            Files.delete(file);
        }
        assertThat(machine.networks().endpoints("one")).isEmpty();
        machine.room().in(() -> {
            machine.networks().tidy();
            return null;
        });
        assertThat(rules()).doesNotContain("8080", endpoint.device());
        machine.attach("two", "8080:80");
        assertThat(machine.endpoint("two").address()).hasToString("172.17.0.3/16");
    }

    @Test
    void who_comes_next_may_have_what_has_ended() throws Exception {
        Room one = machine.attach("one", "8080:80");
        Files.delete(machine.networks().leaseFiles("one").getFirst());
        Room again = machine.attach("one", "8080:80");
        one.serve("dead", "0.0.0.0", 80);
        again.serve("again", "0.0.0.0", 80);
        assertThat(machine.neighbour().ask("10.9.0.1", 8080)).isEqualTo("again 10.9.0.2");
        machine.room().in(() -> {
            machine.networks().detach("one");
            return null;
        });
        assertThat(machine.neighbour().askInVain("10.9.0.1", 8080)).isEmpty();
        assertThat(machine.networks().list().getFirst().endpoints()).isEmpty();
    }

    @Test
    void what_others_have_flushed_comes_back() {
        Room one = machine.attach("one", "8080:80");
        one.serve("one", "0.0.0.0", 80);
        machine.room().shell("nft flush ruleset");
        assertThat(machine.neighbour().askInVain("10.9.0.1", 8080)).isEmpty();
        machine.attach("two");
        assertThat(machine.neighbour().ask("10.9.0.1", 8080))
                .as("with the next")
                .isEqualTo("one 10.9.0.2");
        machine.room().shell("nft flush ruleset; ip link set " + machine.device() + " down");
        machine.room().in(() -> {
            machine.networks().repair();
            return null;
        });
        assertThat(machine.neighbour().ask("10.9.0.1", 8080)).as("repaired").isEqualTo("one 10.9.0.2");
    }

    @Test
    void datagrams_go_to_who_has_the_port_now() throws Exception {
        machine.attach("one", "53:53/udp").serveDatagrams("one", 53);
        assertThat(machine.neighbour().askDatagram("10.9.0.1", 53, 4321)).contains("one 10.9.0.2");
        Files.delete(machine.networks().leaseFiles("one").getFirst());
        machine.attach("two", "53:53/udp").serveDatagrams("two", 53);
        assertThat(machine.neighbour().askDatagram("10.9.0.1", 53, 4321))
                .as("from the same port as before")
                .contains("two 10.9.0.2");
    }

    @Test
    void whoever_waits_for_one_that_goes_is_refused() throws Exception {
        machine.attach("one", "8080:80").shell("ip link set eth0 down"); // and nobody answers
        CompletableFuture<String> waiting = machine.neighbour().beginToConnect("10.9.0.1", 8080);
        Files.delete(machine.networks().leaseFiles("one").getFirst());
        machine.room().in(() -> {
            machine.networks().tidy();
            return null;
        });
        assertThat(waiting.get()).isEqualTo("Connection refused");
    }

    @Test
    void what_others_forbid_by_default_is_let_through_for_the_network_alone() {
        String docker =
                "nft add table ip filter; nft 'add chain ip filter FORWARD { type filter hook forward priority 0;"
                        + " policy drop; }'; nft add chain ip filter DOCKER-USER; nft add rule ip filter FORWARD jump DOCKER-USER";
        machine.room().shell(docker);
        Room one = machine.attach("one", "8080:80");
        one.serve("one", "0.0.0.0", 80);
        assertThat(one.ask("10.9.0.2", 80)).isEqualTo("neighbour 10.9.0.1");
        assertThat(machine.neighbour().ask("10.9.0.1", 8080)).isEqualTo("one 10.9.0.2");
        machine.room().shell("nft flush chain ip filter DOCKER-USER");
        assertThat(one.askInVain("10.9.0.2", 80)).as("without our rules").isEmpty();
        machine.room().in(() -> {
            machine.networks().repair();
            machine.networks().repair();
            return null;
        });
        assertThat(one.ask("10.9.0.2", 80)).isEqualTo("neighbour 10.9.0.1");
        assertThat(machine.room().shell("nft list chain ip filter DOCKER-USER").split("accept", -1))
                .as("two rules, however often they are looked after")
                .hasSize(3);
        machine.room().in(() -> {
            machine.networks().detach("one");
            return machine.networks().prune();
        });
        assertThat(machine.room().shell("nft list table ip filter")).doesNotContain(machine.device());
    }

    @Test
    void a_subnet_is_taken_that_is_nobody_elses_and_kept() {
        machine.room().shell("ip route add 172.17.128.0/17 via 10.9.0.2");
        machine.attach("one");
        assertThat(machine.endpoint("one").address()).hasToString("172.18.0.2/16");
        machine.room().in(() -> {
            machine.networks().detach("one");
            return machine.networks().prune();
        });
        machine.room().shell("ip route del 172.17.128.0/17");
        machine.attach("two");
        assertThat(machine.endpoint("two").address()).as("as before").hasToString("172.18.0.3/16");
        machine.room().in(() -> {
            machine.networks().detach("two");
            return machine.networks().prune();
        });
        machine.room().shell("ip route add 172.18.7.0/24 via 10.9.0.2");
        machine.attach("three");
        assertThat(machine.endpoint("three").address())
                .as("as somebody has it now")
                .hasToString("172.17.0.2/16");
    }

    @Test
    void nothing_is_left_of_a_network_without_endpoints() {
        String before = machine.room().shell("ip -o link; nft list ruleset");
        machine.attach("one");
        assertThat(machine.room().<List<String>>in(() -> machine.networks().prune()))
                .isEmpty();
        machine.room().in(() -> {
            machine.networks().detach("one");
            return null;
        });
        assertThat(machine.room().in(() -> machine.networks().prune())).containsExactly("bridge");
        assertThat(machine.room().in(() -> machine.networks().prune())).isEmpty();
        assertThat(machine.room().shell("nft list ruleset; ip -o link"))
                .doesNotContain(machine.device())
                .hasSizeLessThan(before.length() + 200);
    }

    @Test
    void many_at_once_have_different_addresses_and_ports() throws Exception {
        Set<String> addresses = ConcurrentHashMap.newKeySet();
        Set<Integer> ports = ConcurrentHashMap.newKeySet();
        List<Thread> threads = new java.util.ArrayList<>();
        for (int i = 0; i < 4; i++) {
            int number = i;
            // Others' as it were: each opens the networks for himself, as a process would.
            threads.add(Thread.ofPlatform().start(() -> {
                for (int j = 0; j < 5; j++) {
                    String owner = "owner-" + number + "-" + j;
                    Networks own = machine.open();
                    Attachment attachment =
                            machine.room().in(() -> own.attach(Network.BRIDGE, TestMachine.request(owner, "80")));
                    attachment.close();
                    addresses.add(attachment.endpoint().address().toString());
                    ports.add(attachment.endpoint().ports().getFirst().hostPort());
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(addresses).hasSize(20);
        assertThat(ports).hasSize(20);
    }

    private String rules() {
        return machine.room().shell("nft list ruleset");
    }
}
