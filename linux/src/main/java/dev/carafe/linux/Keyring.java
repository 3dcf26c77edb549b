package dev.carafe.linux;

import static dev.carafe.linux.SystemCallException.check;
import static dev.carafe.linux.SystemCallException.hex;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The kernel's keys. A container joins a session keyring of its own, so that it finds none of its starter's keys.
 *
 * <p>The session keyring belongs to the calling thread, and to what it spawns.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/keyctl.2.html">keyctl(2)</a>
 */
public final class Keyring {

    /** {@code KEY_SPEC_SESSION_KEYRING}: the calling thread's session keyring. */
    public static final int SESSION = -3;

    private static final int KEYCTL_GET_KEYRING_ID = 0;
    private static final int KEYCTL_JOIN_SESSION_KEYRING = 1;
    private static final int KEYCTL_REVOKE = 3;
    private static final int KEYCTL_SETPERM = 5;
    private static final int KEYCTL_DESCRIBE = 6;
    private static final int DESCRIPTION_MAX = 4096 + 64;

    private final SystemCalls calls;

    Keyring(SystemCalls calls) {
        this.calls = calls;
    }

    /**
     * Moves the calling thread to another session keyring.
     *
     * @param name that of an existing keyring to join, or of the one to make; empty to make one without a name
     * @return the keyring's serial number
     */
    public int joinSession(String name) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) check(
                    calls.call(
                            SystemCall.KEYCTL,
                            KEYCTL_JOIN_SESSION_KEYRING,
                            Marshal.stringOrNull(arena, name),
                            0,
                            0,
                            0,
                            0),
                    SystemCall.KEYCTL,
                    "KEYCTL_JOIN_SESSION_KEYRING",
                    name);
        }
    }

    /** The serial number of a key; turns {@link #SESSION} into what it stands for. */
    public int serial(int key) {
        return (int) keyctl(KEYCTL_GET_KEYRING_ID, key, "KEYCTL_GET_KEYRING_ID");
    }

    /** {@code type;uid;gid;permissions;description}, the permissions in hexadecimal. */
    public String describe(int key) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment description = arena.allocate(DESCRIPTION_MAX);
            long length = check(
                    calls.call(SystemCall.KEYCTL, KEYCTL_DESCRIBE, key, description.address(), DESCRIPTION_MAX, 0, 0),
                    SystemCall.KEYCTL,
                    "KEYCTL_DESCRIBE",
                    key);
            if (length > DESCRIPTION_MAX) {
                throw new SystemCallException(
                        SystemCall.KEYCTL, -Errno.EMSGSIZE.number(), "KEYCTL_DESCRIBE", key, length);
            }
            return Marshal.text(description, 0);
        }
    }

    /** Replaces a key's permissions, the {@code KEY_POS_}, {@code KEY_USR_}, {@code KEY_GRP_} and {@code KEY_OTH_} bits. */
    public void setPermissions(int key, int permissions) {
        check(
                calls.call(SystemCall.KEYCTL, KEYCTL_SETPERM, key, Integer.toUnsignedLong(permissions), 0, 0, 0),
                SystemCall.KEYCTL,
                "KEYCTL_SETPERM",
                key,
                hex(Integer.toUnsignedLong(permissions)));
    }

    /** Makes a key unusable; it goes away a little later. */
    public void revoke(int key) {
        keyctl(KEYCTL_REVOKE, key, "KEYCTL_REVOKE");
    }

    private long keyctl(int operation, int key, String name) {
        return check(calls.call(SystemCall.KEYCTL, operation, key, 0, 0, 0, 0), SystemCall.KEYCTL, name, key);
    }
}
