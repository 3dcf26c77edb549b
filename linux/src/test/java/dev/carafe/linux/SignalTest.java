package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignalTest {

    @ParameterizedTest
    @CsvSource({
        "TERM, 15",
        "SIGTERM, 15",
        "sigTerm, 15",
        "15, 15",
        "kill, 9",
        "SIGIOT, 6",
        "CLD, 17",
        "SIGRTMIN, 34",
        "SIGRTMIN+3, 37",
        "rtmin+30, 64",
        "RTMAX-1, 63",
        "SIGRTMAX, 64",
        "37, 37",
        "SIGRTMIN+0, 34"
    })
    void a_signal_is_known_by_name_and_by_number(String text, int number) {
        assertThat(Signal.parse(text).number()).isEqualTo(number);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "SIG",
                "0",
                "-1",
                "32",
                "33",
                "65",
                "99999999999",
                "NOPE",
                "SIGRTMIN+31",
                "SIGRTMIN+",
                "RTMIN-1",
                "RTMAX-31",
                "SIG15",
                "1x",
                "RTMIN_3",
                "٣",
                "SIGSIGTERM"
            })
    void what_is_no_signal_is_refused_with_what_would_be(String text) {
        assertThatThrownBy(() -> Signal.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("no such signal: \"")
                .hasMessageContaining("SIGRTMIN+3");
    }

    @ParameterizedTest
    @EnumSource
    void every_signal_is_found_again_by_the_name_and_number_that_it_shows(Signal signal) {
        assertThat(Signal.parse(signal.manualName())).isEqualTo(signal);
        assertThat(Signal.of(signal.number())).isEqualTo(signal);
    }

    @Test
    void capabilities_and_limits_are_known_with_and_without_their_prefix() {
        assertThat(Capability.parse("net_admin")).isEqualTo(Capability.CAP_NET_ADMIN);
        assertThat(Capability.parse("CAP_NET_ADMIN")).isEqualTo(Capability.CAP_NET_ADMIN);
        assertThatThrownBy(() -> Capability.parse("CAP_NOPE")).hasMessageContaining("\"CAP_NOPE\"");
        assertThat(ResourceLimit.parse("nofile")).isEqualTo(ResourceLimit.RLIMIT_NOFILE);
        assertThat(ResourceLimit.parse("RLIMIT_NOFILE")).isEqualTo(ResourceLimit.RLIMIT_NOFILE);
        assertThatThrownBy(() -> ResourceLimit.parse("nope")).hasMessageContaining("\"nope\"");
    }
}
