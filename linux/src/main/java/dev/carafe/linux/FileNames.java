package dev.carafe.linux;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * File names as text and back, without loss.
 *
 * <p>To the kernel a name is bytes, and nothing makes them UTF-8. A byte that is no part of UTF-8 becomes a character
 * that no UTF-8 stands for, a lone surrogate {@code U+DC80} to {@code U+DCFF}, and turns into the same byte again.
 */
public final class FileNames {

    private static final char REPLACEMENT = '\uFFFD';
    private static final int ESCAPE = 0xDC00;

    private FileNames() {}

    /** The text of a name. */
    public static String text(byte[] bytes, int start, int length) {
        String text = new String(bytes, start, length, StandardCharsets.UTF_8);
        return text.indexOf(REPLACEMENT) < 0 ? text : escaped(bytes, start, start + length);
    }

    public static String text(byte[] bytes) {
        return text(bytes, 0, bytes.length);
    }

    /** The bytes of a name. */
    public static byte[] bytes(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isEscape(text, i)) {
                return unescaped(text);
            }
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static boolean isEscape(String text, int i) {
        char c = text.charAt(i);
        return c >= ESCAPE + 0x80 && c <= ESCAPE + 0xff && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
    }

    private static byte[] unescaped(String text) {
        var bytes = new ByteArrayOutputStream(2 * text.length());
        int clean = 0;
        for (int i = 0; i < text.length(); i++) {
            if (isEscape(text, i)) {
                bytes.writeBytes(text.substring(clean, i).getBytes(StandardCharsets.UTF_8));
                bytes.write(text.charAt(i) - ESCAPE);
                clean = i + 1;
            }
        }
        bytes.writeBytes(text.substring(clean).getBytes(StandardCharsets.UTF_8));
        return bytes.toByteArray();
    }

    private static String escaped(byte[] bytes, int start, int end) {
        var text = new StringBuilder(end - start);
        int at = start;
        while (at < end) {
            int length = sequence(bytes, at, end);
            if (length == 0) {
                text.append((char) (ESCAPE + (bytes[at] & 0xff)));
                at++;
            } else {
                text.append(new String(bytes, at, length, StandardCharsets.UTF_8));
                at += length;
            }
        }
        return text.toString();
    }

    /** How many bytes the well-formed character has that starts here; 0 if none does. */
    private static int sequence(byte[] bytes, int at, int end) {
        int first = bytes[at] & 0xff;
        if (first < 0x80) {
            return 1;
        }
        int length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
        if (length == 0 || at + length > end) {
            return 0;
        }
        for (int i = 1; i < length; i++) {
            if ((bytes[at + i] & 0xc0) != 0x80) {
                return 0;
            }
        }
        int second = bytes[at + 1] & 0xff;
        boolean overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
        boolean outside = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
        return overlong || outside ? 0 : length;
    }
}
