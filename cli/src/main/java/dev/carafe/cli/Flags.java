package dev.carafe.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Options as docker's commands take them, of which some have a hundred: {@code --name VALUE}, {@code --name=VALUE},
 * {@code -n VALUE}, {@code -nVALUE}, {@code -it}, {@code --rm=false}. The first word that is none ends them.
 *
 * <p>picocli would look at the annotations of all of them at each call, which takes longer than the call.
 */
final class Flags {

    private static final String SWITCH = "";

    /**
     * One that is known.
     *
     * @param letter its short form; 0 for none
     * @param label what its value is called in the help; empty for one that takes none
     * @param description for the help; empty for one that is not in it
     * @param refusal why it is not to be had; empty if it is
     */
    record Flag(String name, char letter, String label, String description, String refusal) {

        /** One that is on or off. */
        static Flag on(String name, char letter, String description) {
            return new Flag(name, letter, SWITCH, description, "");
        }

        static Flag on(String name, String description) {
            return on(name, '\0', description);
        }

        /** One with a value. */
        static Flag value(String name, char letter, String label, String description) {
            return new Flag(name, letter, label, description, "");
        }

        static Flag value(String name, String label, String description) {
            return value(name, '\0', label, description);
        }

        /** One with a value that docker has, and we do not. */
        static Flag refused(String name, String why) {
            return new Flag(name, '\0', "VALUE", "", why);
        }

        /** One without, likewise. */
        static Flag refusedSwitch(String name, String why) {
            return new Flag(name, '\0', SWITCH, "", why);
        }

        boolean isSwitch() {
            return label.isEmpty();
        }

        private String written() {
            return letter == 0 ? "    --" + name : "-" + letter + ", --" + name;
        }
    }

    /** Some under a heading of the help. */
    record Section(String title, List<Flag> flags) {}

    private final Map<String, List<String>> given;
    private final List<String> words;

    private Flags(Map<String, List<String>> given, List<String> words) {
        this.given = given;
        this.words = words;
    }

    /**
     * Reads arguments.
     *
     * @param command what messages call it, such as {@code carafe run}
     * @throws UsageException if an option is unknown or refused, or lacks its value
     */
    static Flags read(String command, List<Section> known, List<String> arguments) {
        Map<String, List<String>> given = new HashMap<>();
        int at = 0;
        while (at < arguments.size()) {
            String argument = arguments.get(at);
            if (argument.length() < 2 || argument.charAt(0) != '-') {
                break;
            }
            at++;
            if (argument.equals("--")) {
                break;
            }
            if (argument.startsWith("--")) {
                int equals = argument.indexOf('=');
                String name = argument.substring(2, equals < 0 ? argument.length() : equals);
                Flag flag = find(command, known, name, '\0');
                if (flag.isSwitch()) {
                    put(given, flag, equals < 0 ? "true" : truth(argument, argument.substring(equals + 1)));
                } else if (equals >= 0) {
                    put(given, flag, argument.substring(equals + 1));
                } else {
                    put(given, flag, next(command, arguments, at++, "--" + name));
                }
                continue;
            }
            for (int letter = 1; letter < argument.length(); letter++) {
                Flag flag = find(command, known, "", argument.charAt(letter));
                String rest = argument.substring(letter + 1);
                if (flag.isSwitch() && !rest.startsWith("=")) {
                    put(given, flag, "true");
                    continue;
                }
                if (flag.isSwitch()) {
                    put(given, flag, truth(argument, rest.substring(1)));
                } else if (rest.isEmpty()) {
                    put(given, flag, next(command, arguments, at++, "-" + flag.letter()));
                } else {
                    put(given, flag, rest.startsWith("=") ? rest.substring(1) : rest);
                }
                break;
            }
        }
        return new Flags(given, List.copyOf(arguments.subList(at, arguments.size())));
    }

    private static void put(Map<String, List<String>> given, Flag flag, String value) {
        if (!flag.refusal().isEmpty()) {
            throw new UsageException("--" + flag.name() + ": " + flag.refusal());
        }
        given.computeIfAbsent(flag.name(), _ -> new ArrayList<>()).add(value);
    }

