package dev.carafe.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Kernel;
import dev.carafe.linux.Namespace;
import dev.carafe.linux.Namespaces;
import dev.carafe.linux.Netfilter;
import dev.carafe.linux.Prefix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Tag;
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
    @Tag("root")
    void elements_mean_the_same_one_by_one() {
        Kernel kernel = Kernel.host();
        String[] listed = Namespaces.onOwnThread(() -> {
            kernel.namespaces().unshare(Set.of(Namespace.NETWORK));
            try (Libnftables.Context rules =
                            Libnftables.load(Libnftables.LIBRARY).open();
                    Netfilter filter = kernel.netfilter()) {
                rules.run(RuleSet.rebuild(NETWORK, List.of(WEB)));
                String whole = listed(rules);
                rules.run(RuleSet.rebuild(NETWORK, List.of()));
                String empty = listed(rules);
                filter.add(RuleSet.elements(NETWORK, WEB));
                String added = listed(rules);
                filter.add(RuleSet.elements(NETWORK, WEB)); // once more is no harm
                filter.delete(RuleSet.elements(NETWORK, WEB));
                return new String[] {whole, added, empty, listed(rules)};
            }
        });
        assertThat(listed[1]).isEqualTo(listed[0]).contains("carafe0-0a0b0c", "8080", "5353");
        assertThat(listed[3]).isEqualTo(listed[2]).doesNotContain("carafe0-0a0b0c");
    }

    private static String listed(Libnftables.Context rules) {
        return rules.output("list ruleset\n").replaceAll(" # handle [0-9]+", "");
    }
}
