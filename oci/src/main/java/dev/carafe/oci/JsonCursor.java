package dev.carafe.oci;

import dev.carafe.oci.Json.JsonArray;
import dev.carafe.oci.Json.JsonBoolean;
import dev.carafe.oci.Json.JsonNull;
import dev.carafe.oci.Json.JsonNumber;
import dev.carafe.oci.Json.JsonObject;
import dev.carafe.oci.Json.JsonString;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads records from a document: stands in one of its objects and gives that object's members by name.
 *
 * <p>It moves into members that are objects and out again, so it always knows the path of what it reads, at no cost
 * until an error needs it. {@code null} counts as absent, as it does for every reader of the OCI formats that is
 * written in Go; unknown members are ignored. Each method throws {@link InvalidDocumentException} if the member is not
 * what the method's name says. Not thread-safe.
 *
 * {@snippet :
 * var in = new JsonCursor("state.json", Json.parse("state.json", bytes));
 * try {
 *     String id = in.text("id");
 *     List<Port> ports = new ArrayList<>();
 *     for (boolean more = in.first("ports"); more; more = in.next()) {
 *         ports.add(new Port(in.text("name"), in.integer("number", IntegerType.UINT16)));
 *     }
 *     Optional<Owner> owner = in.enter("owner")
 *             ? in.leave(Optional.of(new Owner(in.text("name"))))
 *             : Optional.empty();
 * } catch (InvalidDocumentException e) {
 *     throw in.locate(e); // a record's constructor does not know where it is
 * }
 * }
 */
public final class JsonCursor {

    /** The widths of whole numbers that the OCI specifications name. */
    public enum IntegerType {
        INT32(Integer.MIN_VALUE, Integer.MAX_VALUE),
        UINT16(0, 0xffff),
        UINT32(0, 0xffff_ffffL),
        INT64(Long.MIN_VALUE, Long.MAX_VALUE),
        /** Given as a {@code long} whose bits are to be read as unsigned. */
        UINT64(0, -1);

        private final long least;
        private final long most;

        IntegerType(long least, long most) {
            this.least = least;
            this.most = most;
        }

        private boolean holds(boolean negative, long bits) {
            if (this == UINT64) {
                return !negative || bits == 0;
            }
            boolean unsigned = !negative && bits < 0;
            return !unsigned && bits >= least && bits <= most;
        }

        private String range() {
            return least + " to " + (this == UINT64 ? Long.toUnsignedString(most) : Long.toString(most));
        }
    }

    private final String document;
    private Place place;

    /**
     * Stands in the document's outermost value.
     *
     * @param document what messages call it, such as {@code config.json}
     * @throws InvalidDocumentException if the value is not an object
     */
    public JsonCursor(String document, Json json) {
        this.document = document;
        if (!(json instanceof JsonObject object)) {
            throw new InvalidDocumentException(document, "", "expected an object, found " + json.shown());
        }
        this.place = new Place(null, "", object);
    }

    /** An object on the way from the root, or an array or map of objects together with the one that is being read. */
    private static final class Place {

        private final @Nullable Place outer;
        private final String name;
        private JsonObject object;
        private @Nullable Iterator<Json> elements;
        private int index;
        private @Nullable Iterator<Map.Entry<String, Json>> members;
        private String member = "";

        Place(@Nullable Place outer, String name, JsonObject object) {
            this.outer = outer;
            this.name = name;
            this.object = object;
        }

        String path() {
            String path = outer == null ? name : JsonPath.member(outer.path(), name);
            return elements != null
                    ? JsonPath.element(path, index)
                    : members != null ? JsonPath.member(path, member) : path;
        }
    }

    // Moving

    /** Moves into the object {@code name}; stays and returns false if it is absent. */
    public boolean enter(String name) {
        Json value = find(name);
        if (value == null) {
            return false;
        }
        place = new Place(place, name, object(name, value));
        return true;
    }

    /** Moves out of the object that was entered last. */
    public void leave() {
        if (place.outer == null) {
            throw new IllegalStateException("already in the outermost object");
        }
        place = place.outer;
    }

    /** Moves out of the object that was entered last, and passes on what was read there. */
    public <T> T leave(T read) {
        leave();
        return read;
    }

    /** Moves into the first object of the array {@code name}; stays and returns false if there is none. */
    public boolean first(String name) {
        Json value = find(name);
        if (value == null || array(name, value).isEmpty()) {
            return false;
        }
        Place inside = new Place(place, name, place.object);
        inside.elements = array(name, value).iterator();
        inside.index = -1;
        place = inside;
        return next();
    }

