package dev.carafe.oci;

import dev.carafe.oci.Json.JsonArray;
import dev.carafe.oci.Json.JsonBoolean;
import dev.carafe.oci.Json.JsonNull;
import dev.carafe.oci.Json.JsonNumber;
import dev.carafe.oci.Json.JsonObject;
import dev.carafe.oci.Json.JsonString;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Writes one JSON value, from its beginning to its end. Members whose value is absent or an empty collection are left
 * out, as readers of the OCI formats expect. Not thread-safe.
 *
 * {@snippet :
 * String text = new JsonWriter("\t").object().put("id", "web").put("pid", 4422).end().text();
 * }
 */
public final class JsonWriter {

    private final StringBuilder out = new StringBuilder();
    private final String indent;

    /** The closing brackets that are owed, innermost last. */
    private final StringBuilder open = new StringBuilder();

    /** Whether a value may follow without a comma: at the beginning, after a bracket or a name. */
    private boolean first = true;

    private boolean named;

    /** Where each member that is open began, or the complement of that if it is its object's first. */
    private int[] begun = new int[8];

    private int memberAt;

    /** @param indent what indents a level, such as a tab; empty to write everything on one line */
    public JsonWriter(String indent) {
        this.indent = indent;
    }

    /** Begins the object that is the document or an array's next element. */
    public JsonWriter object() {
        return begin('{', '}');
    }

    /** Begins the member {@code name}, an object. */
    public JsonWriter object(String name) {
        return name(name).object();
    }

    /** Begins the array that is the document or an array's next element. */
    public JsonWriter array() {
        return begin('[', ']');
    }

    /** Begins the member {@code name}, an array. */
    public JsonWriter array(String name) {
        return name(name).array();
    }

    /** Ends the object or array that was begun last. */
    public JsonWriter end() {
        int last = open.length() - 1;
        char closing = open.charAt(last);
        open.setLength(last);
        if (!first) {
            newLine();
        }
        out.append(closing);
        first = false;
        return this;
    }

    /** As {@link #end} for a member, but takes it back if nothing was put into it. */
    public JsonWriter endOrOmit() {
        if (!first) {
            return end();
        }
        int last = open.length() - 1;
        open.setLength(last);
        first = begun[last] < 0;
        out.setLength(first ? ~begun[last] : begun[last]);
        return this;
    }

    public JsonWriter put(String name, String text) {
        name(name).string(text);
        return this;
    }

    /** Puts the value's {@code toString} as a string; nothing if it is absent. */
    public JsonWriter put(String name, Optional<?> value) {
        if (value.isPresent()) {
            put(name, value.get().toString());
        }
        return this;
    }

    public JsonWriter put(String name, boolean value) {
        name(name).raw(value ? "true" : "false");
        return this;
    }

    public JsonWriter putFlag(String name, Optional<Boolean> value) {
        return value.isPresent() ? put(name, value.get()) : this;
    }

    /** Puts {@code true}; nothing if it is false, which absent means. */
    public JsonWriter putTrue(String name, boolean value) {
        return value ? put(name, true) : this;
    }

    public JsonWriter put(String name, long number) {
        name(name).raw(Long.toString(number));
        return this;
    }

    public JsonWriter put(String name, OptionalLong number) {
        if (number.isPresent()) {
            put(name, number.getAsLong());
        }
        return this;
    }

    /** Puts a number whose 64 bits are to be read as unsigned. */
    public JsonWriter putUnsigned(String name, long number) {
        name(name).raw(Long.toUnsignedString(number));
        return this;
    }

    /** Puts a number whose 64 bits are to be read as unsigned. */
    public JsonWriter putUnsigned(String name, OptionalLong number) {
        if (number.isPresent()) {
            putUnsigned(name, number.getAsLong());
        }
        return this;
    }

    /** Puts an array of numbers; nothing if there are none. */
    public JsonWriter putNumbers(String name, Collection<Long> numbers) {
        if (!numbers.isEmpty()) {
            array(name);
            for (long number : numbers) {
                raw(Long.toString(number));
            }
            end();
        }
        return this;
    }

    /** Puts the elements' {@code toString} as an array of strings; nothing if there are none. */
    public JsonWriter put(String name, Collection<?> texts) {
        if (!texts.isEmpty()) {
            array(name);
            for (Object text : texts) {
                string(text.toString());
            }
            end();
        }
        return this;
    }

    /** Puts an object of strings; nothing if it has no members. */
    public JsonWriter put(String name, Map<String, String> members) {
        if (!members.isEmpty()) {
            object(name);
            for (Map.Entry<String, String> member : members.entrySet()) {
                put(member.getKey(), member.getValue());
            }
            end();
        }
        return this;
    }

    /** Puts any value as the member {@code name}. */
    public JsonWriter put(String name, Json value) {
        return name(name).value(value);
    }

    /** Writes any value as the document or an array's next element. */
    public JsonWriter value(Json value) {
        switch (value) {
            case JsonObject(Map<String, Json> members) -> {
                object();
                for (Map.Entry<String, Json> member : members.entrySet()) {
                    put(member.getKey(), member.getValue());
                }
                end();
            }
            case JsonArray array -> {
                array();
                for (Json element : array.elements()) {
                    value(element);
                }
                end();
            }
            case JsonString(String text) -> string(text);
            case JsonNumber(String literal) -> raw(literal);
            case JsonBoolean(boolean flag) -> raw(flag ? "true" : "false");
            case JsonNull.NULL -> raw("null");
        }
        return this;
    }

    /** What was written, without a line feed at the end. */
    public String text() {
        if (!open.isEmpty()) {
            throw new IllegalStateException("still open: " + open);
        }
        return out.toString();
    }

    private JsonWriter begin(char opening, char closing) {
        separate();
        if (open.length() == begun.length) {
            begun = Arrays.copyOf(begun, 2 * begun.length);
        }
        begun[open.length()] = memberAt;
        out.append(opening);
        open.append(closing);
        first = true;
        return this;
    }

    private JsonWriter name(String name) {
        memberAt = first ? ~out.length() : out.length();
        string(name);
        out.append(indent.isEmpty() ? ":" : ": ");
        named = true;
        return this;
    }

    private void raw(String value) {
        separate();
        out.append(value);
    }

    private void string(String text) {
        separate();
        out.append('"');
        int written = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isPlain(c) || (c > '~' && !loneSurrogate(text, i))) {
                continue;
            }
            out.append(text, written, i);
            written = i + 1;
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else {
                escape(c, out);
            }
        }
        out.append(text, written, text.length()).append('"');
    }

    private static boolean isPlain(char c) {
        return c >= ' ' && c <= '~' && c != '"' && c != '\\';
    }

    private static boolean loneSurrogate(String text, int i) {
        char c = text.charAt(i);
        return Character.isHighSurrogate(c)
                ? i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1))
                : Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
    }

    static void escape(char c, StringBuilder out) {
        switch (c) {
            case '\n' -> out.append("\\n");
            case '\t' -> out.append("\\t");
            case '\r' -> out.append("\\r");
            default -> {
                out.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    out.append(Character.forDigit((c >> shift) & 0xf, 16));
                }
            }
        }
    }

    private void separate() {
        if (named) {
            named = false;
            return;
        }
        if (!first) {
            out.append(',');
        }
        if (!open.isEmpty()) {
            newLine();
        }
        first = false;
    }

    private void newLine() {
        if (!indent.isEmpty()) {
            out.append('\n');
            for (int i = 0; i < open.length(); i++) {
                out.append(indent);
            }
        }
    }
}
