package dev.carafe.oci.runtime;

import java.util.OptionalLong;

/**
 * A device node in the container ({@code linux.devices[]}, {@code mknod(2)}).
 *
 * @param path absolute
 * @param major 0 to 4095; 0 for a FIFO
 * @param minor 0 to 1048575; 0 for a FIFO
 * @param fileMode permission bits, 0 to 4095 (octal 7777). Engines copy it from {@code stat(2)}: bits of the file type,
 *     up to 65535 in all, are accepted and dropped
 * @param uid 0 to 4294967294
 * @param gid 0 to 4294967294
 */
public record Device(
        Type type, String path, long major, long minor, OptionalLong fileMode, OptionalLong uid, OptionalLong gid) {

    /** The kinds of nodes; {@code toString} is the specification's letter. */
    public enum Type {
        CHARACTER("c"),
        BLOCK("b"),
        /** An unbuffered character device: Linux makes no difference. */
        UNBUFFERED("u"),
        FIFO("p");

        private final String letter;

        Type(String letter) {
            this.letter = letter;
        }

        @Override
        public String toString() {
            return letter;
        }
    }

    private static final long PERMISSIONS = 07777;

    public Device {
        Rules.absolute("path", path);
        if (type == Type.FIFO) {
            major = 0;
            minor = 0;
        }
        Rules.range("major", major, 0, Rules.MAJOR);
        Rules.range("minor", minor, 0, Rules.MINOR);
        Rules.range("fileMode", fileMode, 0, 0xffff);
        if (fileMode.isPresent()) {
            fileMode = OptionalLong.of(fileMode.getAsLong() & PERMISSIONS);
        }
        Rules.id("uid", uid);
        Rules.id("gid", gid);
    }
}
