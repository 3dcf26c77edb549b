package dev.carafe.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PortRequestTest {

    @Test
    void a_port_alone_gets_any_of_the_machines() {
        assertThat(PortRequest.parse("80")).containsExactly(PortRequest.anywhere(Protocol.TCP, 80));
        assertThat(PortRequest.parse("127.0.0.1::53/udp"))
                .containsExactly(new PortRequest(Protocol.UDP, Ipv4.address(0x7f000001), 0, 0, 53));
    }

    @Test
    void a_port_of_the_machine_may_be_named() {
        assertThat(PortRequest.parse("8080:80"))
                .containsExactly(new PortRequest(Protocol.TCP, Ipv4.address(0), 8080, 8080, 80));
        assertThat(PortRequest.parse("10.1.2.3:8080:80/TCP"))
                .containsExactly(new PortRequest(Protocol.TCP, Ipv4.address(0x0a010203), 8080, 8080, 80));
    }

    @Test
    void ranges_of_one_length_are_paired_off_and_more_for_one_are_a_choice() {
        assertThat(PortRequest.parse("8000-8002:80-82"))
                .extracting(PortRequest::firstHostPort, PortRequest::port)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(8000, 80),
                        org.assertj.core.groups.Tuple.tuple(8001, 81),
                        org.assertj.core.groups.Tuple.tuple(8002, 82));
        assertThat(PortRequest.parse("8000-8002:80"))
                .containsExactly(new PortRequest(Protocol.TCP, Ipv4.address(0), 8000, 8002, 80));
        assertThat(PortRequest.parse("80-81")).extracting(PortRequest::port).containsExactly(80, 81);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "0",
                "65536",
                "80:",
                "x:80",
                "80/sctp",
                "1:2:3:4",
                "[::1]:80:80",
                "::1:80:80",
                "82-80",
                "8000-8002:80-81",
                "1.2.3:80:80",
                "host:80:80",
                "80\n",
                "-1",
                "999999",
                "1-20000"
            })
    void anything_else_is_refused(String text) {
        assertThatThrownBy(() -> PortRequest.parse(text))
                .isInstanceOfSatisfying(
                        NetworkException.class, it -> assertThat(it.kind()).isEqualTo(NetworkException.Kind.INVALID));
    }

    @Test
    void ports_conflict_where_two_programs_could_not_have_them() {
        Port anywhere = new Port(Protocol.TCP, Ipv4.address(0), 80, 1);
        Port loopback = new Port(Protocol.TCP, Ipv4.address(0x7f000001), 80, 2);
        Port elsewhere = new Port(Protocol.TCP, Ipv4.address(0x0a000001), 80, 3);
        Port datagrams = new Port(Protocol.UDP, Ipv4.address(0), 80, 1);
        assertThat(List.of(loopback, elsewhere)).allMatch(anywhere::conflicts).allMatch(it -> it.conflicts(anywhere));
        assertThat(loopback.conflicts(elsewhere)).isFalse();
        assertThat(anywhere.conflicts(datagrams)).isFalse();
        assertThat(anywhere).hasToString("0.0.0.0:80->1/tcp");
    }
}
