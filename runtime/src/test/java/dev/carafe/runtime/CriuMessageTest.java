package dev.carafe.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Known bytes are those that {@code protoc --encode} makes of the same with CRIU's {@code rpc.proto}. */
class CriuMessageTest {

    private static String hex(CriuMessage message) {
        return HexFormat.of().formatHex(message.toBytes());
    }

    private static CriuAnswer parse(String hex) {
        return CriuAnswer.parse(HexFormat.of().parseHex(hex));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 0, 0800",
        "1, 150, 089601",
        "38, 1073741824, b0028080808004",
        "1, -1, 08ffffffffffffffffff01",
        "63, 127, f8037f"
    })
    void numbers_have_seven_bits_in_a_byte(int field, long number, String bytes) {
        assertThat(hex(new CriuMessage().number(field, number))).isEqualTo(bytes);
    }

    @Test
    void a_request_is_what_criu_understands() {
        CriuMessage options = new CriuMessage()
                .number(CriuRpc.OptionField.IMAGES_DIR_FD, 5)
                .number(CriuRpc.OptionField.PID, 1234)
                .flag(CriuRpc.OptionField.LEAVE_RUNNING, true)
                .flag(CriuRpc.OptionField.SHELL_JOB, false)
                .text(CriuRpc.OptionField.LOG_FILE, "dump.log")
                .message(CriuRpc.OptionField.EXT_MNT, CriuRpc.pair("/data", "/dätä"));
        assertThat(hex(new CriuMessage()
                        .number(CriuRpc.RequestField.TYPE, CriuRpc.RequestType.DUMP)
                        .message(CriuRpc.RequestField.OPTIONS, options)))
                .isEqualTo("0801" + "1224" + "0805" + "10d209" + "1801" + "520864756d702e6c6f67" + "ba0110"
                        + "0a052f64617461" + "12072f64c3a474c3a4");
    }

    @Test
    void an_answer_tells_of_its_kind_and_what_was_restored() {
        CriuAnswer answer = parse("0802" + "1001" + "2203" + "08d209");
        assertThat(answer.type()).isEqualTo(CriuRpc.RequestType.RESTORE);
        assertThat(answer.success()).isTrue();
        assertThat(answer.restored()).isEqualTo(1234);
    }

    @Test
    void a_notice_tells_how_far_it_has_come() {
        CriuAnswer notice = parse("0806" + "1001" + "2a0f" + "0a0a6e6574776f726b2d6c6b" + "10d209");
        assertThat(notice.type()).isEqualTo(CriuRpc.RequestType.NOTIFY);
        assertThat(notice.script()).isEqualTo("network-lk");
        assertThat(notice.pid()).isEqualTo(1234);
    }

    @Test
    void a_failure_has_an_errno_and_fields_that_are_not_known_are_passed_over() {
        CriuAnswer failure =
                parse("0801" + "1000" + "3811" + "4a0178" + "f907" + "0000000000000000" + "fd07" + "00000000");
        assertThat(failure.success()).isFalse();
        assertThat(failure.errno()).isEqualTo(17);
    }

    @ParameterizedTest
    @ValueSource(strings = {"08", "0880", "1205", "12ffffffffffffffffff01", "09", "0b", "08ffffffffffffffffffff01"})
    void what_is_cut_off_or_makes_no_sense_is_refused(String bytes) {
        assertThatThrownBy(() -> parse(bytes))
                .isInstanceOf(RuntimeFailure.class)
                .hasMessageContaining("criu");
    }

    @Property
    boolean a_number_comes_back_as_it_was(@ForAll long number) {
        return CriuAnswer.parse(new CriuMessage().number(7, number).toBytes()).number(7) == number;
    }
}
