package dev.carafe.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ResolvConfTest {

    @Test
    void it_is_read_as_the_C_library_reads_it() {
        ResolvConf read = ResolvConf.parse("""
                # a comment
                nameserver 10.0.0.53 ; another
                nameserver\t10.0.0.54
                domain old.example
                search a.example  b.example
                options ndots:2
                options timeout:1 rotate
                sortlist 130.155.160.0
                """);
        assertThat(read)
                .isEqualTo(new ResolvConf(
                        List.of("10.0.0.53", "10.0.0.54"),
                        List.of("a.example", "b.example"),
                        List.of("ndots:2", "timeout:1", "rotate")));
        assertThat(read.text()).isEqualTo("""
                nameserver 10.0.0.53
                nameserver 10.0.0.54
                search a.example b.example
                options ndots:2 timeout:1 rotate
                """);
    }

    @Test
    void a_server_that_only_the_machine_reaches_is_replaced_by_those_behind_it() {
        ResolvConf stub = ResolvConf.parse("nameserver 127.0.0.53\noptions edns0\nsearch lan");
        assertThat(stub.reachable("nameserver 192.0.2.1\nnameserver fe80::1%eth0\nnameserver 192.0.2.2")
                        .text())
                .isEqualTo("nameserver 192.0.2.1\nnameserver 192.0.2.2\nsearch lan\noptions edns0\n");
    }

    @Test
    void without_any_that_can_be_reached_public_ones_are_asked() {
        assertThat(ResolvConf.parse("").reachable("").servers()).containsExactly("8.8.8.8", "8.8.4.4");
        assertThat(ResolvConf.parse("nameserver ::1\nnameserver 127.0.0.1\nnameserver 0.0.0.0")
                        .reachable("nameserver 127.0.0.53")
                        .servers())
                .containsExactly("8.8.8.8", "8.8.4.4");
    }

    @Test
    void others_are_kept_where_one_can_be_reached() {
        assertThat(ResolvConf.parse("nameserver 127.0.0.1\nnameserver 10.0.0.53")
                        .reachable("nameserver 10.9.9.9")
                        .servers())
                .containsExactly("10.0.0.53");
    }

    @Test
    void what_is_asked_for_takes_the_place_of_what_is_there() {
        ResolvConf machines = new ResolvConf(List.of("10.0.0.53"), List.of("lan"), List.of("ndots:2"));
        assertThat(machines.with(List.of("1.1.1.1"), List.of(), List.of()))
                .isEqualTo(new ResolvConf(List.of("1.1.1.1"), List.of("lan"), List.of("ndots:2")));
        assertThat(machines.with(List.of(), List.of("."), List.of("rotate")))
                .isEqualTo(new ResolvConf(List.of("10.0.0.53"), List.of(), List.of("rotate")));
    }
}
