package dev.carafe.runtime;

import java.util.ArrayList;
import java.util.List;

/**
 * The keys by which whoever is attached to an instance's terminal leaves it, pressed one after the other. They come to the
 * instance only if others follow.
 *
 * @param codes what the terminal sends for them, at most {@link #MOST}; none if there is no way to detach
 */
public record DetachKeys(List<Byte> codes) {

    /** The most keys of a sequence. */
    public static final int MOST = 16;

    /** {@code ctrl-p,ctrl-q}. */
    public static final DetachKeys USUAL = parse("ctrl-p,ctrl-q");

    private static final String CONTROL = "ctrl-";
    private static final String CONTROLLED = "@abcdefghijklmnopqrstuvwxyz[\\]^_";

    public DetachKeys {
        codes = List.copyOf(codes);
        if (codes.size() > MOST) {
            throw new IllegalArgumentException(
                    "at most " + MOST + " keys detach, one after the other; these are " + codes.size());
        }
    }

    /**
     * Reads keys as they are written on a command line: characters, and {@code ctrl-} with a letter or one of {@code @ [ \
     * ] ^ _}, with commas between them.
     *
     * @throws IllegalArgumentException if one is no key
     */
    public static DetachKeys parse(String text) {
        List<Byte> codes = new ArrayList<>();
        if (text.isEmpty()) {
            return new DetachKeys(codes);
        }
        for (String key : text.split(",", -1)) {
            codes.add(code(key, text));
        }
        return new DetachKeys(codes);
    }

    private static byte code(String key, String text) {
        boolean control = key.regionMatches(true, 0, CONTROL, 0, CONTROL.length());
        if (control && key.length() == CONTROL.length() + 1) {
            int code = CONTROLLED.indexOf(Character.toLowerCase(key.charAt(CONTROL.length())));
            if (code >= 0) {
                return (byte) code;
            }
        }
        if (key.length() != 1 || key.charAt(0) < ' ' || key.charAt(0) > '~') {
            throw new IllegalArgumentException("\"" + text + "\": \"" + key
                    + "\" is no key; a key is a character, or ctrl- and a letter or one of @ [ \\ ] ^ _");
        }
        return (byte) key.charAt(0);
    }

    byte[] toBytes() {
        byte[] bytes = new byte[codes.size()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = codes.get(i);
        }
        return bytes;
    }
}
