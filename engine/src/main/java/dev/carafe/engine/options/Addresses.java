package dev.carafe.engine.options;

import dev.carafe.linux.Prefix;
import dev.carafe.oci.JsonPath;
import java.util.Optional;

/** Internet addresses as text. */
final class Addresses {

    private Addresses() {}

    /** The usual spelling of an address; no name is looked up. */
    static String canonical(String key, String text) {
        try {
            if (text.indexOf('/') < 0) {
                return Prefix.parse(text).address().getHostAddress();
            }
        } catch (IllegalArgumentException malformed) {
            // Said below.
        }
        throw Rules.broken(key, JsonPath.quoted(text) + " is no address, such as 192.0.2.7 or 2001:db8::7");
    }

    static Optional<String> canonical(String key, Optional<String> text) {
        return text.isPresent() ? Optional.of(canonical(key, text.get())) : text;
    }
}
