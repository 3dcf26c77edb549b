package dev.carafe.image.layer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Access control lists, as the attributes {@code system.posix_acl_*} have them: after a version come entries of a tag,
 * permissions and an id, and the id is mapped as a file's owner is.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/acl.5.html">acl(5)</a>
 */
final class AccessList {

    private static final String NAMES = "system.posix_acl_";
    private static final int HEADER = 4;
    private static final int ENTRY = 8;
    private static final int USER = 2;
    private static final int GROUP = 8;

    private AccessList() {}

    /** An attribute's value on this machine; every value that is no such list is as it was. */
    static byte[] mapped(String name, byte[] value, Owners owners, String entry) {
        if (!name.startsWith(NAMES) || owners instanceof Owners.Ignored) {
            return value;
        }
        return changed(value, (tag, id) -> tag == USER ? owners.user(id, entry) : owners.group(id, entry));
    }

    /** The value in a layer of one on this machine. */
    static byte[] unmapped(String name, byte[] value, Owners owners, String entry) {
        if (!name.startsWith(NAMES) || owners instanceof Owners.Ignored) {
            return value;
        }
        return changed(value, (tag, id) ->
                (int) (tag == USER ? owners.userInside((int) id, entry) : owners.groupInside((int) id, entry)));
    }

    private interface Change {
        int id(int tag, long id);
    }

    private static byte[] changed(byte[] value, Change change) {
        ByteBuffer list = ByteBuffer.wrap(value.clone()).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = HEADER; at + ENTRY <= value.length; at += ENTRY) {
            int tag = list.getShort(at);
            if (tag == USER || tag == GROUP) {
                list.putInt(at + 4, change.id(tag, Integer.toUnsignedLong(list.getInt(at + 4))));
            }
        }
        return list.array();
    }
}
