package dev.carafe.image;

import dev.carafe.linux.Attributes;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.SystemCallException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The mark by which overlayfs knows a directory that covers all that lower layers have at its place. */
record OpaqueMark(Attributes attributes) {

    private static final String NAME = "trusted.overlay.opaque";
    private static final byte[] YES = "y".getBytes(StandardCharsets.US_ASCII);

    boolean isOn(Fd directory) {
        try {
            return attributes
                    .get(directory, NAME)
                    .filter(value -> Arrays.equals(value, YES))
                    .isPresent();
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.EOPNOTSUPP) {
                return false;
            }
            throw exception;
        }
    }

    void putOn(Fd directory) {
        attributes.set(directory, NAME, YES, 0);
    }
}
