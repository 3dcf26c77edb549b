package dev.carafe.image.layer;

import dev.carafe.linux.FileNames;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/** Writes archives by hand, wrong ones above all. */
final class TarBytes {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /** One header, with what a test wants to be different. */
    static final class Header {
        private final byte[] block = new byte[512];
        private boolean sums = true;

        Header text(int at, String text) {
            byte[] field = FileNames.bytes(text);
            System.arraycopy(field, 0, block, at, field.length);
            return this;
        }

        Header octal(int at, int length, long number) {
            return text(at, String.format("%0" + (length - 1) + "o", number)).zero(at + length - 1);
        }

        Header binary(int at, int length, long number) {
            long rest = number;
            for (int i = length - 1; i >= 0; i--) {
                block[at + i] = (byte) rest;
                rest >>= 8;
            }
            block[at] |= (byte) 0x80;
            return this;
        }

        private Header zero(int at) {
            block[at] = 0;
            return this;
        }

        Header mode(int mode) {
            return octal(100, 8, mode);
        }

        Header owner(long uid, long gid) {
            return octal(108, 8, uid).octal(116, 8, gid);
        }

        Header size(long size) {
            return octal(124, 12, size);
        }

        Header time(long seconds) {
            return octal(136, 12, seconds);
        }

        Header device(int major, int minor) {
            return octal(329, 8, major).octal(337, 8, minor);
        }

        Header gnu() {
            return text(257, "ustar  \0");
        }

        Header wrongSum() {
            sums = false;
            return this;
        }

        byte[] block() {
            Arrays.fill(block, 148, 156, (byte) ' ');
            int sum = 0;
            for (byte b : block) {
                sum += b & 0xff;
            }
            octal(148, 7, sums ? sum : sum + 1);
            return block;
        }
    }

    static Header header(char type, String name) {
        return new Header()
                .text(0, name)
                .mode(type == '5' ? 0755 : 0644)
                .owner(0, 0)
                .size(0)
                .time(1_000_000_000)
                .text(156, String.valueOf(type))
                .text(257, "ustar\0" + "00");
    }

    TarBytes raw(byte[] content) {
        bytes.writeBytes(content);
        return this;
    }

    TarBytes entry(char type, String name, Consumer<Header> changes) {
        Header header = header(type, name);
        changes.accept(header);
        return raw(header.block());
    }

    TarBytes content(byte[] content) {
        return raw(content).raw(new byte[-content.length & 511]);
    }

    TarBytes file(String name, String text) {
        return file(name, text, header -> {});
    }

    TarBytes file(String name, String text, Consumer<Header> changes) {
        byte[] content = text.getBytes(StandardCharsets.UTF_8);
        return entry('0', name, header -> changes.accept(header.size(content.length)))
                .content(content);
    }

    TarBytes directory(String name) {
        return directory(name, header -> {});
    }

    TarBytes directory(String name, Consumer<Header> changes) {
        return entry('5', name, changes);
    }

    TarBytes link(String name, String target) {
        return entry('2', name, header -> header.text(157, target));
    }

    TarBytes hardLink(String name, String target) {
        return entry('1', name, header -> header.text(157, target));
    }

    /** An extended header for the next entry. */
    TarBytes pax(String... records) {
        var all = new ByteArrayOutputStream();
        for (String record : records) {
            all.writeBytes(record(record));
        }
        return extended('x', all.toByteArray());
    }

    TarBytes extended(char type, byte[] content) {
        return entry(type, type == 'L' || type == 'K' ? "././@LongLink" : "PaxHeaders/x", h -> h.size(content.length))
                .content(content);
    }

    static byte[] record(String keyAndValue) {
        byte[] text = FileNames.bytes(keyAndValue);
        int length = text.length + 3;
        while (String.valueOf(length).length() + text.length + 2 != length) {
            length++;
        }
        var record = new ByteArrayOutputStream();
        record.writeBytes((length + " ").getBytes(StandardCharsets.US_ASCII));
        record.writeBytes(text);
        record.write('\n');
        return record.toByteArray();
    }

    /** With the two blocks of zeros at the end. */
    byte[] end() {
        return raw(new byte[1024]).bytes();
    }

    TarBytes ended() {
        return raw(new byte[1024]);
    }

    TarBytes cut(int length) {
        return new TarBytes().raw(Arrays.copyOf(bytes(), length));
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }
}
