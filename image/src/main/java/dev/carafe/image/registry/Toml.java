package dev.carafe.image.registry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * As much of TOML as {@code hosts.toml} takes: tables, dotted and quoted keys, and as values texts on one line, arrays
 * and bare words, which are numbers and truths. Of the rest it says that it does not know it.
 *
 * @see <a href="https://toml.io/en/v1.0.0">TOML 1.0.0</a>
 */
final class Toml {

    /** Where it is malformed, and how. */
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message);
        }
    }

    private final String text;
    private int at;

    private Toml(String text) {
        this.text = text;
    }

    /**
     * Reads a document.
     *
     * @return tables in their order by their names, the one without a name first; values are texts (also those of bare
     *     words) and lists of such
     */
    static Map<List<String>, Map<String, Object>> parse(String text) throws MalformedException {
        return new Toml(text).document();
    }

    private Map<List<String>, Map<String, Object>> document() throws MalformedException {
        Map<List<String>, Map<String, Object>> tables = new LinkedHashMap<>();
        List<String> table = List.of();
        tables.put(table, new LinkedHashMap<>());
        for (skip(true); at < text.length(); skip(true)) {
            if (text.charAt(at) == '[') {
                at++;
                table = key();
                expect(']');
                tables.computeIfAbsent(table, _ -> new LinkedHashMap<>());
            } else {
                List<String> key = key();
                expect('=');
                List<String> place = new ArrayList<>(table);
                place.addAll(key.subList(0, key.size() - 1));
                tables.computeIfAbsent(List.copyOf(place), _ -> new LinkedHashMap<>())
                        .put(key.getLast(), value(0));
            }
            skip(false);
            if (at < text.length() && text.charAt(at) != '\n') {
                throw problem("something follows that does not belong there");
            }
        }
        return tables;
    }

    private List<String> key() throws MalformedException {
        List<String> parts = new ArrayList<>();
        do {
            skip(false);
            String quoted = quoted();
            parts.add(quoted != null ? quoted : bare());
            skip(false);
        } while (accept('.'));
        return List.copyOf(parts);
    }

    private Object value(int depth) throws MalformedException {
        skip(false);
        if (!accept('[')) {
            String quoted = quoted();
            return quoted != null ? quoted : bare();
        }
        if (depth > 2) {
            throw problem("arrays lie too deep");
        }
        List<Object> elements = new ArrayList<>();
        for (skip(true); !accept(']'); skip(true)) {
            elements.add(value(depth + 1));
            skip(true);
            if (!accept(',') && peek() != ']') {
                throw problem("an array has no end");
            }
        }
        return elements;
    }

    private String bare() throws MalformedException {
        int begin = at;
        while (at < text.length()
                && (Character.isLetterOrDigit(text.charAt(at)) || "_-+".indexOf(text.charAt(at)) >= 0)) {
            at++;
        }
        if (begin == at) {
            throw problem("a name or a value is missing, or is of a kind that is not known here");
        }
        return text.substring(begin, at);
    }

    private @Nullable String quoted() throws MalformedException {
        char quote = peek();
        if (quote != '"' && quote != '\'') {
            return null;
        }
        StringBuilder out = new StringBuilder();
        for (at++; at < text.length() && text.charAt(at) != '\n'; at++) {
            char c = text.charAt(at);
            if (c == quote) {
                at++;
                return out.toString();
            }
            if (c == '\\' && quote == '"') {
                at++;
                char escaped = peek();
                if (escaped != '"' && escaped != '\\') {
                    throw problem("an escape is not known here");
                }
                c = escaped;
            }
            out.append(c);
        }
        throw problem("a text has no end");
    }

    private void skip(boolean lines) {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '#') {
                while (at < text.length() && text.charAt(at) != '\n') {
                    at++;
                }
            } else if (c == ' ' || c == '\t' || c == '\r' || (lines && c == '\n')) {
                at++;
            } else {
                return;
            }
        }
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private boolean accept(char c) {
        if (peek() != c) {
            return false;
        }
        at++;
        return true;
    }

    private void expect(char c) throws MalformedException {
        skip(false);
        if (!accept(c)) {
            throw problem(c + " is missing");
        }
    }

    private MalformedException problem(String problem) {
        long line = 1 + text.substring(0, at).chars().filter(c -> c == '\n').count();
        return new MalformedException("line " + line + ": " + problem);
    }
}
