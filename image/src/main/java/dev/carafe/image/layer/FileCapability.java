package dev.carafe.image.layer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Capabilities of a file, as the attribute {@code security.capability} has them. Since Linux 4.14 they may be those of the
 * root of one user namespace alone, whose id on this machine they name then.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/capabilities.7.html">capabilities(7)</a>
 */
final class FileCapability {

    private static final String NAME = "security.capability";
    private static final int REVISION = 0xff00_0000;
    private static final int REVISION_2 = 0x0200_0000;
    private static final int REVISION_3 = 0x0300_0000;
    private static final int BYTES_2 = 20;
    private static final int BYTES_3 = 24;

    private FileCapability() {}

    /** The value in a layer of one on this machine, of the layer's own root; every other value is as it was. */
    static byte[] unmapped(String name, byte[] value, Owners owners, String entry) {
        if (!name.equals(NAME) || value.length != BYTES_3) {
            return value;
        }
        ByteBuffer old = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        boolean ofLayersRoot = (old.getInt(0) & REVISION) == REVISION_3
                && !(owners instanceof Owners.Ignored)
                && owners.userInside(old.getInt(BYTES_2), entry) == 0;
        if (!ofLayersRoot) {
            return value;
        }
        ByteBuffer plain = ByteBuffer.allocate(BYTES_2).order(ByteOrder.LITTLE_ENDIAN);
        plain.put(value, 0, BYTES_2).putInt(0, (old.getInt(0) & ~REVISION) | REVISION_2);
        return plain.array();
    }
}
