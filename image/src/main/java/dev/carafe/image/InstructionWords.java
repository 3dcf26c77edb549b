package dev.carafe.image;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The words of a Dockerfile's instruction, with quotes, escapes and variables as Docker takes them (the reference of
 * Dockerfiles, "Environment replacement"; as a shell does, but for patterns and for several words from one variable).
 */
final class InstructionWords {

    private static final char ESCAPE = '\\';

    private final String text;
    private final Function<String, Optional<String>> variables;
    private int at;

    private InstructionWords(String text, Function<String, Optional<String>> variables) {
        this.text = text;
        this.variables = variables;
    }

    /** Parts between white space outside of quotes, with their quotes and escapes. */
    static List<String> split(String text) {
        List<String> words = new ArrayList<>();
        int start = -1;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote == 0 && Character.isWhitespace(c)) {
                if (start >= 0) {
                    words.add(text.substring(start, i));
                }
                start = -1;
                continue;
            }
            start = start < 0 ? i : start;
            if (c == ESCAPE) {
                i++;
            } else if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else if (c == quote) {
                quote = 0;
            }
        }
        if (start >= 0) {
            words.add(text.substring(start));
        }
        return words;
    }

    /**
     * What a text comes to without its quotes and escapes, and with the values of variables.
     *
     * @throws IllegalArgumentException with the reason, if it cannot be understood
     */
    static String expand(String text, Function<String, Optional<String>> variables) {
        return new InstructionWords(text, variables).until((char) 0);
    }

    private boolean atEnd() {
        return at >= text.length();
    }

    /** Up to a character, and past it; or to the end. */
    private String until(char stop) {
        StringBuilder value = new StringBuilder();
        while (!atEnd()) {
            char c = text.charAt(at++);
            if (stop != 0 && c == stop) {
                return value.toString();
            }
            switch (c) {
                case '\'' -> value.append(singleQuoted());
                case '"' -> doubleQuoted(value);
                case '$' -> value.append(variable());
                case ESCAPE -> {
                    if (!atEnd()) {
                        value.append(text.charAt(at++));
                    }
                }
                default -> value.append(c);
            }
        }
        if (stop != 0) {
            throw new IllegalArgumentException("a " + stop + " is missing at its end");
        }
        return value.toString();
    }

    private String singleQuoted() {
        int end = text.indexOf('\'', at);
        if (end < 0) {
            throw new IllegalArgumentException("a ' is missing at its end");
        }
        String value = text.substring(at, end);
        at = end + 1;
        return value;
    }

    private void doubleQuoted(StringBuilder value) {
        while (!atEnd()) {
            char c = text.charAt(at++);
            if (c == '"') {
                return;
            }
            if (c == '$') {
                value.append(variable());
            } else if (c == ESCAPE && !atEnd() && "\"$\\".indexOf(text.charAt(at)) >= 0) {
                value.append(text.charAt(at++));
            } else {
                value.append(c);
            }
        }
        throw new IllegalArgumentException("a \" is missing at its end");
    }

    /** Behind a dollar sign. */
    private String variable() {
        if (atEnd() || text.charAt(at) != '{') {
            String name = name();
            return name.isEmpty() ? "$" : variables.apply(name).orElse("");
        }
        at++;
        String name = name();
        if (name.isEmpty() || atEnd()) {
            throw new IllegalArgumentException("a variable has the form $NAME, ${NAME} or ${NAME:-OTHERWISE}");
        }
        Optional<String> value = variables.apply(name);
        char operator = text.charAt(at++);
        if (operator == '}') {
            return value.orElse("");
        }
        if (operator == ':' && !atEnd()) {
            value = value.filter(it -> !it.isEmpty());
            operator = text.charAt(at++);
        }
        String word = until('}');
        return switch (operator) {
            case '-' -> value.orElse(word);
            case '+' -> value.isPresent() ? word : "";
            case '?' ->
                value.orElseThrow(
                        () -> new IllegalArgumentException(name + ": " + (word.isEmpty() ? "not set" : word)));
            default ->
                throw new IllegalArgumentException(
                        "${" + name + operator + "…} is not supported; -, +, ? are, with : before them or without");
        };
    }

    private String name() {
        int start = at;
        boolean number = !atEnd() && isDigit(text.charAt(at));
        while (!atEnd() && (isDigit(text.charAt(at)) || (!number && isLetter(text.charAt(at))))) {
            at++;
        }
        return text.substring(start, at);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isLetter(char c) {
        return c == '_' || Character.isLetter(c);
    }
}
