package dev.carafe.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Prefix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RuleSetTest {

    private static final Network NETWORK = new Network("bridge", "carafe0", Prefix.parse("172.17.0.1/16"), 1500);

    private static final Endpoint WEB = new Endpoint(
            "web",
            "bridge",
            "web",
            Prefix.parse("172.17.0.2/16"),
            NETWORK.gateway().address(),
            "02:42:ac:11:00:02",
            "carafe0-0a0b0c",
            List.of(
                    new Port(Protocol.TCP, Ipv4.address(0), 8080, 80),
                    new Port(Protocol.UDP, Ipv4.address(0x7f000001), 53, 5353)));

    @Test
    void the_rules_are_these() throws IOException {
        try (var golden = Objects.requireNonNull(RuleSetTest.class.getResourceAsStream("bridge.nft"))) {
            assertThat(RuleSet.rebuild(NETWORK, List.of(WEB)))
                    .isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void an_endpoint_comes_and_goes_by_elements() {
        assertThat(RuleSet.add(NETWORK, List.of(WEB))).isEqualTo("""
                add element bridge carafe0 sources { "carafe0-0a0b0c" . 02:42:ac:11:00:02 . 172.17.0.2 }
                add element inet carafe0 published_anywhere { tcp . 8080 : 172.17.0.2 . 80 }
                add element inet carafe0 published { 127.0.0.1 . udp . 53 : 172.17.0.2 . 5353 }
                """);
        assertThat(RuleSet.remove(NETWORK, List.of(WEB))).isEqualTo("""
                delete element bridge carafe0 sources { "carafe0-0a0b0c" . 02:42:ac:11:00:02 . 172.17.0.2 }
                delete element inet carafe0 published_anywhere { tcp . 8080 }
                delete element inet carafe0 published { 127.0.0.1 . udp . 53 }
                """);
        assertThat(RuleSet.publish(NETWORK, WEB.of("x", "x", List.of()))).isEmpty();
    }
}
