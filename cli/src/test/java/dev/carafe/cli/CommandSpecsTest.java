package dev.carafe.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/** What is written down of the commands' annotations when they are compiled is what picocli itself reads in them. */
class CommandSpecsTest {

    @SuppressWarnings("NullAway") // commands are only made here, and no invocation is asked for anything then
    private static final Invocation NO_INVOCATION = null;

    static Stream<Callable<Ending>> commands() {
        Invocation none = NO_INVOCATION;
        return Commands.NAMES.stream()
                .flatMap(name -> Commands.group(name)
                        .map(group -> group.names().stream().flatMap(word -> group.find(none, word).stream()))
                        .orElseGet(() -> Commands.find(none, name).stream()));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void theOptionsOfACommandAreThoseOfItsAnnotations(Callable<Ending> command) {
        CommandSpec written = CommandSpecs.of(() -> command);
        CommandSpec read = new CommandLine(command).getCommandSpec();
        assertThat(written.name()).isEqualTo(read.name());
        assertThat(written.usageMessage().description())
                .isEqualTo(read.usageMessage().description());
        assertThat(written.usageMessage().sortOptions())
                .isEqualTo(read.usageMessage().sortOptions());
        assertThat(described(written)).isEqualTo(described(read));
    }

    /** What a field has before it is set is given to the next command of that class, too. */
    @ParameterizedTest
    @MethodSource("commands")
    void noCommandCanChangeWhatAnotherOneBeginsWith(Callable<Ending> command) {
        for (ArgSpec one : CommandSpecs.of(() -> command).args()) {
            if (one.initialValue() instanceof List<?> list) {
                assertThatThrownBy(list::removeFirst)
                        .as(one.toString())
                        .isInstanceOf(UnsupportedOperationException.class);
            }
        }
    }

    @Test
    void argumentsOfOneCallAreNotThoseOfTheNext() {
        Invocation none = NO_INVOCATION;
        PsCommand first = new PsCommand(none);
        try (ArgumentParser parser = ArgumentParser.of(first)) {
            parser.line().parseArgs("-a", "--filter", "name=x", "--format", "json");
        }
        PsCommand second = new PsCommand(none);
        try (ArgumentParser parser = ArgumentParser.of(second)) {
            parser.line().parseArgs();
        }
        assertThat(List.of(first.all, first.filters, first.format)).isEqualTo(List.of(true, List.of("name=x"), "json"));
        assertThat(List.of(second.all, second.filters, second.format)).isEqualTo(List.of(false, List.of(), "table"));
        PsCommand third = new PsCommand(none);
        try (ArgumentParser parser = ArgumentParser.of(third);
                ArgumentParser other = ArgumentParser.of(second)) {
            parser.line().parseArgs("-q");
            assertThat(other.line()).isNotSameAs(parser.line());
        }
        assertThat(third.quiet).isTrue();
        assertThat(second.quiet).isFalse();
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
