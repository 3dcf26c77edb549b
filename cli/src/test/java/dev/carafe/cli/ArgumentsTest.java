package dev.carafe.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ArgumentsTest {

    @Test
    void anOptionMayBeSpelledAsOtherRuntimesSpellIt() {
        for (List<String> spelling : List.of(
                List.of("--bundle", "here"),
                List.of("--bundle=here"),
                List.of("-bundle", "here"),
                List.of("-bundle=here"),
                List.of("-b", "here"),
                List.of("-b=here"))) {
            assertThat(read(spelling).value("bundle")).contains("here");
        }
        assertThat(read(List.of("--force")).has("force")).isTrue();
        assertThat(read(List.of("-f")).has("force")).isTrue();
        assertThat(read(List.of()).has("force")).isFalse();
    }

    @Test
    void aValueMayBeEmptyOrLookLikeAnOption() {
        assertThat(read(List.of("--bundle=", "id")).value("bundle")).contains("");
        assertThat(read(List.of("--bundle", "-f")).has("force")).isFalse();
        assertThat(read(List.of("--bundle=a=b")).value("bundle")).contains("a=b");
    }

    @Test
    void optionsMayComeAfterTheWords() {
        Arguments arguments = read(List.of("id", "-f", "--bundle", "here", "KILL"));
        assertThat(arguments.words()).containsExactly("id", "KILL");
        assertThat(arguments.has("force")).isTrue();
        assertThat(arguments.value("bundle")).contains("here");
        assertThat(read(List.of("id", "--", "-f")).words()).containsExactly("id", "-f");
        assertThat(read(List.of("--", "-f")).words()).containsExactly("-f");
        assertThat(read(List.of("-")).words()).containsExactly("-");
    }

    @Test
    void whereTheWordsAreACommandTheFirstOneEndsTheOptions() {
        Arguments arguments = Arguments.readLeading(List.of("-f", "id", "-x", "--", "-f"), "force,f");
        assertThat(arguments.words()).containsExactly("id", "-x", "--", "-f");
        assertThat(arguments.has("force")).isTrue();
        assertThat(Arguments.readLeading(List.of("--", "-f", "--"), "force,f").words())
                .containsExactly("-f", "--");
    }

    @Test
    void anOptionMayBeGivenSeveralTimes() {
        Arguments arguments = read(List.of("--bundle", "one", "-b", "two"));
        assertThat(arguments.values("bundle")).containsExactly("one", "two");
        assertThat(arguments.value("bundle")).contains("two");
    }

    @Test
    void anOptionWithoutAValueMayBeSaidToBeFalse() {
        assertThat(read(List.of("--force=true")).has("force")).isTrue();
        assertThat(read(List.of("--force=false")).has("force")).isFalse();
        assertThat(read(List.of("--force", "--force=0")).has("force")).isFalse();
    }

    @Test
    void numbersAreNumbers() {
        assertThat(read(List.of("--bundle", "-12")).number("bundle")).hasValue(-12);
        assertThat(read(List.of()).number("bundle")).isEmpty();
        assertThatThrownBy(() -> read(List.of("--bundle", "twelve")).number("bundle"))
                .hasMessageContaining("--bundle twelve");
    }

    @Test
    void whatIsWrongIsNamed() {
        assertWrong("--what", "--what=1");
        assertWrong("-q", "-q");
        assertWrong("--letter", "--letter");
        assertWrong("--f", "--f");
        assertWrong("--bundle: its value is missing: flag needs an argument", "--bundle");
        assertWrong("--force=yes: true or false", "--force=yes");
    }

    @Test
    void wordsAreCounted() {
        assertThat(read(List.of("-f", "one")).exactly("ID")).containsExactly("one");
        assertThatThrownBy(() -> read(List.of("one")).exactly("ID", "SIGNAL"))
                .hasMessageContaining("SIGNAL: is missing");
        assertThatThrownBy(() -> read(List.of("one", "two")).exactly("ID"))
                .hasMessageContaining("\"two\": is one argument too many");
    }

    private static void assertWrong(String message, String... arguments) {
        assertThatThrownBy(() -> read(List.of(arguments)))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining(message);
    }

    private static Arguments read(List<String> arguments) {
        return Arguments.read(arguments, "bundle,b=", "force,f", "pid-file=");
    }
}
