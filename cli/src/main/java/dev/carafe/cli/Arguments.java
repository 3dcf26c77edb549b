package dev.carafe.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The arguments of one of the OCI commands: options, then words.
 *
 * <p>These commands are called by other engines, several times for a container, and picocli takes a third of the time of
 * such a call to look at its annotations. What they have to understand is little: {@code --name VALUE},
 * {@code --name=VALUE}, the same with one dash as in Go, a letter for some, and {@code --} before words that look like
 * options.
 */
final class Arguments {

    private final Map<String, String> options;
    private final List<String> words;

    private Arguments(Map<String, String> options, List<String> words) {
        this.options = options;
        this.words = words;
    }

    /**
     * Reads them.
     *
     * @param known every option as {@code name}, with {@code ,letter} if it has one, and {@code =} at the end if it takes
     *     a value
     * @throws UsageException if there is another, or one lacks its value
     */
    static Arguments read(List<String> arguments, String... known) {
        Map<String, String> options = new HashMap<>();
        int at = 0;
        for (; at < arguments.size(); at++) {
            String argument = arguments.get(at);
            if (argument.equals("--")) {
                at++;
                break;
            }
            if (argument.length() < 2 || argument.charAt(0) != '-') {
                break;
            }
            int equals = argument.indexOf('=');
            String written = equals < 0 ? argument : argument.substring(0, equals);
            String option = find(written, known);
            String name = name(option);
            if (!option.endsWith("=")) {
                if (equals >= 0) {
                    throw new UsageException(written + ": takes no value");
                }
                options.put(name, "");
            } else if (equals >= 0) {
                options.put(name, argument.substring(equals + 1));
            } else if (++at < arguments.size()) {
                options.put(name, arguments.get(at));
            } else {
                throw new UsageException(written + ": its value is missing");
            }
        }
        return new Arguments(options, new ArrayList<>(arguments.subList(at, arguments.size())));
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

    boolean has(String option) {
        return options.containsKey(option);
    }

    Optional<String> value(String option) {
        return Optional.ofNullable(options.get(option));
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
            throw new UsageException(
                    "\"" + words.get(names.length) + "\": is one argument too many; options come before the others");
        }
        return words;
    }
}
