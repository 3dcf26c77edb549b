package dev.carafe.oci.runtime;

import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.JsonPath;
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

/** What the records hold their components to. Each rule returns the value that it checked or a copy of it. */
final class Rules {

    /** The largest {@code uint32}; as a user or group id the kernel takes it for "no id". */
    static final long UINT32 = 0xffff_ffffL;

    /** The largest major and minor device numbers of Linux: 12 and 20 bits. */
    static final long MAJOR = 0xfff;

    static final long MINOR = 0xfffff;

    private Rules() {}

    static InvalidDocumentException broken(String key, String problem) {
        return new InvalidDocumentException(key, problem);
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

    static String absolute(String key, String path) {
        if (!path.startsWith("/")) {
            throw broken(key, "must be an absolute path, not " + JsonPath.quoted(path));
        }
        return text(key, path);
    }

    static Optional<String> absolute(String key, Optional<String> path) {
        if (path.isPresent()) {
            absolute(key, path.get());
        }
        return path;
    }

    /** A path that does not lead out of where it starts. */
    static String inside(String key, String path) {
        some(key, path);
        for (int at = path.indexOf(".."); at >= 0; at = path.indexOf("..", at + 1)) {
            boolean begins = at == 0 || path.charAt(at - 1) == '/';
            if (begins && (at + 2 == path.length() || path.charAt(at + 2) == '/')) {
                throw broken(key, "must not hold .., as in " + JsonPath.quoted(path));
            }
        }
        return path;
    }

    /** A name in a directory: no way out of it, no way further in. */
    static String fileName(String key, String name) {
        if (!isFileName(name)) {
            throw broken(key, "must be a file name, not " + JsonPath.quoted(name));
        }
        return name;
    }

    /** Members whose keys are names in a directory. */
    static void fileNames(String key, Collection<String> names) {
        for (String name : names) {
            if (!isFileName(name)) {
                fileName(JsonPath.member(key, name), name);
            }
        }
    }

    private static boolean isFileName(String name) {
        return !name.isEmpty() && !name.equals(".") && !name.equals("..") && name.indexOf('/') < 0 && !unfit(name);
    }

    /** A network interface's name, as the kernel takes one: 1 to 15 bytes. */
    static String interfaceName(String key, String name) {
        if (!isInterfaceName(name)) {
            throw broken(key, "is no name of a network interface: " + JsonPath.quoted(name));
        }
        return name;
    }

    static boolean isInterfaceName(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c <= ' ' || c >= 0x7f || c == '/' || c == ':') {
                return false;
            }
        }
        return !name.isEmpty() && name.length() < 16 && !name.equals(".") && !name.equals("..");
    }

    /** A list of CPUs or memory nodes as the specification and {@code cpuset(7)} write it: {@code 0-3,7}. */
    static Optional<String> numberList(String key, Optional<String> list) {
        if (list.isPresent() && !isNumberList(list.get())) {
            throw broken(key, "expected a list such as 0-3,7, found " + JsonPath.quoted(list.get()));
        }
        return list;
    }

    private static boolean isNumberList(String list) {
        int at = 0;
        while (true) {
            int from = numberAt(list, at);
            at += digitsAt(list, at);
            if (from >= 0 && at < list.length() && list.charAt(at) == '-') {
                int to = numberAt(list, ++at);
                at += digitsAt(list, at);
                from = to < from ? -1 : from;
            }
            if (from < 0) {
                return false;
            }
            if (at == list.length()) {
                return true;
            }
            if (list.charAt(at++) != ',') {
                return false;
            }
        }
    }

    /** The number of one to five digits that begins at {@code at}; negative if there is none. */
    private static int numberAt(String list, int at) {
        int digits = digitsAt(list, at);
        return digits == 0 || digits > 5 ? -1 : Integer.parseInt(list, at, at + digits, 10);
    }

    private static int digitsAt(String list, int at) {
        int end = at;
        while (end < list.length() && list.charAt(end) >= '0' && list.charAt(end) <= '9') {
            end++;
        }
        return end - at;
    }

    static long range(String key, long number, long least, long most) {
        if (number < least || number > most) {
            throw broken(key, number + " is out of range: " + least + " to " + most);
        }
        return number;
    }

    static OptionalLong range(String key, OptionalLong number, long least, long most) {
        if (number.isPresent()) {
            range(key, number.getAsLong(), least, most);
        }
        return number;
    }

    /** A user or group id. */
    static long id(String key, long id) {
        range(key, id, 0, UINT32);
        if (id == UINT32) {
            throw broken(key, UINT32 + " is no id: the kernel takes it for \"leave unchanged\"");
        }
        return id;
    }

    /** The id of a user or group that something runs as: no other engine goes higher, and some have overflowed. */
    static long runningId(String key, long id) {
        return range(key, id, 0, Integer.MAX_VALUE);
    }

    static OptionalLong id(String key, OptionalLong id) {
        if (id.isPresent()) {
            id(key, id.getAsLong());
        }
        return id;
    }

    static List<String> texts(String key, List<String> texts) {
        int index = 0;
        for (String text : texts) {
            if (unfit(text)) {
                text(JsonPath.element(key, index), text);
            }
            index++;
        }
        return List.copyOf(texts);
    }

    static List<String> absolutes(String key, List<String> paths) {
        int index = 0;
        for (String path : paths) {
            if (!path.startsWith("/")) {
                absolute(JsonPath.element(key, index), path);
            }
            index++;
        }
        return texts(key, paths);
    }

    /**
     * Whether {@link #text} could refuse it; if not, there is no need to spell out the key, which takes longer than the
     * check.
     */
    static boolean unfit(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0 || Character.isSurrogate(c)) {
                return true;
            }
        }
        return false;
    }

    /** Members with names that are not empty. */
    static Map<String, String> members(String key, Map<String, String> members) {
        for (Map.Entry<String, String> member : members.entrySet()) {
            if (member.getKey().isEmpty() || unfit(member.getKey()) || unfit(member.getValue())) {
                String name = JsonPath.member(key, member.getKey());
                if (member.getKey().isEmpty()) {
                    throw broken(name, "a key must not be empty");
                }
                text(name, member.getKey());
                text(name, member.getValue());
            }
        }
        return copy(members);
    }

    static <K, V> Map<K, V> copy(Map<K, V> map) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }

    static <T> Set<T> copy(Collection<T> set) {
        return Collections.unmodifiableSet(new LinkedHashSet<>(set));
    }

    /** Ranges of ids for a user namespace or a mount, as {@code user_namespaces(7)} limits them. */
    static List<IdMapping> mappings(String key, List<IdMapping> mappings) {
        if (mappings.size() > IdMapping.MOST) {
            throw broken(key, "holds " + mappings.size() + " mappings; the kernel takes at most " + IdMapping.MOST);
        }
        List<IdMapping> earlier = new ArrayList<>();
        for (IdMapping mapping : mappings) {
            for (int i = 0; i < earlier.size(); i++) {
                if (mapping.overlaps(earlier.get(i))) {
                    throw broken(JsonPath.element(key, earlier.size()), "overlaps " + JsonPath.element(key, i));
                }
            }
            earlier.add(mapping);
        }
        return List.copyOf(mappings);
    }
}
