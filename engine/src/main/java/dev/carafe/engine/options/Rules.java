package dev.carafe.engine.options;

import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.JsonPath;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;

/** What the records hold their components to. */
final class Rules {

    private Rules() {}

    static InvalidDocumentException broken(String key, String problem) {
        return new InvalidDocumentException(key, problem);
    }

    /** Makes a part of a record; what is wrong with it is said of the part's key. */
    static <T> T part(String key, Supplier<T> maker) {
        try {
            return maker.get();
        } catch (InvalidDocumentException wrong) {
            if (!wrong.document().isEmpty()) {
                throw wrong;
            }
            throw new InvalidDocumentException(JsonPath.join(key, wrong.key()), wrong.problem());
        }
    }

    /** Text that the kernel can take and UTF-8 can carry: no NUL, no lone surrogate. */
    static String text(String key, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                throw broken(key, "must not hold a NUL character: " + JsonPath.quoted(text));
            }
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw broken(key, "must not hold a lone surrogate: " + JsonPath.quoted(text));
                }
                i++;
            }
        }
        return text;
    }

    static String some(String key, String text) {
        if (text.isEmpty()) {
            throw broken(key, "must not be empty");
        }
        return text(key, text);
    }

    static Optional<String> some(String key, Optional<String> text) {
        if (text.isPresent()) {
            some(key, text.get());
        }
        return text;
    }

    /** On one line, as what goes into a line of a generated file. */
    static String line(String key, String text) {
        some(key, text);
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                throw broken(key, "must be on one line: " + JsonPath.quoted(text));
            }
        }
        return text;
    }

    /** One word of a generated file. */
    static String word(String key, String text) {
        line(key, text);
        if (text.indexOf(' ') >= 0) {
            throw broken(key, "must be one word: " + JsonPath.quoted(text));
        }
        return text;
    }

    static List<String> texts(String key, List<String> texts) {
        for (int i = 0; i < texts.size(); i++) {
            text(JsonPath.element(key, i), texts.get(i));
        }
        return List.copyOf(texts);
    }

    static List<String> words(String key, List<String> texts) {
        for (int i = 0; i < texts.size(); i++) {
            word(JsonPath.element(key, i), texts.get(i));
        }
        return List.copyOf(texts);
    }

    /** Members with names that are not empty. */
    static Map<String, String> members(String key, Map<String, String> members) {
        for (Map.Entry<String, String> member : members.entrySet()) {
            if (member.getKey().isEmpty()) {
                throw broken(JsonPath.member(key, ""), "a name must not be empty");
            }
            text(JsonPath.member(key, member.getKey()), member.getKey());
            text(JsonPath.member(key, member.getKey()), member.getValue());
        }
        return Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }

    static <T> Set<T> copy(Collection<T> set) {
        return Collections.unmodifiableSet(new LinkedHashSet<>(set));
    }

    static String absolute(String key, String path) {
        if (!path.startsWith("/")) {
            throw broken(key, "must be an absolute path, not " + JsonPath.quoted(path));
        }
        return text(key, path);
    }

    /** An absolute path without steps that say nothing: {@code /a/./b//c/} is {@code /a/b/c}, and above the top is the top. */
    static String clean(String key, String path) {
        absolute(key, path);
        return "/" + String.join("/", steps(path));
    }

    /** A path below some folder: {@code a/b}; empty for the folder itself. */
    static String below(String key, String path) {
        text(key, path);
        List<String> given = List.of(path.split("/", -1));
        if (path.startsWith("/") || given.contains("..")) {
            throw broken(key, "must lie below and have no .. in it, unlike " + JsonPath.quoted(path));
        }
        return String.join("/", steps(path));
    }

    private static List<String> steps(String path) {
        List<String> steps = new ArrayList<>();
        for (String step : path.split("/", -1)) {
            if (step.equals("..")) {
                if (!steps.isEmpty()) {
                    steps.removeLast();
                }
            } else if (!step.isEmpty() && !step.equals(".")) {
                steps.add(step);
            }
        }
        return steps;
    }

    static long range(String key, long number, long least, long most) {
        if (number < least || number > most) {
            throw broken(
                    key,
                    most == Long.MAX_VALUE
                            ? number + " is below " + least
                            : number + " is out of range: " + least + " to " + most);
        }
        return number;
    }

    static void range(String key, OptionalLong number, long least, long most) {
        if (number.isPresent()) {
            range(key, number.getAsLong(), least, most);
        }
    }

    /** A time that is none or fits 64 bits of nanoseconds. */
    static void time(String key, Optional<Duration> time, Duration least) {
        if (time.isPresent()) {
            Duration given = time.get();
            if (given.compareTo(least) < 0 || given.compareTo(Duration.ofNanos(Long.MAX_VALUE)) > 0) {
                throw broken(key, given + " is no time to wait: at least " + least + ", at most 292 years");
            }
        }
    }

    static OptionalLong nanos(Optional<Duration> time) {
        return time.isPresent() ? OptionalLong.of(time.get().toNanos()) : OptionalLong.empty();
    }

    static Optional<Duration> ofNanos(OptionalLong nanos) {
        return nanos.isPresent() ? Optional.of(Duration.ofNanos(nanos.getAsLong())) : Optional.empty();
    }
}
