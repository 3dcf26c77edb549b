package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.MALFORMED;

import dev.carafe.linux.FileNames;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The records of an extended header, by which POSIX tar says what a header has no room for.
 *
 * @see <a href="https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html">pax, extended header</a>
 */
final class PaxRecords {

    private static final String ATTRIBUTE = "SCHILY.xattr.";
    private static final String SPARSE_OFFSET = "GNU.sparse.offset";
    private static final String SPARSE_LENGTH = "GNU.sparse.numbytes";
    private static final int LENGTH_DIGITS = 10;
    private static final int NUMBER_DIGITS = 18;

    private final Map<String, byte[]> records = new HashMap<>();
    /** The ranges of a sparse file in the oldest form, which repeats two keywords. */
    private final List<String> sparse = new ArrayList<>();

    /** @throws LayerException if these are no such records */
    static PaxRecords read(byte[] bytes) {
        var read = new PaxRecords();
        int at = 0;
        while (at < bytes.length) {
            int space = at;
            long length = 0;
            while (space < bytes.length && space - at < LENGTH_DIGITS && bytes[space] >= '0' && bytes[space] <= '9') {
                length = length * 10 + bytes[space] - '0';
                space++;
            }
            if (space == at || space == bytes.length || bytes[space] != ' ' || length > bytes.length - at) {
                throw malformed("a record's length is wrong");
            }
            int end = at + (int) length;
            int equals = space + 1;
            while (equals < end && bytes[equals] != '=') {
                equals++;
            }
            if (end <= space + 1 || equals >= end - 1 || equals == space + 1 || bytes[end - 1] != '\n') {
                throw malformed("a record is not of the form keyword=value");
            }
            read.add(
                    FileNames.text(bytes, space + 1, equals - space - 1),
                    Arrays.copyOfRange(bytes, equals + 1, end - 1));
            at = end;
        }
        return read;
    }

    private void add(String keyword, byte[] value) {
        if (keyword.indexOf('\0') >= 0) {
            throw malformed("a keyword has a NUL");
        }
        if (keyword.equals(SPARSE_OFFSET) || keyword.equals(SPARSE_LENGTH)) {
            // They come in pairs, the offset first.
            if ((sparse.size() % 2 == 0) != keyword.equals(SPARSE_OFFSET)) {
                throw malformed("the ranges of a sparse file are not pairs");
            }
            sparse.add(new String(value, StandardCharsets.ISO_8859_1));
        } else if (value.length == 0 && !keyword.startsWith(ATTRIBUTE)) {
            // POSIX: as if it had never been said.
            records.remove(keyword);
        } else {
            records.put(keyword, value);
        }
    }

    private static LayerException malformed(String problem) {
        return new LayerException(MALFORMED, "", "an extended header is malformed: " + problem);
    }

    boolean has(String keyword) {
        return records.containsKey(keyword);
    }

    /** A name or path; the other one if there is none here. */
    String text(String keyword, String otherwise) {
        byte[] value = records.get(keyword);
        if (value == null) {
            return otherwise;
        }
        String text = FileNames.text(value);
        if (text.indexOf('\0') >= 0) {
            throw new LayerException(MALFORMED, text, "its " + keyword + " has a NUL");
        }
        return text;
    }

    /** A whole number; the other one if there is none here. */
    long number(String keyword, long otherwise) {
        byte[] value = records.get(keyword);
        return value == null ? otherwise : number(keyword, new String(value, StandardCharsets.ISO_8859_1));
    }

    static long number(String keyword, String digits) {
        boolean negative = digits.startsWith("-");
        int start = negative ? 1 : 0;
        if (digits.length() == start || digits.length() - start > NUMBER_DIGITS) {
            throw malformed(keyword + " is no number: " + LayerException.quoted(digits));
        }
        long number = 0;
        for (int i = start; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c < '0' || c > '9') {
                throw malformed(keyword + " is no number: " + LayerException.quoted(digits));
            }
            number = number * 10 + c - '0';
        }
        return negative ? -number : number;
    }

    /** Seconds and nanoseconds since the epoch. */
    record Time(long seconds, int nanos) {}

    /** The time of the last modification. */
    @Nullable
    Time modified() {
        byte[] value = records.get("mtime");
        if (value == null) {
            return null;
        }
        String text = new String(value, StandardCharsets.ISO_8859_1);
        int dot = text.indexOf('.');
        if (dot < 0) {
            return new Time(number("mtime", text), 0);
        }
        String whole = text.substring(0, dot);
        boolean negative = whole.startsWith("-");
        long seconds = whole.isEmpty() || whole.equals("-") ? 0 : number("mtime", whole);
        int nanos = 0;
        for (int i = 1; i <= 9; i++) {
            char c = dot + i < text.length() ? text.charAt(dot + i) : '0';
            if (c < '0' || c > '9') {
                throw malformed("mtime is no time: " + LayerException.quoted(text));
            }
            nanos = nanos * 10 + c - '0';
        }
        return negative && nanos > 0 ? new Time(seconds - 1, 1_000_000_000 - nanos) : new Time(seconds, nanos);
    }

    /**
     * The extended attributes, by name and in its order.
     *
     * @param most bytes in all of them
     */
    Map<String, byte[]> attributes(String entry, int most) {
        if (records.keySet().stream().noneMatch(keyword -> keyword.startsWith(ATTRIBUTE))) {
            return Map.of();
        }
        Map<String, byte[]> attributes = new TreeMap<>();
        long bytes = 0;
        for (Map.Entry<String, byte[]> record : records.entrySet()) {
            if (record.getKey().startsWith(ATTRIBUTE)) {
                String name = record.getKey().substring(ATTRIBUTE.length());
                bytes += name.length() + record.getValue().length;
                LayerLimits.check(bytes, most, entry, "its extended attributes have " + bytes + " bytes or more");
                attributes.put(name, record.getValue());
            }
        }
        return attributes;
    }

    /** The ranges of a sparse file in the first two forms, as numbers in pairs; nothing if it is not given so. */
    List<String> sparseRanges() {
        byte[] map = records.get("GNU.sparse.map");
        return map == null ? sparse : List.of(new String(map, StandardCharsets.ISO_8859_1).split(",", -1));
    }
}
