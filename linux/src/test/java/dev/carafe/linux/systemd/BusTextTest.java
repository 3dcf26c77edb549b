package dev.carafe.linux.systemd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BusTextTest {

    @Test
    void texts_flags_numbers_and_arrays_are_read() {
        assertThat(BusText.parse("'inactive-or-failed'")).isEqualTo(BusValue.text("inactive-or-failed"));
        assertThat(BusText.parse(" \"it's\\n\\\"so\\\"\" ")).isEqualTo(BusValue.text("it's\n\"so\""));
        assertThat(BusText.parse("true")).isEqualTo(BusValue.flag(true));
        assertThat(BusText.parse("5")).isEqualTo(new BusValue.Whole('i', 5));
        assertThat(BusText.parse("-0x10")).isEqualTo(new BusValue.Whole('i', -16));
        assertThat(BusText.parse("010")).isEqualTo(new BusValue.Whole('i', 8));
        assertThat(BusText.parse("uint64 18446744073709551615")).isEqualTo(BusValue.number(-1));
        assertThat(BusText.parse("byte 255")).isEqualTo(new BusValue.Whole('y', 255));
        assertThat(BusText.parse("2.5")).isEqualTo(new BusValue.Real(2.5));
        assertThat(BusText.parse("double 2")).isEqualTo(new BusValue.Real(2));
        assertThat(BusText.parse("['a', 'b']"))
                .isEqualTo(new BusValue.Sequence("s", List.of(BusValue.text("a"), BusValue.text("b"))));
        assertThat(BusText.parse("@au [1,2]")).isEqualTo(BusValue.numbers(1, 2));
        assertThat(BusText.parse("[uint32 1, 2]")).isEqualTo(BusValue.numbers(1, 2));
        assertThat(BusText.parse("@as []")).isEqualTo(new BusValue.Sequence("s", List.of()));
        assertThat(BusText.parse("@t 7")).isEqualTo(BusValue.number(7));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "text",
                "'no end",
                "'a' 'b'",
                "5 6",
                "[1, 2",
                "[1 2]",
                "[]",
                "[1, 'a']",
                "uint64 -1",
                "byte 256",
                "int32 5000000000",
                "boolean 5",
                "uint32 'a'",
                "uint32 true",
                "@a{sv} {}",
                "@u",
                "{'a': 1}",
                "<5>",
                "(1, 2)",
                "1e",
                "--5",
                "'\\u00fc'",
                "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]"
            })
    void anything_else_is_refused(String text) {
        assertThatThrownBy(() -> BusText.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
