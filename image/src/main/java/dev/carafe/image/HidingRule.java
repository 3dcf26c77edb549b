package dev.carafe.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * One thing that a view of the machine does not show.
 *
 * @param path absolute or below {@code ~}; {@code *} stands for any part of a name
 */
record HidingRule(Action action, String path) {

    /** What becomes of it. */
    enum Action {
        HIDE,
        EMPTY,
        LOCK_USERS,
        LOCK_GROUPS
    }

    private static final Pattern LINE =
            Pattern.compile("(hide|empty|lock-users|lock-groups)\\s+(~?(?:/[^/\\s]+)+)\\s+\\S.*");

    /** The rules that Carafe comes with. */
    static List<HidingRule> all() {
        try (InputStream rules = Objects.requireNonNull(HidingRule.class.getResourceAsStream("host-hidden.txt"))) {
            return parse(new String(rules.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** Reads rules: a line each, with a reason; a line that starts with {@code #} is a comment. */
    static List<HidingRule> parse(String text) {
        return text.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> {
                    var rule = LINE.matcher(line);
                    if (!rule.matches()) {
                        throw new IllegalArgumentException("no rule with a path and a reason: " + line);
                    }
                    return new HidingRule(action(rule.group(1)), rule.group(2));
                })
                .toList();
    }

    private static Action action(String word) {
        return switch (word) {
            case "hide" -> Action.HIDE;
            case "empty" -> Action.EMPTY;
            case "lock-users" -> Action.LOCK_USERS;
            case "lock-groups" -> Action.LOCK_GROUPS;
            default -> throw new IllegalArgumentException(word);
        };
    }

    boolean ofEveryHome() {
        return path.startsWith("~/");
    }

    /** The names that the path goes through, each a name or a pattern; from the home on if it is of every home. */
    List<String> names() {
        return Arrays.stream(path.split("/", -1))
                .filter(name -> !name.isEmpty() && !name.equals("~"))
                .toList();
    }

    /** Which names a part of a path with {@code *} in it stands for. */
    static Pattern pattern(String name) {
        return Pattern.compile(Arrays.stream(name.split("\\*", -1))
                .map(Pattern::quote)
                .reduce((before, after) -> before + ".*" + after)
                .orElse(""));
    }
}
