package dev.carafe.oci;

import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A JSON value (RFC 8259).
 *
 * <p>{@link #parse} is strict: UTF-8 without a byte order mark, no duplicate keys, no lone surrogates, nothing after
 * the value, at most {@value #MAX_BYTES} bytes, {@value #MAX_DEPTH} levels of nesting and {@value #MAX_VALUES} values
 * and keys. Within these bounds a document takes at most about 50 MiB, and never much stack.
 */
public sealed interface Json {

    /** The largest document that is read, in bytes. */
    int MAX_BYTES = 16 << 20;

    /** The deepest nesting of objects and arrays that is read. */
    int MAX_DEPTH = 64;

    /** The most values that a document may hold, counting each element, each member and its key. */
    int MAX_VALUES = 1 << 18;

    /** An object; its members keep the document's order. */
    record JsonObject(Map<String, Json> members) implements Json {
        public JsonObject {
            members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
        }
    }

    /** An array. */
    record JsonArray(List<Json> elements) implements Json {
        public JsonArray {
            elements = List.copyOf(elements);
        }
    }

    /** A string; what the escapes stood for. */
    record JsonString(String text) implements Json {}

    /**
     * A number as it was written: no precision is lost, and two spellings of one number are not equal.
     *
     * @param literal as JSON spells numbers; who makes one by hand answers for that
     */
    record JsonNumber(String literal) implements Json {

        public static JsonNumber of(long number) {
            return new JsonNumber(Long.toString(number));
        }

        static String shorten(String literal) {
            return literal.length() > 40 ? literal.substring(0, 40) + "…" : literal;
        }
    }

    /** {@code true} or {@code false}. */
    record JsonBoolean(boolean value) implements Json {}

    /** {@code null}. */
    enum JsonNull implements Json {
        NULL
    }

    /**
     * Reads a whole document.
     *
     * @param document what messages call it, such as {@code config.json}
     * @throws InvalidDocumentException if it is not JSON as this type's contract demands
     */
    static Json parse(String document, byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw new InvalidDocumentException(
                    document, "", "is larger than " + MAX_BYTES + " bytes (16 MiB), the most that is read");
        }
        return new JsonParser(document, bytes).document();
    }

    /**
     * Reads a document to the stream's end, but no more than one byte beyond {@link #MAX_BYTES}. Does not close it.
     *
     * @param document what messages call it, such as {@code config.json}
     * @throws InvalidDocumentException if it is not JSON as this type's contract demands
     * @throws IOException if the stream fails
     */
    static Json read(String document, InputStream in) throws IOException {
        return parse(document, in.readNBytes(MAX_BYTES + 1));
    }

    /** The value's kind and, if it is short, the value, as messages show it: {@code the text "12x"}. */
    default String shown() {
        return switch (this) {
            case JsonObject _ -> "an object";
            case JsonArray _ -> "an array";
            case JsonString(String text) -> "the text " + JsonPath.quoted(text);
            case JsonNumber(String literal) -> "the number " + JsonNumber.shorten(literal);
            case JsonBoolean(boolean value) -> value ? "true" : "false";
            case JsonNull.NULL -> "null";
        };
    }

    /** The value as JSON on one line. */
    default String compact() {
        return new JsonWriter("").value(this).text();
    }

    /** The value as JSON over many lines, indented by tabs, without a line feed at the end. */
    default String indented() {
        return new JsonWriter("\t").value(this).text();
    }
}
