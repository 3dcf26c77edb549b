package dev.carafe.linux;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * The capabilities that Linux 5.9 and later know, with the number of each one's bit.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/capabilities.7.html">capabilities(7)</a>
 */
public enum Capability {
    CAP_CHOWN(0),
    CAP_DAC_OVERRIDE(1),
    CAP_DAC_READ_SEARCH(2),
    CAP_FOWNER(3),
    CAP_FSETID(4),
    CAP_KILL(5),
    CAP_SETGID(6),
    CAP_SETUID(7),
    CAP_SETPCAP(8),
    CAP_LINUX_IMMUTABLE(9),
    CAP_NET_BIND_SERVICE(10),
    CAP_NET_BROADCAST(11),
    CAP_NET_ADMIN(12),
    CAP_NET_RAW(13),
    CAP_IPC_LOCK(14),
    CAP_IPC_OWNER(15),
    CAP_SYS_MODULE(16),
    CAP_SYS_RAWIO(17),
    CAP_SYS_CHROOT(18),
    CAP_SYS_PTRACE(19),
    CAP_SYS_PACCT(20),
    CAP_SYS_ADMIN(21),
    CAP_SYS_BOOT(22),
    CAP_SYS_NICE(23),
    CAP_SYS_RESOURCE(24),
    CAP_SYS_TIME(25),
    CAP_SYS_TTY_CONFIG(26),
    CAP_MKNOD(27),
    CAP_LEASE(28),
    CAP_AUDIT_WRITE(29),
    CAP_AUDIT_CONTROL(30),
    CAP_SETFCAP(31),
    CAP_MAC_OVERRIDE(32),
    CAP_MAC_ADMIN(33),
    CAP_SYSLOG(34),
    CAP_WAKE_ALARM(35),
    CAP_BLOCK_SUSPEND(36),
    CAP_AUDIT_READ(37),
    CAP_PERFMON(38),
    CAP_BPF(39),
    CAP_CHECKPOINT_RESTORE(40);

    private final int bit;

    Capability(int bit) {
        this.bit = bit;
    }

    /**
     * The capability with this name; case and the prefix {@code CAP_} may be left out.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Capability parse(String text) {
        String upper = text.toUpperCase(Locale.ROOT);
        String name = upper.startsWith("CAP_") ? upper : "CAP_" + upper;
        for (Capability capability : values()) {
            if (capability.name().equals(name)) {
                return capability;
            }
        }
        throw new IllegalArgumentException(
                "no such capability: \"" + text + "\"; give a name such as CAP_NET_ADMIN, as in capabilities(7)");
    }

    /** The number of its bit, 0 to 40. */
    public int bit() {
        return bit;
    }

    /** A set as the kernel keeps it: bit n stands for capability n. */
    public static long toBits(Set<Capability> capabilities) {
        long bits = 0;
        for (Capability capability : capabilities) {
            bits |= 1L << capability.bit;
        }
        return bits;
    }

    /** The capabilities whose bits are set; bits that this version does not know are left out. */
    public static Set<Capability> fromBits(long bits) {
        Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
        for (Capability capability : values()) {
            if ((bits & 1L << capability.bit) != 0) {
                capabilities.add(capability);
            }
        }
        return capabilities;
    }
}
