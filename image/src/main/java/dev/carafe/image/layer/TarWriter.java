package dev.carafe.image.layer;

import dev.carafe.linux.FileNames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes a tar archive in POSIX' form: plain headers, and extended ones for what those have no room for. */
final class TarWriter {

    private static final int NAME_MOST = 100;
    private static final int PREFIX_MOST = 155;
    private static final long ID_MOST = 07777777;
    private static final long SIZE_MOST = 077777777777L;

    private final OutputStream output;
    private long bytes;
    private long entries;
    private long left;

    TarWriter(OutputStream output) {
        this.output = output;
    }

    /** Begins an entry; its content has to follow, as many bytes as its size says. */
    void entry(TarEntry entry) throws IOException {
        byte[] name = FileNames.bytes(entry.name());
        byte[] target = FileNames.bytes(entry.target());
        int split = split(name);
        SortedMap<String, byte[]> pax = new TreeMap<>();
        if (split < 0 || isTextBeyondAscii(entry.name(), name)) {
            pax.put("path", name);
        }
        if (target.length > NAME_MOST || isTextBeyondAscii(entry.target(), target)) {
            pax.put("linkpath", target);
        }
        if (entry.uid() > ID_MOST) {
            pax.put("uid", decimal(entry.uid()));
        }
        if (entry.gid() > ID_MOST) {
            pax.put("gid", decimal(entry.gid()));
        }
        if (entry.size() > SIZE_MOST) {
            pax.put("size", decimal(entry.size()));
        }
        if (entry.nanos() != 0 || entry.seconds() < 0 || entry.seconds() > SIZE_MOST) {
            pax.put("mtime", time(entry.seconds(), entry.nanos()));
        }
        entry.attributes().forEach((attribute, value) -> pax.put("SCHILY.xattr." + attribute, value));
        if (!pax.isEmpty()) {
            extended(pax);
        }
        byte[] header = new byte[TarHeader.SIZE];
        if (split > 0) {
            System.arraycopy(name, 0, header, 345, split);
            System.arraycopy(name, split + 1, header, 0, name.length - split - 1);
        } else {
            System.arraycopy(name, 0, header, 0, Math.min(name.length, NAME_MOST));
        }
        System.arraycopy(target, 0, header, 157, Math.min(target.length, NAME_MOST));
        octal(header, 100, 8, entry.mode());
        octal(header, 108, 8, Math.min(entry.uid(), ID_MOST));
        octal(header, 116, 8, Math.min(entry.gid(), ID_MOST));
        octal(header, 124, 12, Math.min(entry.size(), SIZE_MOST));
        octal(header, 136, 12, Math.clamp(entry.seconds(), 0, SIZE_MOST));
        octal(header, 329, 8, entry.deviceMajor());
        octal(header, 337, 8, entry.deviceMinor());
        header[156] = (byte) type(entry.type());
        finish(header);
        entries++;
        left = entry.size();
    }

    /** The next bytes of the present entry's content. */
    void content(byte[] content, int length) throws IOException {
        if (length > left) {
            throw new IllegalArgumentException("more content than the entry's size");
        }
        write(content, length);
        left -= length;
        if (left == 0) {
            fill();
        }
    }

    /** Ends the archive; the stream stays open. */
    void end() throws IOException {
        write(new byte[2 * TarHeader.SIZE], 2 * TarHeader.SIZE);
        output.flush();
    }

    long bytes() {
        return bytes;
    }

    long entries() {
        return entries;
    }

    private void extended(SortedMap<String, byte[]> pax) throws IOException {
        var records = new ByteArrayOutputStream();
        for (Map.Entry<String, byte[]> record : pax.entrySet()) {
            byte[] keyword = FileNames.bytes(record.getKey());
            // The length counts its own digits.
            int rest = keyword.length + record.getValue().length + 3;
            int length = rest + 1;
            while (rest + String.valueOf(length).length() != length) {
                length = rest + String.valueOf(length).length();
            }
            records.writeBytes((length + " ").getBytes(StandardCharsets.US_ASCII));
            records.writeBytes(keyword);
            records.write('=');
            records.writeBytes(record.getValue());
            records.write('\n');
        }
        byte[] header = new byte[TarHeader.SIZE];
        byte[] name = "PaxHeaders/entry".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(name, 0, header, 0, name.length);
        octal(header, 100, 8, 0644);
        octal(header, 108, 8, 0);
        octal(header, 116, 8, 0);
        octal(header, 124, 12, records.size());
        octal(header, 136, 12, 0);
        header[156] = 'x';
        finish(header);
        write(records.toByteArray(), records.size());
        fill();
    }

    private void finish(byte[] header) throws IOException {
        byte[] magic = "ustar\00000".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(magic, 0, header, 257, magic.length);
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        octal(header, 148, 7, sum);
        write(header, header.length);
    }

    private void fill() throws IOException {
        int padding = (int) (-bytes & (TarHeader.SIZE - 1));
        write(new byte[padding], padding);
    }

    private void write(byte[] content, int length) throws IOException {
        output.write(content, 0, length);
        bytes += length;
    }

    /** Where a name is split into prefix and name: 0 if it need not be, -1 if it does not help. */
    private static int split(byte[] name) {
        if (name.length <= NAME_MOST) {
            return 0;
        }
        for (int i = Math.max(1, name.length - NAME_MOST - 1); i <= Math.min(PREFIX_MOST, name.length - 2); i++) {
            if (name[i] == '/') {
                return i;
            }
        }
        return -1;
    }

    /** Plain headers have no character set; what is no text at all is written there all the same. */
    private static boolean isTextBeyondAscii(String text, byte[] bytes) {
        return bytes.length != text.length() && text.chars().noneMatch(c -> c >= 0xdc80 && c <= 0xdcff);
    }

    private static byte[] decimal(long number) {
        return String.valueOf(number).getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] time(long seconds, int nanos) {
        if (nanos == 0) {
            return decimal(seconds);
        }
        boolean negative = seconds < 0;
        long whole = negative ? -(seconds + 1) : seconds;
        int fraction = negative ? 1_000_000_000 - nanos : nanos;
        String digits = String.format("%09d", fraction).replaceAll("0+$", "");
        return ((negative ? "-" : "") + whole + "." + digits).getBytes(StandardCharsets.US_ASCII);
    }

    private static void octal(byte[] header, int at, int length, long number) {
        long rest = number;
        for (int i = at + length - 2; i >= at; i--) {
            header[i] = (byte) ('0' + (rest & 7));
            rest >>= 3;
        }
        header[at + length - 1] = 0;
    }

    private static char type(TarEntry.Type type) {
        return switch (type) {
            case FILE -> '0';
            case HARD_LINK -> '1';
            case SYMBOLIC_LINK -> '2';
            case CHARACTER_DEVICE -> '3';
            case BLOCK_DEVICE -> '4';
            case DIRECTORY -> '5';
            case FIFO -> '6';
        };
    }
}
