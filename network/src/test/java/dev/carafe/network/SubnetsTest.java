package dev.carafe.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Prefix;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SubnetsTest {

    @Test
    void the_first_is_taken_where_nothing_stands_in_the_way() {
        assertThat(Subnets.choose(List.of())).contains(Prefix.parse("172.17.0.0/16"));
        assertThat(Subnets.choose(
                        List.of(Prefix.parse("0.0.0.0/0"), Prefix.parse("10.0.0.0/8"), Prefix.parse("fd00::/8"))))
                .contains(Prefix.parse("172.17.0.0/16"));
    }

    @Test
    void what_a_route_leads_into_or_around_is_left_alone() {
        assertThat(Subnets.choose(List.of(Prefix.parse("172.17.3.4/32")))).contains(Prefix.parse("172.18.0.0/16"));
        assertThat(Subnets.choose(List.of(Prefix.parse("172.16.0.0/13")))).contains(Prefix.parse("172.24.0.0/16"));
        assertThat(Subnets.choose(List.of(Prefix.parse("172.16.0.0/12"), Prefix.parse("192.168.1.0/24"))))
                .contains(Prefix.parse("192.168.16.0/20"));
        assertThat(Subnets.choose(List.of(Prefix.parse("172.16.0.0/12"), Prefix.parse("192.168.0.0/16"))))
                .isEmpty();
    }

    @Property(tries = 200)
    void no_two_networks_overlap(@ForAll @Size(max = 40) List<@IntRange(max = 255) Integer> seconds) {
        List<Prefix> taken = Stream.concat(
                        seconds.stream().map(second -> Prefix.parse("172." + second + ".128.0/17")),
                        seconds.stream().map(third -> Prefix.parse("192.168." + third + ".0/24")))
                .toList();
        Subnets.choose(taken).ifPresent(chosen -> assertThat(taken).noneMatch(other -> Ipv4.overlap(chosen, other)));
    }

    @Test
    void an_address_is_in_a_network_by_its_leading_bits() {
        Prefix network = Prefix.parse("172.17.0.0/16");
        assertThat(Ipv4.contains(network, Ipv4.address(0xac11_ffff))).isTrue();
        assertThat(Ipv4.contains(network, Ipv4.address(0xac12_0000))).isFalse();
        assertThat(Ipv4.contains(Prefix.parse("0.0.0.0/0"), Ipv4.address(-1))).isTrue();
        assertThat(IntStream.of(0, 1, -1, 0x7f00_0001).map(it -> Ipv4.number(Ipv4.address(it))))
                .containsExactly(0, 1, -1, 0x7f00_0001);
        assertThat(Ipv4.mac(Ipv4.address(0xac11_00ff))).isEqualTo("02:42:ac:11:00:ff");
    }

    @Test
    void installations_have_devices_of_their_own() {
        assertThat(DeviceNames.bridge(java.nio.file.Path.of("/var/lib/carafe"), java.nio.file.Path.of("/run/carafe")))
                .isEqualTo("carafe0");
        String one = DeviceNames.bridge(java.nio.file.Path.of("/a"), java.nio.file.Path.of("/b"));
        String other = DeviceNames.bridge(java.nio.file.Path.of("/a"), java.nio.file.Path.of("/c"));
        assertThat(one).isNotEqualTo(other).matches("cf[0-9a-f]{6}");
        assertThat(new DeviceNames().port(one)).startsWith(one + "-").hasSize(15);
    }
}
