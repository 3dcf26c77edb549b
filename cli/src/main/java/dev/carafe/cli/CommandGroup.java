package dev.carafe.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Commands under a noun, such as {@code carafe image pull}.
 *
 * @param usage what {@code --help} prints: a line for each command, which begins with two blanks and its name
 * @param commands makes the one that a word names; empty if it names none
 */
record CommandGroup(
        String noun, Supplier<String> usage, BiFunction<Invocation, String, Optional<Callable<Ending>>> commands) {

    private static final int FAILURE = 1;
    private static final Pattern COMMAND = Pattern.compile("^ {2}([a-z]+)  ", Pattern.MULTILINE);

    /** Runs the command that the first word names. */
    Ending execute(Invocation invocation, List<String> words) {
        if (words.isEmpty() || List.of("-h", "--help", "help").contains(words.getFirst())) {
            invocation.output().print(usage.get());
            return words.isEmpty() ? Ending.FAILURE : Ending.SUCCESS;
        }
        Callable<Ending> command = find(invocation, words.getFirst())
                .orElseThrow(() -> new UsageException("there is no command \"" + noun + " " + words.getFirst()
                        + "\"; \"carafe " + noun + " --help\" lists them"));
        return CommandLineDoor.parsed(invocation, command, words.subList(1, words.size()), FAILURE);
    }

    /** The command that a word names; empty if it names none. */
    Optional<Callable<Ending>> find(Invocation invocation, String word) {
        return commands.apply(invocation, word);
    }

    /** What its commands are called. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        for (Matcher line = COMMAND.matcher(usage.get()); line.find(); ) {
            names.add(line.group(1));
        }
        return names;
    }
}