    private static String next(String command, List<String> arguments, int at, String flag) {
        if (at >= arguments.size()) {
            throw new UsageException(flag + ": its value is missing; \"" + command + " --help\" says more");
        }
        return arguments.get(at);
    }

    private static Flag find(String command, List<Section> known, String name, char letter) {
        for (Section section : known) {
            for (Flag flag : section.flags()) {
                if (letter == 0 ? flag.name().equals(name) : flag.letter() == letter) {
                    return flag;
                }
            }
        }
        throw new UsageException("there is no option " + (letter == 0 ? "--" + name : "-" + letter) + "; \"" + command
                + " --help\" lists them");
    }

    private static String truth(String argument, String value) {
        return Boolean.toString(truthOf(argument, value));
    }

    /**
     * What Go takes for true or false.
     *
     * @param argument what messages call it
     */
    static boolean truthOf(String argument, String value) {
        return switch (value) {
            case "1", "t", "T", "true", "TRUE", "True" -> true;
            case "0", "f", "F", "false", "FALSE", "False" -> false;
            default -> throw new UsageException(argument + ": true or false");
        };
    }

    /** Whether an option without a value is given, and not as false. */
    boolean has(String name) {
        return value(name).filter("true"::equals).isPresent();
    }

    /** Likewise; what it is if it is not given. */
    boolean has(String name, boolean usual) {
        return value(name).map("true"::equals).orElse(usual);
    }

    /** The last value that is given. */
    Optional<String> value(String name) {
        List<String> values = given.get(name);
        return values == null ? Optional.empty() : Optional.of(values.getLast());
    }

    /** Likewise; nothing if it is empty. */
    Optional<String> some(String name) {
        return value(name).filter(it -> !it.isEmpty());
    }

    /** Every value that is given, in their order. */
    List<String> values(String name) {
        return given.getOrDefault(name, List.of());
    }

    /** The last value, a whole number. */
    OptionalLong number(String name) {
        Optional<String> value = value(name);
        return value.isPresent() ? OptionalLong.of(number("--" + name, value.get())) : OptionalLong.empty();
    }

    /** Likewise; Docker says 0 for what is not asked for. */
    OptionalLong positive(String name) {
        OptionalLong number = number(name);
        return number.orElse(0) == 0 ? OptionalLong.empty() : number;
    }

    /** The last value, a number of bytes. */
    OptionalLong bytes(String name) {
        Optional<String> text = value(name);
        return text.isPresent() ? OptionalLong.of(Quantities.bytes("--" + name, text.get())) : OptionalLong.empty();
    }

    static long number(String option, String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException none) {
            throw new UsageException(option + " " + text + ": a whole number is wanted");
        }
    }

    /** Whether no option is given. */
    boolean isEmpty() {
        return given.isEmpty();
    }

    /** The words after the options. */
    List<String> words() {
        return words;
    }

    /** What there is, for the help. */
    static String help(List<Section> known) {
        StringBuilder out = new StringBuilder();
        int widest = 0;
        for (Section section : known) {
            for (Flag flag : section.flags()) {
                widest = Math.max(widest, head(flag).orElse(0));
            }
        }
        for (Section section : known) {
            if (section.flags().stream().allMatch(flag -> flag.description().isEmpty())) {
                continue;
            }
            out.append('\n').append(section.title()).append(":\n");
            for (Flag flag : section.flags()) {
                if (!flag.description().isEmpty()) {
                    String head = flag.written() + (flag.isSwitch() ? "" : " " + flag.label());
                    out.append("  ")
                            .append(head)
                            .repeat(" ", widest - head.length() + 2)
                            .append(flag.description())
                            .append('\n');
                }
            }
        }
        return out.toString();
    }

    private static OptionalInt head(Flag flag) {
        return flag.description().isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(flag.written().length()
                        + (flag.isSwitch() ? 0 : 1 + flag.label().length()));
    }
}
