package dev.carafe.engine.options;

import dev.carafe.oci.JsonPath;

/** What a volume may be called. */
public final class VolumeName {

    private static final int LONGEST = 64;

    private VolumeName() {}

    /**
     * A letter or digit, then letters, digits and {@code _ . -}; at most 64. It is a file's name and needs no quoting.
     *
     * @param key what messages call it
     */
    public static String check(String key, String name) {
        boolean good = !name.isEmpty() && name.length() <= LONGEST;
        for (int i = 0; good && i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            good = letter || (i > 0 && (c == '_' || c == '.' || c == '-'));
        }
        if (!good) {
            throw Rules.broken(
                    key,
                    JsonPath.quoted(name) + " is no name of a volume: it starts with a letter or digit, has letters,"
                            + " digits and _ . - after that, and is at most " + LONGEST + " long");
        }
        return name;
    }
}
