package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrefixTest {

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3/24, 10.1.2.0/24, 10.1.2.255",
        "10.1.2.3/0, 0.0.0.0/0, 255.255.255.255",
        "10.1.2.3, 10.1.2.3/32, 10.1.2.3",
        "10.1.2.255/20, 10.1.0.0/20, 10.1.15.255",
        "fd00:0:0:0:0:0:0:ffff/121, fd00:0:0:0:0:0:0:ff80/121, fd00:0:0:0:0:0:0:ffff",
        "::1, 0:0:0:0:0:0:0:1/128, 0:0:0:0:0:0:0:1"
    })
    void a_prefix_has_a_first_and_a_last_address(String text, String network, String last) {
        Prefix prefix = Prefix.parse(text);
        assertThat(prefix.network()).hasToString(network);
        assertThat(prefix.last().getHostAddress()).isEqualTo(last);
        assertThat(Prefix.parse(prefix.toString())).isEqualTo(prefix);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "10.1/16",
                "10.1.2.3/",
                "10.1.2.3/33",
                "10.1.2.3/-1",
                "10.1.2.3/2x",
                "fd00::/129",
                "fe80::1%lo/64",
                "localhost",
                "a.b.c.d/8",
                "256.1.1.1/8",
                "10.1.2.3/24/24",
                "10.1.2.3/٣"
            })
    void what_is_no_prefix_is_refused_without_asking_anybody_for_a_name(String text) {
        assertThatThrownBy(() -> Prefix.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
