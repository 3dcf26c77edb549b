package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.image.error.ImageException;
import dev.carafe.oci.Json;
import dev.carafe.oci.image.ImageConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against Docker itself they are held in the daemon's tests. */
class InstructionsTest {

    private static ImageConfig.Execution read(String... lines) {
        return Instructions.read(List.of(lines));
    }

    @Test
    void a_program_is_a_list_or_a_line_for_the_shell() {
        assertThat(read("cmd [\"a\", \"b c\"]").command()).containsExactly("a", "b c");
        assertThat(read("CMD a  'b c' $D").command()).containsExactly("/bin/sh", "-c", "a  'b c' $D");
        assertThat(read("ENTRYPOINT [\"a\"]").entrypoint()).containsExactly("a");
        assertThat(read("CMD []").command()).isEmpty();
        assertThat(read("CMD [a]").command()).containsExactly("/bin/sh", "-c", "[a]");
    }

    @Test
    void an_entrypoint_drops_the_command_of_the_program_before_it() {
        ImageConfig.Execution before = read("ENTRYPOINT [\"old\"]", "CMD [\"x\"]");
        assertThat(Instructions.change(before, List.of("ENTRYPOINT [\"new\"]")).command())
                .isEmpty();
        assertThat(Instructions.change(before, List.of("CMD [\"y\"]", "ENTRYPOINT [\"new\"]"))
                        .command())
                .containsExactly("y");
        assertThat(Instructions.change(before, List.of("CMD [\"y\"]")).entrypoint())
                .containsExactly("old");
    }

    @Test
    void variables_are_read_as_a_shell_reads_words() {
        assertThat(read("ENV A=1 B=\"two words\" C=two\\ words D='$A \"' E=\"\\$A \\\"q\\\" \\n\"")
                        .environment())
                .containsExactly("A=1", "B=two words", "C=two words", "D=$A \"", "E=$A \"q\" \\n");
        assertThat(read("ENV old  style  of it ").environment()).containsExactly("old=style  of it");
        assertThat(read("ENV A=1", "ENV B=2", "ENV A=3").environment()).containsExactly("A=3", "B=2");
        assertThat(read("ENV A=").environment()).containsExactly("A=");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "$A            | one",
                "${A}x         | onex",
                "$Ax           | ``",
                "${N:-other}   | other",
                "${N-other}    | other",
                "${E:-other}   | other",
                "${E-other}    | ``",
                "${A:-other}   | one",
                "${A:+some}    | some",
                "${N+some}     | ``",
                "${N:-${A}2}   | one2",
                "${A:?no}      | one",
                "\\$A          | $A",
                "'$A'          | $A",
                "\"$A\"        | one",
                "100$          | 100$",
                "$1            | ``",
            })
    void the_values_of_variables_are_put_in(String word, String value) {
        assertThat(read("ENV A=one E=", "LABEL l=" + word).labels()).isEqualTo(Map.of("l", value));
    }

    @Test
    void values_are_those_before_the_instruction() {
        assertThat(read("ENV A=1", "ENV A=2 B=$A").environment()).containsExactly("A=2", "B=1");
        assertThat(read("ENV U=me D=/data P=80", "USER $U", "WORKDIR $D", "EXPOSE $P", "VOLUME $D/v", "CMD $D")
                        .command())
                .as("but a shell puts in its own")
                .containsExactly("/bin/sh", "-c", "$D");
    }

    @Test
    void ports_are_single_or_a_range() {
        assertThat(read("EXPOSE 80 53/UDP 8000-8002", "ENV P=\"1 2/sctp\"", "EXPOSE $P")
                        .exposedPorts())
                .containsExactly("80/tcp", "53/udp", "8000/tcp", "8001/tcp", "8002/tcp", "1/tcp", "2/sctp");
    }

    @Test
    void a_folder_begins_where_the_one_before_it_ended() {
        assertThat(read("WORKDIR /a", "WORKDIR b/../c").workingDirectory()).isEqualTo("/a/c");
        assertThat(read("WORKDIR b").workingDirectory()).isEqualTo("/b");
        assertThat(read("WORKDIR /a b").workingDirectory()).isEqualTo("/a b");
    }

    @Test
    void volumes_are_a_list_or_words() {
        assertThat(read("VOLUME /a /b", "VOLUME [\"/c d\"]").volumes()).containsExactly("/a", "/b", "/c d");
    }

    @Test
    void a_health_check_has_times_and_a_program() {
        assertThat(read("HEALTHCHECK --interval=1m30s --retries=5 --start-period=0s CMD curl -f localhost")
                        .healthCheck())
                .contains(new ImageConfig.HealthCheck(
                        List.of("CMD-SHELL", "curl -f localhost"), 90_000_000_000L, 0, 0, 0, 5));
        assertThat(read("healthcheck --timeout=2s --start-interval=1s cmd [\"check\", \"me\"]")
                        .healthCheck())
                .contains(new ImageConfig.HealthCheck(
                        List.of("CMD", "check", "me"), 0, 2_000_000_000L, 0, 1_000_000_000L, 0));
        assertThat(read("HEALTHCHECK NONE").healthCheck())
                .contains(new ImageConfig.HealthCheck(List.of("NONE"), 0, 0, 0, 0, 0));
    }

    @Test
    void what_builders_are_to_do_is_kept_for_them() {
        assertThat(read("ONBUILD RUN make", "ONBUILD COPY . /src").others().get("OnBuild"))
                .isEqualTo(new Json.JsonArray(
                        List.of(new Json.JsonString("RUN make"), new Json.JsonString("COPY . /src"))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "RUN make                        | known are CMD",
                "CMD                             | an instruction and what it is to do",
                "CMD [1]                         | texts only",
                "ENV A                           | NAME=VALUE",
                "ENV =x                          | a name is missing",
                "ENV A=1 B                       | has not the form NAME=VALUE",
                "ENV A=\"x                       | a \" is missing at its end",
                "ENV A='x                        | a ' is missing at its end",
                "ENV A=${B                       | a variable has the form",
                "ENV A=${}                       | a variable has the form",
                "ENV A=${B:-x                    | a } is missing at its end",
                "ENV A=${B:?needed}              | B: needed",
                "ENV A=${B#x}                    | not supported",
                "EXPOSE x                        | is no port",
                "EXPOSE 70000                    | 1 to 65535",
                "EXPOSE 0                        | 1 to 65535",
                "EXPOSE 90-80                    | 1 to 65535",
                "EXPOSE 80/icmp                  | is no port",
                "VOLUME $NONE                    | comes to nothing",
                "WORKDIR $NONE                   | comes to nothing",
                "STOPSIGNAL NONE                 | no such signal",
                "HEALTHCHECK CMD                 | a command is missing",
                "HEALTHCHECK NONE x              | nothing stands behind NONE",
                "HEALTHCHECK check               | CMD and a command, or NONE",
                "HEALTHCHECK --interval=1us CMD x| at least 1ms",
                "HEALTHCHECK --interval CMD x    | the form is",
                "HEALTHCHECK --often=1s CMD x    | --often is not known",
                "HEALTHCHECK --retries=x CMD x   | a number is meant",
                "ONBUILD FROM x                  | cannot stand behind ONBUILD",
            })
    void what_is_wrong_is_said_with_the_line(String line, String reason) {
        assertThatThrownBy(() -> read(line))
                .isInstanceOf(ImageException.class)
                .hasMessageStartingWith("\"" + line + "\": ")
                .hasMessageContaining(reason);
    }
}
