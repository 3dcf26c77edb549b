package dev.carafe.image.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class FileCapabilityTest {

    private static final String NAME = "security.capability";
    private static final byte[] PLAIN = bytes("0100000200200000000000000000000000000000");
    private static final byte[] OF_ROOT_100000 = bytes("0100000300200000000000000000000000000000a0860100");
    private static final Owners MAPPED = new Owners.Mapped(
            List.of(new Owners.Range(0, 100_000, 65536)), List.of(new Owners.Range(0, 100_000, 65536)));
    private static final Owners SHIFTED = new Owners.Mapped(
            List.of(new Owners.Range(7, 100_000, 65536)), List.of(new Owners.Range(7, 100_000, 65536)));

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    @Test
    void what_is_for_the_layers_own_root_names_none() {
        assertThat(FileCapability.unmapped(NAME, OF_ROOT_100000, MAPPED, "f")).isEqualTo(PLAIN);
        assertThat(FileCapability.unmapped(NAME, PLAIN, MAPPED, "f")).isEqualTo(PLAIN);
    }

    @Test
    void what_is_for_somebody_else_or_something_else_is_as_it_was() {
        assertThat(FileCapability.unmapped(NAME, OF_ROOT_100000, SHIFTED, "f")).isEqualTo(OF_ROOT_100000);
        assertThat(FileCapability.unmapped(NAME, OF_ROOT_100000, Owners.same(), "f"))
                .isEqualTo(OF_ROOT_100000);
        assertThat(FileCapability.unmapped(NAME, OF_ROOT_100000, new Owners.Ignored(), "f"))
                .isEqualTo(OF_ROOT_100000);
        assertThat(FileCapability.unmapped("user.x", OF_ROOT_100000, MAPPED, "f"))
                .isEqualTo(OF_ROOT_100000);
    }
}
