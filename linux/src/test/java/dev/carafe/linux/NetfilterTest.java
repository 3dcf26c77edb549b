package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Netfilter.Element;
import dev.carafe.linux.Netfilter.Family;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Each test in a network namespace of its own, checked against what {@code nft} says of it. */
@Tag("root")
class NetfilterTest {

    private static final String TABLE = "nft 'table inet t { set ports { type inet_service; };"
            + " map names { type inet_service : ipv4_addr; }; }'";

    private static final byte[] NONE = {};

    private final Kernel kernel = Kernel.host();

    @Test
    void a_table_is_there_or_is_not() {
        inNewNamespace(filter -> {
            assertThat(filter.hasTable(Family.INET, "t")).isFalse();
            Command.output(kernel, TABLE);
            assertThat(filter.hasTable(Family.INET, "t")).isTrue();
            assertThat(filter.hasTable(Family.BRIDGE, "t")).isFalse();
            assertThat(filter.hasTable(Family.IPV4, "t")).isFalse();
        });
    }

    @Test
    void elements_come_and_go() {
        inNewNamespace(filter -> {
            Command.output(kernel, TABLE);
            filter.add(List.of(port(80), port(443), name(53, 127, 0, 0, 1)));
            filter.add(List.of(port(80)));
            assertThat(Command.output(kernel, "nft list table inet t"))
                    .contains("elements = { 80, 443 }", "elements = { 53 : 127.0.0.1 }");
            filter.delete(List.of(port(80), name(53, 127, 0, 0, 1)));
            filter.delete(List.of());
            assertThat(Command.output(kernel, "nft list table inet t"))
                    .contains("elements = { 443 }")
                    .doesNotContain("53");
        });
    }

    @Test
    void all_elements_of_a_request_count_or_none() {
        inNewNamespace(filter -> {
            Command.output(kernel, TABLE);
            filter.add(List.of(port(80), name(53, 127, 0, 0, 1)));
            assertThatThrownBy(() -> filter.delete(List.of(port(80), port(81), port(82))))
                    .isInstanceOfSatisfying(
                            SystemCallException.class,
                            refused -> assertThat(refused.errno()).isEqualTo(Errno.ENOENT))
                    .hasMessageContaining("NFT_MSG_DELSETELEM(\"t\")");
            assertThatThrownBy(() -> filter.add(List.of(port(83), name(53, 127, 0, 0, 2))))
                    .isInstanceOfSatisfying(
                            SystemCallException.class,
                            refused -> assertThat(refused.errno()).isIn(Errno.EEXIST, Errno.EBUSY));
            assertThat(Command.output(kernel, "nft list table inet t"))
                    .contains("elements = { 80 }", "elements = { 53 : 127.0.0.1 }");
            filter.add(List.of(port(81))); // answers to what was refused do not confuse
            assertThat(Command.output(kernel, "nft list table inet t")).contains("elements = { 80, 81 }");
        });
    }

    @Test
    void a_connection_is_forgotten_by_its_port() {
        inNewNamespace(filter -> {
            Command.output(
                    kernel,
                    "ip link set lo up; nft 'table inet t { chain c { type filter hook output priority 0;"
                            + " ct state new counter; }; }'");
            send(7001);
            send(7002);
            List<Netfilter.Connection> seen = new ArrayList<>();
            filter.forget(17, 7001, connection -> {
                seen.add(connection);
                return true;
            });
            InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
            assertThat(seen).containsExactly(new Netfilter.Connection(loopback, loopback));
            seen.clear();
            filter.forget(17, 7001, seen::add);
            assertThat(seen).as("forgotten").isEmpty();
            filter.forget(17, 7002, connection -> {
                seen.add(connection);
                return false;
            });
            filter.forget(17, 7002, seen::add);
            assertThat(seen).as("remembered, as it was not meant").hasSize(2);
        });
    }

    private static void send(int port) {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.send(new DatagramPacket(new byte[1], 1, InetAddress.ofLiteral("127.0.0.1"), port));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static Element port(int number) {
        return new Element(Family.INET, "t", "ports", key(number), NONE);
    }

    private static Element name(int number, int... address) {
        byte[] value = new byte[address.length];
        for (int i = 0; i < value.length; i++) {
            value[i] = (byte) address[i];
        }
        return new Element(Family.INET, "t", "names", key(number), value);
    }

    private static byte[] key(int port) {
        return new byte[] {(byte) (port >> 8), (byte) port};
    }

    private void inNewNamespace(Consumer<Netfilter> work) {
        Namespaces.onOwnThread(() -> {
            kernel.namespaces().unshare(Set.of(Namespace.NETWORK));
            try (Netfilter filter = kernel.netfilter()) {
                work.accept(filter);
            }
            return null;
        });
    }
}