    /** Moves into the first object of those that are members of {@code name}, whatever their names. */
    public boolean firstMember(String name) {
        Json value = find(name);
        if (value == null || object(name, value).members().isEmpty()) {
            return false;
        }
        Place inside = new Place(place, name, place.object);
        inside.members = object(name, value).members().entrySet().iterator();
        place = inside;
        return next();
    }

    /** Moves on to the next object after {@link #first} or {@link #firstMember}; leaves and returns false at the end. */
    public boolean next() {
        Json value;
        if (place.elements != null && place.elements.hasNext()) {
            value = place.elements.next();
            place.index++;
        } else if (place.members != null && place.members.hasNext()) {
            Map.Entry<String, Json> member = place.members.next();
            value = member.getValue();
            place.member = member.getKey();
        } else {
            leave();
            return false;
        }
        place.object = object("", value);
        return true;
    }

    /** The name of the member that {@link #firstMember} and {@link #next} moved to. */
    public String member() {
        return place.member;
    }

    // Reading

    public boolean has(String name) {
        return find(name) != null;
    }

    public String text(String name) {
        return text(name, required(name));
    }

    /** Absent and empty text are one. */
    public Optional<String> optionalText(String name) {
        Json value = find(name);
        if (value == null) {
            return Optional.empty();
        }
        String text = text(name, value);
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    /** The strings of an array; none if it is absent. */
    public List<String> texts(String name) {
        Json value = find(name);
        if (value == null) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        for (Json element : array(name, value)) {
            texts.add(
                    element instanceof JsonString(String text)
                            ? text
                            : text(JsonPath.element(name, texts.size()), element));
        }
        return texts;
    }

    /** The members of an object whose values are strings; none if it is absent. */
    public Map<String, String> textMembers(String name) {
        Json value = find(name);
        if (value == null) {
            return Map.of();
        }
        Map<String, String> texts = new LinkedHashMap<>();
        for (Map.Entry<String, Json> member : object(name, value).members().entrySet()) {
            texts.put(
                    member.getKey(),
                    member.getValue() instanceof JsonString(String text)
                            ? text
                            : text(JsonPath.member(name, member.getKey()), member.getValue()));
        }
        return texts;
    }

    /** The names of an object's members, whose values say nothing: a set, as Go's JSON has it; none if it is absent. */
    public Set<String> names(String name) {
        Json value = find(name);
        return value == null
                ? Set.of()
                : new LinkedHashSet<>(object(name, value).members().keySet());
    }

    /** The members of the object where the cursor stands that have none of these names. */
    public Map<String, Json> others(Set<String> names) {
        Map<String, Json> others = new LinkedHashMap<>(place.object.members());
        others.keySet().removeAll(names);
        return others;
    }

    /** Absent is false. */
    public boolean flag(String name) {
        Json value = find(name);
        return value != null && flag(name, value);
    }

    public Optional<Boolean> optionalFlag(String name) {
        Json value = find(name);
        return value == null ? Optional.empty() : Optional.of(flag(name, value));
    }

    public boolean requiredFlag(String name) {
        return flag(name, required(name));
    }

    public long integer(String name, IntegerType type) {
        return integer(name, required(name), type);
    }

    public OptionalLong optionalInteger(String name, IntegerType type) {
        Json value = find(name);
        return value == null ? OptionalLong.empty() : OptionalLong.of(integer(name, value, type));
    }

    /** The numbers of an array; none if it is absent. */
    public List<Long> integers(String name, IntegerType type) {
        Json value = find(name);
        if (value == null) {
            return List.of();
        }
        List<Long> numbers = new ArrayList<>();
        for (Json element : array(name, value)) {
            OptionalLong number = integer(element, type);
            numbers.add(
                    number.isPresent()
                            ? number.getAsLong()
                            : integer(JsonPath.element(name, numbers.size()), element, type));
        }
        return numbers;
    }

    /**
     * The one of {@code words} whose {@code toString} is the member's text.
     *
     * @param kind what messages call such a word
     */
    public <T> T oneOf(String name, String kind, T[] words) {
        return oneOf(name, required(name), kind, words);
    }

    /** As {@link #oneOf(String, String, Object[])}; absent and empty text are one. */
    public <T> Optional<T> optionalOneOf(String name, String kind, T[] words) {
        Optional<String> text = optionalText(name);
        return text.isEmpty() ? Optional.empty() : Optional.of(oneOf(name, kind, words));
    }

    /** Some of {@code words}, in the document's order, each once; none if the array is absent. */
    public <T> Set<T> someOf(String name, String kind, T[] words) {
        Json value = find(name);
        if (value == null) {
            return Set.of();
        }
        Set<T> found = new LinkedHashSet<>();
        int index = 0;
        for (Json element : array(name, value)) {
            T word = element instanceof JsonString(String text) ? word(text, words) : null;
            found.add(word != null ? word : oneOf(JsonPath.element(name, index), element, kind, words));
            index++;
        }
        return Collections.unmodifiableSet(found);
    }

    // Errors

    /** What is wrong with the member {@code key} of the object where the cursor stands; {@code key} may be a path. */
    public InvalidDocumentException problem(String key, String problem) {
        return new InvalidDocumentException(document, JsonPath.join(place.path(), key), problem);
    }

    /**
     * Completes an exception that a record's constructor threw with the document and the place where the cursor stands,
     * which is where it failed; passes one that has both on as it is.
     */
    public InvalidDocumentException locate(InvalidDocumentException e) {
        if (!e.document().isEmpty()) {
            return e;
        }
        InvalidDocumentException located = problem(e.key(), e.problem());
        located.setStackTrace(e.getStackTrace());
        return located;
    }

    private InvalidDocumentException expected(String expected, String key, Json found) {
        return problem(key, "expected " + expected + ", found " + found.shown());
    }

    private @Nullable Json find(String name) {
        Json value = place.object.members().get(name);
        return value == JsonNull.NULL ? null : value;
    }

    private Json required(String name) {
        Json value = find(name);
        if (value == null) {
            throw problem(name, "is missing");
        }
        return value;
    }

    private JsonObject object(String key, Json value) {
        if (value instanceof JsonObject object) {
            return object;
        }
        throw expected("an object", key, value);
    }

    private List<Json> array(String key, Json value) {
        if (value instanceof JsonArray(List<Json> elements)) {
            return elements;
        }
        throw expected("an array", key, value);
    }

    private String text(String key, Json value) {
        if (value instanceof JsonString(String text)) {
            return text;
        }
        throw expected("text", key, value);
    }

    private boolean flag(String key, Json value) {
        if (value instanceof JsonBoolean(boolean flag)) {
            return flag;
        }
        throw expected("true or false", key, value);
    }

    private long integer(String key, Json value, IntegerType type) {
        OptionalLong number = integer(value, type);
        if (number.isPresent()) {
            return number.getAsLong();
        }
        if (value instanceof JsonNumber(String literal) && whole(literal)) {
            throw problem(key, JsonNumber.shorten(literal) + " is out of range: " + type.range());
        }
        throw expected("a whole number", key, value);
    }

    /** The number, if it is a whole one of this type. */
    private static OptionalLong integer(Json value, IntegerType type) {
        if (value instanceof JsonNumber(String literal) && whole(literal)) {
            boolean negative = literal.charAt(0) == '-';
            try {
                long bits = negative ? Long.parseLong(literal) : Long.parseUnsignedLong(literal);
                return type.holds(negative, bits) ? OptionalLong.of(bits) : OptionalLong.empty();
            } catch (NumberFormatException _) {
                // more than 64 bits: out of any range
            }
        }
        return OptionalLong.empty();
    }

    private static boolean whole(String literal) {
        for (int i = 0; i < literal.length(); i++) {
            char c = literal.charAt(i);
            if ((c < '0' || c > '9') && (c != '-' || i > 0)) {
                return false;
            }
        }
        return true;
    }

    private <T> T oneOf(String key, Json value, String kind, T[] words) {
        String text = text(key, value);
        T found = word(text, words);
        if (found != null) {
            return found;
        }
        StringBuilder problem =
                new StringBuilder("unknown ").append(kind).append(' ').append(JsonPath.quoted(text));
        if (words.length <= 12) {
            for (int i = 0; i < words.length; i++) {
                problem.append(i == 0 ? "; expected " : i < words.length - 1 ? ", " : " or ")
                        .append(words[i]);
            }
        }
        throw problem(key, problem.toString());
    }

    private static <T> @Nullable T word(String text, T[] words) {
        for (T word : words) {
            if (String.valueOf(word).equals(text)) {
                return word;
            }
        }
        return null;
    }
}
