package dev.carafe.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostsFileTest {

    private static final Optional<java.net.InetAddress> MACHINE = Optional.of(Ipv4.address(0xac110001));

    @Test
    void it_has_loopback_what_was_added_and_the_instance_itself() {
        List<HostsFile.Entry> added = List.of(
                HostsFile.Entry.parse("db:10.0.0.7", MACHINE), HostsFile.Entry.parse("machine=host-gateway", MACHINE));
        assertThat(HostsFile.text(added, Optional.of(Ipv4.address(0xac110002)), List.of("web", "c0ffee")))
                .isEqualTo("""
                        127.0.0.1\tlocalhost
                        ::1\tlocalhost ip6-localhost ip6-loopback
                        fe00::\tip6-localnet
                        ff00::\tip6-mcastprefix
                        ff02::1\tip6-allnodes
                        ff02::2\tip6-allrouters
                        10.0.0.7\tdb
                        172.17.0.1\tmachine
                        172.17.0.2\tweb c0ffee
                        """);
    }

    @Test
    void an_address_may_be_of_version_6() {
        assertThat(HostsFile.Entry.parse("six:fd00::1", MACHINE)).isEqualTo(new HostsFile.Entry("six", "fd00::1"));
        assertThat(HostsFile.Entry.parse("six=[fd00::1]", MACHINE)).isEqualTo(new HostsFile.Entry("six", "fd00::1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "web", "web:", ":10.0.0.1", "web:localhost", "a b:10.0.0.1", "web\n10.0.0.1 x:10.0.0.1"})
    void anything_else_is_refused(String text) {
        assertThatThrownBy(() -> HostsFile.Entry.parse(text, MACHINE))
                .isInstanceOf(NetworkException.class)
                .hasMessageContaining("the host to add");
    }

    @Test
    void the_machine_has_no_address_where_there_is_no_network() {
        assertThatThrownBy(() -> HostsFile.Entry.parse("machine:host-gateway", Optional.empty()))
                .hasMessageContaining("the machine has no address");
    }
}
