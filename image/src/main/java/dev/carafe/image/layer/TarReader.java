package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.MALFORMED;
import static dev.carafe.image.layer.LayerException.Kind.UNSUPPORTED;

import dev.carafe.image.layer.TarEntry.Range;
import dev.carafe.linux.FileNames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a tar archive from its beginning to its end: the old form, POSIX' with extended headers, and GNU's, with sparse
 * files as both know them.
 *
 * <p>Where programs differ it goes with Go's {@code archive/tar}, by which registries' images are made and read: a link,
 * directory or device has no content whatever its size says, and GNU's long name goes before POSIX'.
 *
 * {@snippet :
 * for (Optional<TarEntry> entry = reader.next(); entry.isPresent(); entry = reader.next()) {
 *     for (ByteBuffer part = reader.content(); part.hasRemaining(); part = reader.content()) {
 *         write(part, reader.offset());
 *     }
 * }
 * }
 */
final class TarReader {

    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);
    private static final PaxRecords NO_RECORDS = PaxRecords.read(new byte[0]);
    private static final int OLD_RANGE = 24;
    private static final int MAP_NUMBER_DIGITS = 20;

    private final Chunks chunks;
    private final LayerLimits limits;
    private ByteBuffer chunk = NOTHING;
    private boolean ended;
    private long bytes;
    private long headers;

    private String name = "";
    /** Bytes of the present entry that are still to come, without what fills its last block. */
    private long left;

    private int padding;
    private List<Range> data = List.of();
    private int range;
    private long inRange;
    private long offset;

    TarReader(Chunks chunks, LayerLimits limits) {
        this.chunks = chunks;
        this.limits = limits;
    }

    /**
     * The next entry; what has not been read of the one before is passed over.
     *
     * @return nothing at the archive's end
     * @throws LayerException if it is malformed, cut short or beyond the limits
     */
    Optional<TarEntry> next() throws IOException {
        skip(left + padding);
        left = 0;
        padding = 0;
        data = List.of();
        range = 0;
        inRange = 0;
        offset = 0;
        PaxRecords pax = NO_RECORDS;
        String longName = null;
        String longTarget = null;
        while (true) {
            name = longName == null ? "" : longName;
            TarHeader header = header();
            if (header == null) {
                if (pax != NO_RECORDS || longName != null || longTarget != null) {
                    throw new LayerException(MALFORMED, name, "the archive ends after an extended header");
                }
                return Optional.empty();
            }
            switch (header.type()) {
                case 'x', 'X' -> pax = PaxRecords.read(extended(header));
                // What is said of all that follows is not for layers: the specification knows nothing of it.
                case 'g' -> extended(header);
                case 'L' -> longName = longText(header);
                case 'K' -> longTarget = longText(header);
                // A label of the archive.
                case 'V' -> extended(header);
                default -> {
                    return Optional.of(entry(header, pax, longName, longTarget));
                }
            }
        }
    }

    /** The next part of the present entry's content; empty after the last one. It is good until the next call. */
    ByteBuffer content() throws IOException {
        while (range < data.size() && inRange == data.get(range).length()) {
            range++;
            inRange = 0;
        }
        if (range == data.size()) {
            return NOTHING;
        }
        need();
        Range present = data.get(range);
        int length = (int) Math.min(chunk.remaining(), present.length() - inRange);
        ByteBuffer part = chunk.slice(chunk.position(), length);
        chunk.position(chunk.position() + length);
        offset = present.offset() + inRange;
        inRange += length;
        left -= length;
        return part;
    }

    /** Where in the file the part belongs that {@link #content} gave last. */
    long offset() {
        return offset;
    }

    /** Reads all that comes after the archive's end, so that whoever counts or hashes has seen it. */
    void drain() throws IOException {
        while (!ended) {
            pull();
        }
    }

    /** Where in the archive the next byte lies that has not been given out. */
    long position() {
        return bytes - chunk.remaining();
    }

    /** The bytes that have been read so far. */
    long bytes() {
        return bytes;
    }

    private TarEntry entry(TarHeader header, PaxRecords pax, @Nullable String longName, @Nullable String longTarget)
            throws IOException {
        String given = pax.text("path", header.name());
        name = longName == null ? pax.text("GNU.sparse.name", given) : longName;
        checkPath(name, "its name");
        String target = longTarget == null ? pax.text("linkpath", header.target()) : longTarget;
        checkPath(target, "its target");
        TarEntry.Type type = type(header);
        long packed = pax.number("size", header.size());
        if (packed < 0) {
            throw new LayerException(MALFORMED, name, "its size is " + packed);
        }
        boolean hasContent = header.type() == 0 || header.type() == '0' || header.type() == '7' || header.type() == 'S';
        if (!hasContent) {
            packed = 0;
        }
        left = packed;
        padding = padding(packed);
        long size = type == TarEntry.Type.FILE ? sparse(header, pax, packed) : 0;
        LayerLimits.check(size, limits.bytes(), name, "it has " + size + " bytes");
        boolean isDevice = type == TarEntry.Type.CHARACTER_DEVICE || type == TarEntry.Type.BLOCK_DEVICE;
        PaxRecords.Time time = pax.modified();
        boolean isLink = type == TarEntry.Type.SYMBOLIC_LINK || type == TarEntry.Type.HARD_LINK;
        if (isLink && target.isEmpty()) {
            throw new LayerException(MALFORMED, name, "it is a link to nothing");
        }
        Map<String, byte[]> attributes = pax.attributes(name, limits.attributeBytes());
        return new TarEntry(
                name,
                type,
                isLink ? target : "",
                header.mode(),
                pax.number("uid", header.uid()),
                pax.number("gid", header.gid()),
                size,
                time == null ? header.seconds() : time.seconds(),
                time == null ? 0 : time.nanos(),
                isDevice ? device(header.deviceMajor(), 0xfff) : 0,
                isDevice ? device(header.deviceMinor(), 0xfffff) : 0,
                attributes,
                data);
    }

    private TarEntry.Type type(TarHeader header) {
        return switch (header.type()) {
            // Before there was a type for directories, a slash at the end of the name said so.
            case 0, '0', '7' -> name.endsWith("/") ? TarEntry.Type.DIRECTORY : TarEntry.Type.FILE;
            case 'S' -> TarEntry.Type.FILE;
            case '1' -> TarEntry.Type.HARD_LINK;
            case '2' -> TarEntry.Type.SYMBOLIC_LINK;
            case '3' -> TarEntry.Type.CHARACTER_DEVICE;
            case '4' -> TarEntry.Type.BLOCK_DEVICE;
            case '5' -> TarEntry.Type.DIRECTORY;
            case '6' -> TarEntry.Type.FIFO;
            default ->
                throw new LayerException(
                        UNSUPPORTED,
                        name,
                        "entries of the type " + LayerException.quoted(String.valueOf(header.type()))
                                + " are not for layers");
        };
    }

    private int device(long number, int most) {
        if (number < 0 || number > most) {
            throw new LayerException(MALFORMED, name, "no device has the number " + number);
        }
        return (int) number;
    }

    private void checkPath(String path, String what) {
        if (path.length() > limits.pathBytes() / 4) {
            int length = FileNames.bytes(path).length;
            LayerLimits.check(length, limits.pathBytes(), path, what + " has " + length + " bytes");
        }
    }

    /**
     * Finds out where the content belongs.
     *
     * @param packed the bytes that follow the header
     * @return the file's size
     */
    private long sparse(TarHeader header, PaxRecords pax, long packed) throws IOException {
        long size = packed;
        List<Range> ranges;
        if (header.type() == 'S') {
            size = header.sparseRealSize();
            ranges = oldRanges(header);
        } else if (pax.number("GNU.sparse.major", 0) == 1 && pax.number("GNU.sparse.minor", 0) == 0) {
            size = realSize(pax);
            ranges = leadingRanges();
        } else if (pax.has("GNU.sparse.map") || !pax.sparseRanges().isEmpty()) {
            size = realSize(pax);
            ranges = pairs(pax.sparseRanges());
        } else if (pax.has("GNU.sparse.major") || pax.has("GNU.sparse.minor")) {
            long major = pax.number("GNU.sparse.major", 0);
            if (major != 0) {
                throw new LayerException(
                        UNSUPPORTED, name, "sparse files of GNU's version " + major + " are not known");
            }
            size = realSize(pax);
            ranges = List.of(new Range(0, packed));
        } else {
            data = packed == 0 ? List.of() : List.of(new Range(0, packed));
            return packed;
        }
        data = checked(ranges, size);
        return size;
    }

    private long realSize(PaxRecords pax) {
        long size = pax.number("GNU.sparse.size", pax.number("GNU.sparse.realsize", -1));
        if (size < 0) {
            throw new LayerException(MALFORMED, name, "a sparse file without a size");
        }
        return size;
    }

    private List<Range> checked(List<Range> ranges, long size) {
        long end = 0;
        long sum = 0;
        for (Range present : ranges) {
            if (present.length() < 0
                    || present.offset() < end
                    || present.offset() > size
                    || present.length() > size - present.offset()) {
                throw new LayerException(MALFORMED, name, "the map of this sparse file contradicts itself");
            }
            end = present.end();
            sum += present.length();
        }
        if (sum != left) {
            throw new LayerException(
                    MALFORMED, name, "the map of this sparse file has " + sum + " bytes and the archive " + left);
        }
        return ranges.stream().filter(present -> present.length() > 0).toList();
    }

    /** GNU's oldest form: some ranges in the header, more in blocks after it. */
    private List<Range> oldRanges(TarHeader header) throws IOException {
        if (!header.isGnu()) {
            throw new LayerException(MALFORMED, name, "a sparse file in a header that is not GNU's");
        }
        List<Range> ranges = new ArrayList<>();
        TarHeader block = header;
        int at = TarHeader.SPARSE_RANGES;
        int more = TarHeader.SPARSE_RANGES_MORE;
        while (true) {
            for (; at + OLD_RANGE <= more && block.at(at) != 0; at += OLD_RANGE) {
                ranges.add(new Range(block.number(at, 12, "map"), block.number(at + 12, 12, "map")));
                checkMap(ranges.size() * (long) OLD_RANGE);
            }
            if (block.at(more) == 0) {
                return ranges;
            }
            block = new TarHeader(read(TarHeader.SIZE));
            at = 0;
            more = 21 * OLD_RANGE;
        }
    }

    /** GNU's newest form: the map is the first blocks of the content, as decimal numbers on lines. */
    private List<Range> leadingRanges() throws IOException {
        var map = new MapText();
        long count = map.number();
        checkMap(count * 4);
        List<Range> ranges = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            ranges.add(new Range(map.number(), map.number()));
        }
        return ranges;
    }

    private final class MapText {
        private byte[] block = new byte[0];
        private int at;
        private long read;

        long number() throws IOException {
            var digits = new StringBuilder();
            while (true) {
                if (at == block.length) {
                    if (left < TarHeader.SIZE) {
                        throw new LayerException(MALFORMED, name, "the map of this sparse file is cut short");
                    }
                    block = read(TarHeader.SIZE);
                    left -= TarHeader.SIZE;
                    at = 0;
                    read += TarHeader.SIZE;
                    checkMap(read);
                }
                char c = (char) (block[at++] & 0xff);
                if (c == '\n') {
                    return rangeNumber(digits.toString());
                }
                if (digits.length() == MAP_NUMBER_DIGITS) {
                    throw new LayerException(MALFORMED, name, "the map of this sparse file is malformed");
                }
                digits.append(c);
            }
        }
    }

    private List<Range> pairs(List<String> numbers) {
        if (numbers.size() % 2 != 0) {
            throw new LayerException(MALFORMED, name, "the map of this sparse file is malformed");
        }
        List<Range> ranges = new ArrayList<>();
        for (int i = 0; i < numbers.size(); i += 2) {
            ranges.add(new Range(rangeNumber(numbers.get(i)), rangeNumber(numbers.get(i + 1))));
        }
        return ranges;
    }

    private long rangeNumber(String digits) {
        long number = PaxRecords.number("the map of " + LayerException.quoted(name), digits);
        if (number < 0) {
            throw new LayerException(MALFORMED, name, "the map of this sparse file is malformed");
        }
        return number;
    }

    private void checkMap(long length) {
        LayerLimits.check(length, limits.headerBytes(), name, "the map of this sparse file has " + length + " bytes");
    }

    private String longText(TarHeader header) throws IOException {
        byte[] text = extended(header);
        int length = 0;
        while (length < text.length && text[length] != 0) {
            length++;
        }
        return FileNames.text(text, 0, length);
    }

    private byte[] extended(TarHeader header) throws IOException {
        long size = header.size();
        if (size < 0) {
            throw new LayerException(MALFORMED, header.name(), "its size is " + size);
        }
        LayerLimits.check(size, limits.headerBytes(), header.name(), "the extended header has " + size + " bytes");
        byte[] content = read((int) size);
        skip(padding(size));
        return content;
    }

    private static int padding(long size) {
        return (int) (-size & (TarHeader.SIZE - 1));
    }

    /** The next header; null at the archive's end, which two blocks of zeros mark, or one, or nothing. */
    private @Nullable TarHeader header() throws IOException {
        if (!more()) {
            return null;
        }
        var header = new TarHeader(read(TarHeader.SIZE));
        if (header.isZero()) {
            if (more() && !new TarHeader(read(TarHeader.SIZE)).isZero()) {
                throw new LayerException(MALFORMED, "", "one block of zeros amid the archive");
            }
            return null;
        }
        header.checkSum();
        headers++;
        LayerLimits.check(headers, limits.entries(), header.name(), "this is header " + headers + " of the archive");
        return header;
    }

    private byte[] read(int length) throws IOException {
        byte[] read = new byte[length];
        int filled = 0;
        while (filled < length) {
            need();
            int part = Math.min(chunk.remaining(), length - filled);
            chunk.get(read, filled, part);
            filled += part;
        }
        return read;
    }

    private void skip(long length) throws IOException {
        long ahead = length;
        while (ahead > 0) {
            need();
            int part = (int) Math.min(chunk.remaining(), ahead);
            chunk.position(chunk.position() + part);
            ahead -= part;
        }
    }

    private void need() throws IOException {
        if (!more()) {
            throw new LayerException(MALFORMED, name, "the archive is cut short");
        }
    }

    private boolean more() throws IOException {
        if (!chunk.hasRemaining() && !ended) {
            pull();
        }
        return chunk.hasRemaining();
    }

    private void pull() throws IOException {
        chunk = chunks.next();
        ended = !chunk.hasRemaining();
        bytes += chunk.remaining();
        LayerLimits.check(bytes, limits.bytes(), name, "the layer has " + bytes + " bytes or more");
    }
}
