package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.MALFORMED;

import dev.carafe.linux.FileNames;
import java.nio.charset.StandardCharsets;

/**
 * One block of 512 bytes that says what comes: in the old form, that of POSIX, or GNU's.
 *
 * @see <a href="https://www.gnu.org/software/tar/manual/html_node/Standard.html">the formats, as GNU tar describes them</a>
 */
final class TarHeader {

    static final int SIZE = 512;

    private static final int SUM = 148;
    private static final int SUM_END = 156;
    private static final int MAGIC = 257;
    private static final int PREFIX = 345;
    private static final int SPARSE_REAL_SIZE = 483;
    static final int SPARSE_RANGES = 386;
    static final int SPARSE_RANGES_MORE = 482;

    private final byte[] block;

    /** @param block of {@link #SIZE} bytes, which stays as it is */
    TarHeader(byte[] block) {
        this.block = block;
    }

    /** One of its bytes, unsigned. */
    int at(int index) {
        return block[index] & 0xff;
    }

    boolean isZero() {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    void checkSum() {
        int unsigned = 0;
        int signed = 0;
        for (int i = 0; i < SIZE; i++) {
            byte b = i >= SUM && i < SUM_END ? (byte) ' ' : block[i];
            unsigned += b & 0xff;
            signed += b;
        }
        long written = number(SUM, 8, "check sum");
        // Some old programs added up signed bytes.
        if (written != unsigned && written != signed) {
            throw new LayerException(
                    MALFORMED, text(0, 100), "this is no tar archive, or damaged: the header's check sum is wrong");
        }
    }

    char type() {
        return (char) (block[156] & 0xff);
    }

    /** The name that the header itself has. */
    String name() {
        String name = text(0, 100);
        String prefix = isPosix() ? text(PREFIX, isStar() ? 131 : 155) : "";
        return prefix.isEmpty() ? name : prefix + "/" + name;
    }

    String target() {
        return text(157, 100);
    }

    int mode() {
        return (int) (number(100, 8, "mode") & 07777);
    }

    long uid() {
        return number(108, 8, "uid");
    }

    long gid() {
        return number(116, 8, "gid");
    }

    long size() {
        return number(124, 12, "size");
    }

    long seconds() {
        return number(136, 12, "time");
    }

    long deviceMajor() {
        return isPosix() || isGnu() ? number(329, 8, "device number") : 0;
    }

    long deviceMinor() {
        return isPosix() || isGnu() ? number(337, 8, "device number") : 0;
    }

    long sparseRealSize() {
        return number(SPARSE_REAL_SIZE, 12, "real size");
    }

    boolean isGnu() {
        return has(MAGIC, "ustar  \0");
    }

    private boolean isPosix() {
        return has(MAGIC, "ustar\0");
    }

    private boolean isStar() {
        return has(508, "tar\0");
    }

    private boolean has(int at, String text) {
        for (int i = 0; i < text.length(); i++) {
            if (block[at + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private String text(int at, int most) {
        int length = 0;
        while (length < most && block[at + length] != 0) {
            length++;
        }
        return FileNames.text(block, at, length);
    }

    /** A number: octal digits, or where the first bit is set the bits of a signed number, the highest first. */
    long number(int at, int length, String what) {
        if ((block[at] & 0x80) != 0) {
            return binary(at, length, what);
        }
        int start = at;
        int end = at + length;
        while (start < end && isPadding(block[start])) {
            start++;
        }
        while (end > start && isPadding(block[end - 1])) {
            end--;
        }
        long value = 0;
        for (int i = start; i < end; i++) {
            if (block[i] < '0' || block[i] > '7') {
                String digits = new String(block, start, end - start, StandardCharsets.ISO_8859_1);
                throw new LayerException(
                        MALFORMED, text(0, 100), "its " + what + " is no number: " + LayerException.quoted(digits));
            }
            value = value << 3 | block[i] - '0';
        }
        return value;
    }

    private long binary(int at, int length, String what) {
        boolean negative = (block[at] & 0x40) != 0;
        long value = negative ? -1 : 0;
        for (int i = 0; i < length; i++) {
            int b = block[at + i] & 0xff;
            if (i == 0) {
                b = negative ? b | 0x80 : b & 0x7f;
            }
            long next = value << 8 | b;
            if (next >> 8 != value) {
                throw new LayerException(MALFORMED, text(0, 100), "its " + what + " is beyond 64 bits");
            }
            value = next;
        }
        return value;
    }

    private static boolean isPadding(byte b) {
        return b == ' ' || b == 0;
    }
}
