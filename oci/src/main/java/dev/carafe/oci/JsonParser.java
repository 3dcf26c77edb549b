package dev.carafe.oci;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.carafe.oci.Json.JsonArray;
import dev.carafe.oci.Json.JsonBoolean;
import dev.carafe.oci.Json.JsonNull;
import dev.carafe.oci.Json.JsonNumber;
import dev.carafe.oci.Json.JsonObject;
import dev.carafe.oci.Json.JsonString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one document, once; {@link Json} states what it accepts.
 *
 * <p>It is our own because the streaming parsers at hand are made to be quick with friendly text. avaje-json-core
 * 3.11, which Carafe uses elsewhere, takes {@code [1]]}, {@code [[]}, <code>{"a":1,}</code> and {@code [,1]} for JSON,
 * lets raw control characters, lone surrogates and overlong UTF-8 through, leaves its buffer with
 * {@code ArrayIndexOutOfBoundsException} on other malformed UTF-8, overflows the stack in {@code skipValue} on deep
 * nesting, skips unknown members without checking them, and cannot say where it stands. {@code JsonTest} holds each of
 * these against this class.
 *
 * <p>It recurses, but at most {@link Json#MAX_DEPTH} deep, and remembers on the way what it is reading, so that every
 * error names the key as well as the line and column.
 */
final class JsonParser {

    private final String document;
    private final byte[] in;
    private int at;

    private int values;

    /** How many objects and arrays are open, and for each the member or the element that is being read. */
    private int depth;

    private final @Nullable String[] members = new @Nullable String[Json.MAX_DEPTH];
    private final int[] elements = new int[Json.MAX_DEPTH];

    JsonParser(String document, byte[] in) {
        this.document = document;
        this.in = in;
    }

    Json document() {
        skipSpace();
        if (at == in.length) {
            throw new InvalidDocumentException(document, "", in.length == 0 ? "is empty" : "holds nothing but space");
        }
        Json value = value();
        skipSpace();
        if (at < in.length) {
            throw unexpected("the end of the text");
        }
        return value;
    }

    private Json value() {
        count();
        int next = at < in.length ? in[at] : -1;
        return switch (next) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> new JsonString(string());
            case 't' -> word("true", new JsonBoolean(true));
            case 'f' -> word("false", new JsonBoolean(false));
            case 'n' -> word("null", JsonNull.NULL);
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            default -> throw unexpected("a value");
        };
    }

    private Json object() {
        enter();
        Map<String, Json> object = new LinkedHashMap<>();
        if (!take('}')) {
            do {
                skipSpace();
                members[depth - 1] = null;
                if (at == in.length || in[at] != '"') {
                    throw unexpected("a key in double quotes");
                }
                count();
                int start = at;
                String name = string();
                members[depth - 1] = name;
                if (object.containsKey(name)) {
                    at = start;
                    throw problem("appears twice in one object");
                }
                if (!take(':')) {
                    throw unexpected("\":\"");
                }
                skipSpace();
                object.put(name, value());
            } while (take(','));
            if (!take('}')) {
                throw unexpected("\",\" or \"}\"");
            }
        }
        depth--;
        return new JsonObject(object);
    }

    private Json array() {
        enter();
        List<Json> array = new ArrayList<>();
        if (!take(']')) {
            do {
                elements[depth - 1] = array.size();
                skipSpace();
                array.add(value());
            } while (take(','));
            if (!take(']')) {
                throw unexpected("\",\" or \"]\"");
            }
        }
        depth--;
        return new JsonArray(array);
    }

    private void enter() {
        if (depth == Json.MAX_DEPTH) {
            throw problem("is nested deeper than " + Json.MAX_DEPTH + " levels");
        }
        at++;
        members[depth] = null;
        elements[depth] = -1;
        depth++;
    }

    /** Every key and value passes here, so that a small document cannot ask for much memory. */
    private void count() {
        if (++values > Json.MAX_VALUES) {
            throw problem("the document holds more than " + Json.MAX_VALUES + " values");
        }
    }

    private Json word(String word, Json value) {
        for (int i = 0; i < word.length(); i++) {
            if (at + i == in.length || in[at + i] != word.charAt(i)) {
                throw problem("expected a value; is " + word + " meant?");
            }
        }
        at += word.length();
        return value;
    }

    private Json number() {
        int start = at;
        if (in[at] == '-') {
            at++;
        }
        if (at < in.length && in[at] == '0') {
            at++;
            if (digit(at)) {
                throw problem("a number does not begin with 0");
            }
        } else {
            digits();
        }
        if (at < in.length && in[at] == '.') {
            at++;
            digits();
        }
        if (at < in.length && (in[at] == 'e' || in[at] == 'E')) {
            at++;
            if (at < in.length && (in[at] == '+' || in[at] == '-')) {
                at++;
            }
            digits();
        }
        return new JsonNumber(new String(in, start, at - start, ISO_8859_1));
    }

    private void digits() {
        if (!digit(at)) {
            throw unexpected("a digit");
        }
        while (digit(at)) {
            at++;
        }
    }

    private boolean digit(int index) {
        return index < in.length && in[index] >= '0' && in[index] <= '9';
    }

    private String string() {
        int start = ++at;
        while (at < in.length && in[at] >= ' ' && in[at] != '\\') {
            if (in[at] == '"') {
                return new String(in, start, at++ - start, ISO_8859_1);
            }
            at++;
        }
        StringBuilder text = new StringBuilder(new String(in, start, at - start, ISO_8859_1));
        while (at < in.length) {
            int next = in[at];
            if (next == '"') {
                at++;
                return text.toString();
            } else if (next == '\\') {
                escape(text);
            } else if (next < 0) {
                text.appendCodePoint(codePoint());
            } else if (next < ' ') {
                throw problem("a control character in a string must be escaped, found " + found());
            } else {
                text.append((char) next);
                at++;
            }
        }
        throw unexpected("the string's closing quote");
    }

    private void escape(StringBuilder text) {
        int escaped = at + 1 < in.length ? in[at + 1] : -1;
        char plain = switch (escaped) {
            case '"', '\\', '/' -> (char) escaped;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> 'u';
            default -> throw problem("no such escape in a string");
        };
        if (plain == 'u') {
            unicodeEscape(text);
        } else {
            text.append(plain);
            at += 2;
        }
    }

    private void unicodeEscape(StringBuilder text) {
        char unit = hexadecimal(at);
        if (Character.isHighSurrogate(unit) && at + 7 < in.length && in[at + 6] == '\\' && in[at + 7] == 'u') {
            char low = hexadecimal(at + 6);
            if (Character.isLowSurrogate(low)) {
                text.append(unit).append(low);
                at += 12;
                return;
            }
        }
        if (Character.isSurrogate(unit)) {
            throw problem("a lone surrogate in a string is no character");
        }
        text.append(unit);
        at += 6;
    }

    /** The number in the escape {@code \}{@code uXXXX} at {@code index}. */
    private char hexadecimal(int index) {
        int unit = 0;
        for (int i = index + 2; i < index + 6; i++) {
            int digit = i < in.length ? Character.digit(in[i], 16) : -1;
            if (digit < 0) {
                throw problem("expected four hexadecimal digits after \\u");
            }
            unit = (unit << 4) | digit;
        }
        return (char) unit;
    }

    /** Decodes one character that is not ASCII, as RFC 3629 demands. */
    private int codePoint() {
        int lead = in[at] & 0xff;
        int more = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        int least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
        int code = lead & (0x3f >> more);
        boolean valid = more > 0 && at + more < in.length;
        for (int i = 1; valid && i <= more; i++) {
            valid = (in[at + i] & 0xc0) == 0x80;
            code = (code << 6) | (in[at + i] & 0x3f);
        }
        if (!valid || code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
            throw problem("is not UTF-8, found " + found());
        }
        at += more + 1;
        return code;
    }

    /** Skips space, then takes {@code c} if it comes next. */
    private boolean take(char c) {
        skipSpace();
        if (at < in.length && in[at] == c) {
            at++;
            return true;
        }
        return false;
    }

    private void skipSpace() {
        while (at < in.length && (in[at] == ' ' || in[at] == '\n' || in[at] == '\t' || in[at] == '\r')) {
            at++;
        }
    }

    private InvalidDocumentException unexpected(String expected) {
        return problem("expected " + expected + ", found " + found());
    }

    private String found() {
        if (at >= in.length) {
            return "the end of the text";
        }
        int next = in[at] & 0xff;
        return next > ' ' && next < 0x7f
                ? JsonPath.quoted(String.valueOf((char) next))
                : "the byte 0x" + Character.forDigit(next >> 4, 16) + Character.forDigit(next & 0xf, 16);
    }

    private InvalidDocumentException problem(String problem) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < at; i++) {
            if (in[i] == '\n') {
                line++;
                column = 1;
            } else if ((in[i] & 0xc0) != 0x80) {
                column++;
            }
        }
        String key = "";
        for (int level = 0; level < depth; level++) {
            String member = members[level];
            if (member != null) {
                key = JsonPath.member(key, member);
            } else if (elements[level] >= 0) {
                key = JsonPath.element(key, elements[level]);
            }
        }
        return new InvalidDocumentException(document, key, problem + " (line " + line + ", column " + column + ")");
    }
}
