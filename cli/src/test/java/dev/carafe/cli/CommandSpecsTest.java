package dev.carafe.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/** What is written down of the commands' annotations when they are compiled is what picocli itself reads in them. */
class CommandSpecsTest {

    @SuppressWarnings("NullAway") // commands are only made here, and no invocation is asked for anything then
    static Stream<Callable<Ending>> commands() {
        Invocation none = null;
        return Commands.NAMES.stream()
                .flatMap(name -> Commands.group(name)
                        .map(group -> group.names().stream().flatMap(word -> group.find(none, word).stream()))
                        .orElseGet(() -> Commands.find(none, name).stream()));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void theOptionsOfACommandAreThoseOfItsAnnotations(Callable<Ending> command) {
        CommandSpec written = CommandSpecs.of(command);
        CommandSpec read = new CommandLine(command).getCommandSpec();
        assertThat(written.name()).isEqualTo(read.name());
        assertThat(written.usageMessage().description())
                .isEqualTo(read.usageMessage().description());
        assertThat(written.usageMessage().sortOptions())
                .isEqualTo(read.usageMessage().sortOptions());
        assertThat(described(written)).isEqualTo(described(read));
    }

    /** All but those of the help, which picocli gives to every command. */
    private static List<String> described(CommandSpec spec) {
        Stream<String> options = spec.options().stream()
                .filter(it -> !it.usageHelp() && !it.versionHelp())
                .map(it -> List.of(it.names()) + " " + it.negatable() + " " + it.fallbackValue() + described(it));
        Stream<String> parameters =
                spec.positionalParameters().stream().map(it -> "parameter " + it.index() + described(it));
        return Stream.concat(options, parameters).toList();
    }

    private static String described(ArgSpec one) {
        return " " + one.type() + List.of(one.auxiliaryTypes()) + " " + one.arity() + " "
                + one.arity().isUnspecified()
                + " " + one.required() + " " + one.paramLabel() + " " + one.defaultValue() + " " + one.hasInitialValue()
                + " " + List.of(one.description()) + " " + one.hidden() + " " + one.splitRegex();
    }
}
