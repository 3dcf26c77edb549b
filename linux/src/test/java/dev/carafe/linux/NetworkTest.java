package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.LinkSetting.Home;
import dev.carafe.linux.LinkSetting.Mac;
import dev.carafe.linux.LinkSetting.Master;
import dev.carafe.linux.LinkSetting.Mtu;
import dev.carafe.linux.LinkSetting.Name;
import dev.carafe.linux.LinkSetting.State;
import java.net.InetAddress;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each test in a network namespace of its own, checked against what {@code ip} says of it. */
@Tag("root")
class NetworkTest {

    private final Kernel kernel = Kernel.host();

    @Test
    void a_veth_pair_is_made_with_all_its_settings_at_once() {
        inNewNamespace(network -> {
            Links links = network.links();
            links.create(new LinkKind.Bridge(), new Name("br0"), new State(true));
            Link bridge = links.find("br0").orElseThrow();
            try (Fd container = newNamespace()) {
                links.create(
                        new LinkKind.Veth(List.of(
                                new Name("eth0"), new Mtu(1400), new Mac("02:00:00:00:00:02"), new Home(container))),
                        new Name("veth0"),
                        new Mtu(1400),
                        new Mac("02:00:00:00:00:01"),
                        new Master(bridge.index()),
                        new State(true));
                Link peer = inside(container, there -> {
                    Links theirs = there.links();
                    Link made = theirs.find("eth0").orElseThrow();
                    theirs.change(made.index(), new State(true));
                    return theirs.find(made.index()).orElseThrow();
                });
                assertThat(peer.mac()).isEqualTo("02:00:00:00:00:02");
                assertThat(peer.mtu()).isEqualTo(1400);
                assertThat(peer.isUp()).isTrue();

                Link veth = links.find("veth0").orElseThrow();
                assertThat(veth.kind()).isEqualTo("veth");
                assertThat(veth.master()).isEqualTo(bridge.index());
                assertThat(veth.mtu()).isEqualTo(1400);
                assertThat(veth.mac()).isEqualTo("02:00:00:00:00:01");
                assertThat(veth.isUp()).isTrue();
                assertThat(veth.hasCarrier()).isTrue();
                assertThat(links.find(veth.index())).contains(veth);
                assertThat(links.find("eth0")).isEmpty();
                assertThat(Command.output(kernel, "ip -j link show veth0"))
                        .contains("\"mtu\":1400", "\"master\":\"br0\"", "\"address\":\"02:00:00:00:00:01\"", "\"UP\"");

                assertThat(veth.parent()).isEqualTo(peer.index());
            }
        });
    }

