package dev.carafe.linux.systemd;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Values as people write them: GVariant's text format, as far as properties of units need it. Texts, flags, numbers, and
 * arrays of these: {@code 'text'}, {@code true}, {@code uint64 5}, {@code ['a', 'b']}, {@code @au []}.
 *
 * @see <a href="https://docs.gtk.org/glib/gvariant-text-format.html">GVariant Text Format</a>
 */
public final class BusText {

    private static final int DEPTH_MOST = 8;

    private final String text;
    private int at;

    private BusText(String text) {
        this.text = text;
    }

    /**
     * Reads a value.
     *
     * @throws IllegalArgumentException if it is none of the above
     */
    public static BusValue parse(String text) {
        BusText reader = new BusText(text);
        BusValue value = reader.value(Optional.empty(), 0);
        reader.skipBlanks();
        if (reader.at != text.length()) {
            throw reader.broken("there is more behind the value");
        }
        return value;
    }

    /** @param type what it is said to be, as a signature */
    private BusValue value(Optional<String> type, int depth) {
        skipBlanks();
        if (at == text.length() || depth > DEPTH_MOST) {
            throw broken(at == text.length() ? "a value is missing" : "it is nested too deeply");
        }
        char first = text.charAt(at);
        if (first == '\'' || first == '"') {
            return quoted(first, type);
        }
        if (first == '[') {
            return sequence(type, depth);
        }
        String word = word();
        if (first == '@') {
            String signature = word.substring(1);
            if (!signature.matches("a*[bynqiuxtdsog]")) {
                throw broken("the type " + word + " is not one of those that can be given");
            }
            return value(Optional.of(signature), depth + 1);
        }
        return switch (word) {
            case "true", "false" -> checked(new BusValue.Flag(word.equals("true")), type);
            case "boolean" -> value(Optional.of("b"), depth + 1);
            case "byte" -> value(Optional.of("y"), depth + 1);
            case "int16" -> value(Optional.of("n"), depth + 1);
            case "uint16" -> value(Optional.of("q"), depth + 1);
            case "int32" -> value(Optional.of("i"), depth + 1);
            case "uint32" -> value(Optional.of("u"), depth + 1);
            case "int64" -> value(Optional.of("x"), depth + 1);
            case "uint64" -> value(Optional.of("t"), depth + 1);
            case "double" -> value(Optional.of("d"), depth + 1);
            case "string" -> value(Optional.of("s"), depth + 1);
            case "objectpath" -> value(Optional.of("o"), depth + 1);
            case "signature" -> value(Optional.of("g"), depth + 1);
            default -> number(word, type);
        };
    }

    private BusValue quoted(char quote, Optional<String> type) {
        StringBuilder value = new StringBuilder();
        for (at++; at < text.length() && text.charAt(at) != quote; at++) {
            if (text.charAt(at) != '\\') {
                value.append(text.charAt(at));
                continue;
            }
            if (++at == text.length()) {
                break;
            }
            value.append(
                    switch (text.charAt(at)) {
                        case 'n' -> '\n';
                        case 't' -> '\t';
                        case 'r' -> '\r';
                        case 'b' -> '\b';
                        case 'f' -> '\f';
                        case 'u', 'U' -> throw broken("characters by number are not read");
                        default -> text.charAt(at);
                    });
        }
        if (at >= text.length()) {
            throw broken("a text has no end");
        }
        at++;
        char kind = type.orElse("s").charAt(0);
        if (type.orElse("s").length() != 1 || "sog".indexOf(kind) < 0) {
            throw broken("a text is no value of type " + type.orElse("s"));
        }
        return new BusValue.Text(kind, value.toString());
    }

    private BusValue sequence(Optional<String> type, int depth) {
        if (type.isPresent() && !type.get().startsWith("a")) {
            throw broken("an array is no value of type " + type.get());
        }
        Optional<String> element = type.map(signature -> signature.substring(1));
        List<BusValue> values = new ArrayList<>();
        at++;
        skipBlanks();
        while (at < text.length() && text.charAt(at) != ']') {
            BusValue value = value(element, depth + 1);
            values.add(value);
            element = Optional.of(value.signature());
            skipBlanks();
            if (at < text.length() && text.charAt(at) == ',') {
                at++;
                skipBlanks();
            } else if (at < text.length() && text.charAt(at) != ']') {
                throw broken("a comma is missing in an array");
            }
        }
        if (at >= text.length()) {
            throw broken("an array has no end");
        }
        at++;
        return new BusValue.Sequence(
                element.orElseThrow(() -> broken("an empty array needs its type before it, such as @as")), values);
    }

    private BusValue number(String word, Optional<String> type) {
        String kind = type.orElse(word.matches("[-+]?[0-9]*\\.[0-9].*|[-+]?[0-9]+[eE].*") ? "d" : "i");
        try {
            if (kind.equals("d")) {
                return new BusValue.Real(Double.parseDouble(word));
            }
            if (kind.length() == 1 && "ynqiuxt".contains(kind)) {
                long number = whole(word, kind.equals("t"));
                if (BusValue.Whole.fits(kind.charAt(0), number)) {
                    return new BusValue.Whole(kind.charAt(0), number);
                }
            }
        } catch (NumberFormatException exception) {
            // Said below.
        }
        throw broken("\"" + word + "\" is no value of type " + kind);
    }

    private static long whole(String word, boolean unsigned) {
        boolean negative = word.startsWith("-");
        String digits = negative || word.startsWith("+") ? word.substring(1) : word;
        int base = 10;
        if (digits.startsWith("0x") || digits.startsWith("0X")) {
            base = 16;
            digits = digits.substring(2);
        } else if (digits.length() > 1 && digits.startsWith("0")) {
            base = 8;
            digits = digits.substring(1);
        }
        if (digits.startsWith("-") || digits.startsWith("+")) {
            throw new NumberFormatException(word);
        }
        if (unsigned && negative) {
            throw new NumberFormatException(word);
        }
        return unsigned ? Long.parseUnsignedLong(digits, base) : Long.parseLong(negative ? "-" + digits : digits, base);
    }

    private static BusValue checked(BusValue value, Optional<String> type) {
        if (type.isPresent() && !type.get().equals(value.signature())) {
            throw new IllegalArgumentException(
                    "a value of type " + value.signature() + " where " + type.get() + " is said");
        }
        return value;
    }

    private String word() {
        int start = at;
        while (at < text.length() && " \t\n,]".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return text.substring(start, at);
    }

    private void skipBlanks() {
        while (at < text.length() && " \t\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private IllegalArgumentException broken(String problem) {
        return new IllegalArgumentException(problem + ", at character " + (at + 1));
    }
}
