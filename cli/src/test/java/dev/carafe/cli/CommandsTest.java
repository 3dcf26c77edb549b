package dev.carafe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The names of commands. */
class CommandsTest {

    @Test
    void everyCommandIsInTheHelp() {
        assertThat(Commands.NAMES)
                .allSatisfy(name -> assertThat(TopCommand.usage()).containsPattern("\\b" + name + "\\b"));
    }

    @Test
    void everyNameIsThereOnce() {
        assertThat(Commands.NAMES).doesNotHaveDuplicates().isSorted();
    }

    @ParameterizedTest
    @ValueSource(strings = {"image", "volume", "registry", "network", "system"})
    void aGroupKnowsTheNamesThatItsHelpHas(String noun) {
        List<String> names = Commands.group(noun).orElseThrow().names();
        assertThat(names).hasSizeGreaterThanOrEqualTo(3).doesNotHaveDuplicates();
        assertThat(names).allSatisfy(name -> assertThat(name).matches("[a-z]+"));
    }
}