    @Test
    void a_veth_whose_peer_would_be_up_before_the_cable_is_plugged_in_is_refused() {
        assertThatThrownBy(() -> new LinkKind.Veth(List.of(new Name("b"), new State(true))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("change it afterwards");
    }

    @Test
    void a_device_is_renamed_resized_switched_and_taken_off_its_bridge() {
        inNewNamespace(network -> {
            Links links = network.links();
            links.create(new LinkKind.Bridge(), new Name("br0"));
            links.create(new LinkKind.Veth(List.of(new Name("b"))), new Name("a"));
            int bridge = links.find("br0").orElseThrow().index();
            int device = links.find("a").orElseThrow().index();
            links.change(device, new Name("renamed"), new Mtu(9000), new Master(bridge), new State(true));
            assertThat(Command.output(kernel, "ip -j link show dev renamed"))
                    .contains("\"ifindex\":" + device, "\"mtu\":9000", "\"master\":\"br0\"", "\"UP\"");
            links.change(device, new Master(0), new State(false), new Mac("02:00:00:00:00:09"));
            Link changed = links.find(device).orElseThrow();
            assertThat(changed.master()).isZero();
            assertThat(changed.isUp()).isFalse();
            assertThat(changed.mac()).isEqualTo("02:00:00:00:00:09");
            links.delete(device);
            assertThat(links.list()).extracting(Link::name).containsExactlyInAnyOrder("lo", "br0");
            assertThatThrownBy(() -> links.delete(device))
                    .hasMessageContaining("RTM_DELLINK(" + device + ")")
                    .hasMessageContaining("ENODEV");
        });
    }

    @Test
    void a_port_of_a_bridge_may_be_a_hairpin() {
        inNewNamespace(network -> {
            Links links = network.links();
            links.create(new LinkKind.Bridge(), new Name("br0"));
            int bridge = links.find("br0").orElseThrow().index();
            links.create(new LinkKind.Veth(List.of(new Name("b"))), new Name("a"), new Master(bridge));
            int port = links.find("a").orElseThrow().index();
            String ask = "ip -d link show dev a | grep -o 'hairpin o[nf]*'";
            assertThat(Command.output(kernel, ask)).isEqualTo("hairpin off\n");
            links.hairpin(port, true);
            assertThat(Command.output(kernel, ask)).isEqualTo("hairpin on\n");
            links.hairpin(port, false);
            assertThat(Command.output(kernel, ask)).isEqualTo("hairpin off\n");
        });
    }

    @Test
    void a_device_moves_to_another_namespace() {
        inNewNamespace(network -> {
            Links links = network.links();
            links.create(new LinkKind.Veth(List.of(new Name("b"))), new Name("a"));
            try (Fd elsewhere = newNamespace()) {
                links.change(links.find("a").orElseThrow().index(), new Home(elsewhere), new Name("moved"));
                assertThat(links.find("a")).isEmpty();
                assertThat(links.find("b")).isPresent();
                List<Link> there = inside(elsewhere, other -> other.links().list());
                assertThat(there).extracting(Link::name).containsExactlyInAnyOrder("lo", "moved");
            }
        });
    }

    @Test
    void a_macvlan_stands_on_a_device() {
        inNewNamespace(network -> {
            Links links = network.links();
            links.create(new LinkKind.Veth(List.of(new Name("b"))), new Name("a"));
            int parent = links.find("a").orElseThrow().index();
            links.create(new LinkKind.Macvlan(parent, LinkKind.Macvlan.Mode.BRIDGE), new Name("m"));
            assertThat(links.find("m").orElseThrow().parent()).isEqualTo(parent);
            assertThat(Command.output(kernel, "ip -j -d link show m")).contains("\"mode\":\"bridge\"");
        });
    }

    @Test
    void what_the_kernel_refuses_is_explained() {
        inNewNamespace(network -> {
            Links links = network.links();
            links.create(new LinkKind.Bridge(), new Name("br0"));
            assertThatThrownBy(() -> links.create(new LinkKind.Bridge(), new Name("br0")))
                    .isInstanceOfSatisfying(
                            SystemCallException.class,
                            refused -> assertThat(refused.errno()).isEqualTo(Errno.EEXIST))
                    .hasMessageContaining("RTM_NEWLINK(Bridge[], [Name[name=br0]])");
            assertThatThrownBy(
                            () -> links.change(links.find("br0").orElseThrow().index(), new Mtu(1 << 30)))
                    .isInstanceOfSatisfying(
                            SystemCallException.class,
                            refused -> assertThat(refused.explanation()).containsIgnoringCase("mtu"));
        });
    }

    @Test
    void addresses_are_added_listed_and_deleted() {
        inNewNamespace(network -> {
            int device = pair(network);
            Addresses addresses = network.addresses();
            Prefix four = Prefix.parse("10.11.12.13/24");
            Prefix six = Prefix.parse("fd00::13/64");
            Prefix pointToPoint = Prefix.parse("10.99.0.1/31");
            addresses.add(device, four, 0);
            addresses.add(device, six, Addresses.NO_DUPLICATE_DETECTION);
            addresses.add(device, pointToPoint, 0);
            assertThat(addresses.list(device)).extracting(LinkAddress::prefix).contains(four, six, pointToPoint);
            assertThat(addresses.list())
                    .filteredOn(address -> address.link() == 1)
                    .isNotNull();
            assertThat(Command.output(kernel, "ip -j addr show a"))
                    .contains(
                            "\"local\":\"10.11.12.13\",\"prefixlen\":24,\"broadcast\":\"10.11.12.255\"",
                            "\"local\":\"10.99.0.1\",\"prefixlen\":31,\"scope\"",
                            "\"local\":\"fd00::13\",\"prefixlen\":64",
                            "\"nodad\":true");
            assertThatThrownBy(() -> addresses.add(device, four, 0))
                    .hasMessageContaining("RTM_NEWADDR(" + device + ", 10.11.12.13/24)")
                    .hasMessageContaining("EEXIST");
            addresses.delete(device, four);
            addresses.delete(device, six);
            assertThat(addresses.list(device))
                    .extracting(LinkAddress::prefix)
                    .contains(pointToPoint)
                    .doesNotContain(four, six);
            assertThatThrownBy(() -> addresses.delete(device, four)).hasMessageContaining("EADDRNOTAVAIL");
        });
    }

    @Test
    void routes_are_added_listed_and_deleted() {
        inNewNamespace(network -> {
            int device = pair(network);
            network.addresses().add(device, Prefix.parse("10.0.0.2/24"), 0);
            network.addresses().add(device, Prefix.parse("fd00::2/64"), Addresses.NO_DUPLICATE_DETECTION);
            Routes routes = network.routes();
            Route byDefault = Route.ofDefault(InetAddress.ofLiteral("10.0.0.1")).by(device);
            Route byDefault6 =
                    Route.ofDefault(InetAddress.ofLiteral("fd00::1")).by(device).withMetric(1024);
            Route direct = Route.direct(Prefix.parse("10.1.0.7/16"), device)
                    .from(InetAddress.ofLiteral("10.0.0.2"))
                    .withMetric(50);
            Route elsewhere = Route.via(InetAddress.ofLiteral("10.0.0.1"), Prefix.parse("10.2.0.0/16"))
                    .by(device)
                    .in(100_000);
            Route nowhere = Route.direct(Prefix.parse("10.3.0.0/16"), 0).ofType(Routes.BLACKHOLE);
            List<Route> all = List.of(byDefault, byDefault6, direct, elsewhere, nowhere);
            all.forEach(routes::add);

            assertThat(routes.list())
                    .contains(byDefault, byDefault6, direct, nowhere)
                    .doesNotContain(elsewhere);
            assertThat(routes.list(100_000)).containsExactly(elsewhere);
            assertThat(routes.list(100_001)).isEmpty();
            assertThat(byDefault.isDefault()).isTrue();
            assertThat(Command.output(kernel, "ip -j route; ip -j -6 route; ip -j route show table 100000"))
                    .contains(
                            "\"dst\":\"default\",\"gateway\":\"10.0.0.1\",\"dev\":\"a\"",
                            "\"dst\":\"default\",\"gateway\":\"fd00::1\",\"dev\":\"a\"",
                            "\"dst\":\"10.1.0.0/16\",\"dev\":\"a\",\"protocol\":\"static\",\"scope\":\"link\","
                                    + "\"prefsrc\":\"10.0.0.2\",\"metric\":50",
                            "\"dst\":\"10.2.0.0/16\",\"gateway\":\"10.0.0.1\"",
                            "\"type\":\"blackhole\",\"dst\":\"10.3.0.0/16\"");
            assertThatThrownBy(() -> routes.add(byDefault)).hasMessageContaining("EEXIST");
            assertThatThrownBy(() -> routes.add(Route.ofDefault(InetAddress.ofLiteral("192.168.9.9"))
                            .withMetric(7)))
                    .isInstanceOfSatisfying(
                            SystemCallException.class,
                            refused -> assertThat(refused.explanation()).containsIgnoringCase("gateway"));

            all.forEach(routes::delete);
            assertThat(routes.list()).doesNotContainAnyElementsOf(all);
            assertThat(routes.list(100_000)).isEmpty();
            assertThatThrownBy(() -> routes.delete(byDefault)).hasMessageContaining("ESRCH");
        });
    }

    @Test
    void rules_are_added_listed_and_deleted() {
        inNewNamespace(network -> {
            Rules rules = network.rules();
            List<Rule> before = rules.list();
            assertThat(before).extracting(Rule::table).contains(Routes.LOCAL, Routes.MAIN);
            Rule four = Rule.toTable(false, 500, 100_000)
                    .from(Prefix.parse("10.1.2.3/16"))
                    .to(Prefix.parse("10.2.0.0/16"))
                    .comingInBy("lo")
                    .marked(0x10, 0xf0);
            Rule six =
                    Rule.toTable(true, 501, 7).from(Prefix.parse("fd00::/64")).goingOutBy("lo");
            rules.add(four);
            rules.add(six);
            assertThat(rules.list()).contains(four, six);
            assertThat(Command.output(kernel, "ip -j rule; ip -j -6 rule"))
                    .contains(
                            "\"priority\":500,\"src\":\"10.1.0.0\",\"srclen\":16,\"dst\":\"10.2.0.0\",\"dstlen\":16",
                            "\"fwmark\":\"0x10\",\"fwmask\":\"0xf0\"",
                            "\"iif\":\"lo\"",
                            "\"table\":\"100000\"",
                            "\"priority\":501,\"src\":\"fd00::\",\"srclen\":64",
                            "\"oif\":\"lo\"");
            assertThatThrownBy(() -> rules.add(four)).hasMessageContaining("EEXIST");
            rules.delete(four);
            rules.delete(six);
            assertThat(rules.list()).isEqualTo(before);
            assertThatThrownBy(() -> rules.delete(four)).hasMessageContaining("ENOENT");
        });
    }

    @Test
    void a_table_longer_than_one_datagram_is_read_whole() {
        inNewNamespace(network -> {
            int device = pair(network);
            for (int i = 0; i < 2000; i++) {
                network.routes().add(Route.direct(Prefix.parse("10." + i / 250 + "." + i % 250 + ".0/24"), device));
            }
            assertThat(network.routes().list())
                    .filteredOn(route -> !route.destination().isVersion6())
                    .hasSize(2000);
        });
    }

    /** A device that is up, named {@code a}, whose peer is up, too. */
    private static int pair(Netlink network) {
        network.links().create(new LinkKind.Veth(List.of(new Name("b"))), new Name("a"), new State(true));
        network.links().change(network.links().find("b").orElseThrow().index(), new State(true));
        return network.links().find("a").orElseThrow().index();
    }

    private void inNewNamespace(Consumer<Netlink> work) {
        Namespaces.onOwnThread(() -> {
            kernel.namespaces().unshare(Set.of(Namespace.NETWORK));
            try (Netlink network = kernel.netlink()) {
                work.accept(network);
            }
            return null;
        });
    }

    private Fd newNamespace() {
        return Namespaces.onOwnThread(() -> {
            kernel.namespaces().unshare(Set.of(Namespace.NETWORK));
            return kernel.namespaces().openOwn(Namespace.NETWORK);
        });
    }

    /** Asks from here a connection that was opened there. */
    private <T> T inside(Fd namespace, Function<Netlink, T> work) {
        Netlink opened = Namespaces.onOwnThread(() -> {
            kernel.namespaces().enter(namespace, Namespace.NETWORK);
            return kernel.netlink();
        });
        try (opened) {
            return work.apply(opened);
        }
    }
}
