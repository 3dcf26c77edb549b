package dev.carafe.linux;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** What can be set of a network device, when it is made and later. */
public sealed interface LinkSetting {

    /** Its name: 1 to 15 bytes without slashes, colons and spaces. It must be down to be renamed before Linux 6.2. */
    record Name(String name) implements LinkSetting {
        private static final int MOST_BYTES = 15;

        public Name {
            if (name.isEmpty()
                    || name.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES
                    || name.equals(".")
                    || name.equals("..")
                    || !name.chars().allMatch(c -> c > ' ' && c != '/' && c != ':' && c != 0x7f)) {
                throw new IllegalArgumentException("a network device's name has 1 to " + MOST_BYTES
                        + " bytes, without slashes, colons and spaces: \"" + name + "\"");
            }
        }
    }

    /** The bytes of its longest packet. */
    record Mtu(int bytes) implements LinkSetting {}

    /** Its hardware address, six bytes such as {@code 02:00:00:00:00:01}. */
    record Mac(String address) implements LinkSetting {
        static final HexFormat FORM = HexFormat.ofDelimiter(":");
        private static final int LENGTH = "00:00:00:00:00:00".length();

        public Mac {
            if (address.length() != LENGTH) {
                throw new IllegalArgumentException(
                        "a hardware address is six bytes such as 02:00:00:00:00:01: \"" + address + "\"");
            }
            FORM.parseHex(address);
        }
    }

    /** The index of the bridge that it is a port of, 0 for none. */
    record Master(int index) implements LinkSetting {}

    /** The network namespace that it lives in. The setting takes it there, where its index may be another. */
    record Home(Fd namespace) implements LinkSetting {}

    /** Whether it is switched on. */
    record State(boolean up) implements LinkSetting {}
}
