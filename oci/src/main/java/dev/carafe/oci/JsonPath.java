package dev.carafe.oci;

/** How messages spell a place in a document: {@code mounts[3].destination}, {@code annotations["com.example.key"]}. */
public final class JsonPath {

    /** The longest piece of a document that a message quotes, in characters. */
    private static final int QUOTED = 80;

    private JsonPath() {}

    /** The member {@code name} of the object at {@code parent}. */
    public static String member(String parent, String name) {
        return plain(name) ? join(parent, name) : parent + "[" + quoted(name) + "]";
    }

    /** The element {@code index} of the array at {@code parent}. */
    public static String element(String parent, int index) {
        return parent + "[" + index + "]";
    }

    /** The place {@code key}, itself a path, beneath {@code parent}; either may be empty. */
    public static String join(String parent, String key) {
        return parent.isEmpty() || key.isEmpty() || key.startsWith("[") ? parent + key : parent + "." + key;
    }

    /** Text from a document in double quotes, on one line: shortened, with everything unprintable escaped. */
    public static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        int shown = Math.min(text.length(), QUOTED);
        for (int i = 0; i < shown; i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (printable(c)) {
                out.append(c);
            } else {
                JsonWriter.escape(c, out);
            }
        }
        return out.append(shown < text.length() ? "…\"" : "\"").toString();
    }

    /** Whether a terminal shows it as itself: what steers, joins, is invisible or turns the text around is escaped. */
    private static boolean printable(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.PRIVATE_USE,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }

    private static boolean plain(String name) {
        if (name.isEmpty() || name.length() > QUOTED) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-') {
                return false;
            }
        }
        return true;
    }
}
