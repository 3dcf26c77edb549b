package dev.carafe.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The arguments of one of the OCI commands: options, then words.
 *
 * <p>These commands are called by other engines, several times for a container, and picocli takes a third of the time of
 * such a call to look at its annotations. What they have to understand is little: {@code --name VALUE},
 * {@code --name=VALUE}, the same with one dash as in Go, a letter for some, and {@code --} before words that look like
 * options.
 */
final class Arguments {

    private final Map<String, List<String>> options;
    private final List<String> words;

    private Arguments(Map<String, List<String>> options, List<String> words) {
        this.options = options;
        this.words = words;
    }

    /**
     * Reads them, options before the words and after.
     *
     * @param known every option as {@code name}, with {@code ,letter} if it has one, and {@code =} at the end if it takes
     *     a value
     * @throws UsageException if there is another, or one lacks its value
     */
    static Arguments read(List<String> arguments, String... known) {
        return read(arguments, false, known);
    }

    /** Likewise, where the first word ends the options: what follows are another command's arguments. */
    static Arguments readLeading(List<String> arguments, String... known) {
        return read(arguments, true, known);
    }

    private static Arguments read(List<String> arguments, boolean leading, String... known) {
        Map<String, List<String>> options = new HashMap<>();
        List<String> words = new ArrayList<>();
        for (int at = 0; at < arguments.size(); at++) {
            String argument = arguments.get(at);
            if (argument.equals("--") && (words.isEmpty() || !leading)) {
                words.addAll(arguments.subList(at + 1, arguments.size()));
                break;
            }
            if (argument.length() < 2 || argument.charAt(0) != '-') {
                if (leading) {
                    words.addAll(arguments.subList(at, arguments.size()));
                    break;
                }
                words.add(argument);
                continue;
            }
            int equals = argument.indexOf('=');
            String written = equals < 0 ? argument : argument.substring(0, equals);
            String option = find(written, known);
            String value;
            if (!option.endsWith("=")) {
                value = equals < 0 ? "true" : flag(written, argument.substring(equals + 1));
            } else if (equals >= 0) {
                value = argument.substring(equals + 1);
            } else if (++at < arguments.size()) {
                value = arguments.get(at);
            } else {
                // podman looks for Go's words when it asks whether an option is known.
                throw new UsageException(written + ": its value is missing: flag needs an argument");
            }
            options.computeIfAbsent(name(option), ignored -> new ArrayList<>()).add(value);
        }
        return new Arguments(options, words);
    }

    /** As Go has them: {@code --force=false}. */
    private static String flag(String written, String value) {
        return switch (value) {
            case "1", "t", "T", "true", "TRUE", "True" -> "true";
            case "0", "f", "F", "false", "FALSE", "False" -> "false";
            default -> throw new UsageException(written + "=" + value + ": true or false");
        };
    }

    private static String find(String written, String... known) {
        String bare = written.startsWith("--") ? written.substring(2) : written.substring(1);
        for (String option : known) {
            int letter = option.indexOf(',') + 1;
            boolean byLetter = letter > 0 && written.equals("-" + option.charAt(letter));
            if (byLetter || name(option).equals(bare)) {
                return option;
            }
        }
        throw new UsageException("unknown option " + written + "; \"carafe oci --help\" says more");
    }

    private static String name(String option) {
        int end = option.indexOf(',');
        if (end < 0) {
            end = option.indexOf('=');
        }
        return end < 0 ? option : option.substring(0, end);
    }

    /** Whether an option without a value is given, and not as false. */
    boolean has(String option) {
        return value(option).filter("true"::equals).isPresent();
    }

    /** The last value that is given. */
    Optional<String> value(String option) {
        List<String> given = values(option);
        return given.isEmpty() ? Optional.empty() : Optional.of(given.getLast());
    }

    /** Every value that is given, in their order. */
    List<String> values(String option) {
        return options.getOrDefault(option, List.of());
    }

    /**
     * The last value as a whole number.
     *
     * @throws UsageException if it is none
     */
    OptionalLong number(String option) {
        Optional<String> given = value(option);
        if (given.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Long.parseLong(given.get()));
        } catch (NumberFormatException exception) {
            throw new UsageException("--" + option + " " + given.get() + ": a whole number is wanted");
        }
    }

    /** The words after the options. */
    List<String> words() {
        return words;
    }

    /**
     * These words, each as it is called in the usage.
     *
     * @throws UsageException if one is missing, or there are more
     */
    List<String> exactly(String... names) {
        if (words.size() < names.length) {
            throw new UsageException(names[words.size()] + ": is missing; \"carafe oci --help\" says more");
        }
        if (words.size() > names.length) {
            throw new UsageException("\"" + words.get(names.length) + "\": is one argument too many");
        }
        return words;
    }
}
