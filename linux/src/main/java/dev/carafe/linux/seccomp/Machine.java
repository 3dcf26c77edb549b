package dev.carafe.linux.seccomp;

import dev.carafe.linux.Architecture;

/**
 * A convention for system calls, one of several that a processor may have.
 *
 * @see <a href="https://man7.org/linux/man-pages/man3/seccomp_arch_add.3.html">seccomp_arch_add(3)</a>
 */
public enum Machine {
    X86(0x4000_0003),
    X86_64(0xc000_003e),
    X32(0x4000_003e),
    ARM(0x4000_0028),
    AARCH64(0xc000_00b7),
    LOONGARCH64(0xc000_0102),
    M68K(0x0000_0004),
    MIPS(0x0000_0008),
    MIPS64(0x8000_0008),
    MIPS64N32(0xa000_0008),
    MIPSEL(0x4000_0008),
    MIPSEL64(0xc000_0008),
    MIPSEL64N32(0xe000_0008),
    PARISC(0x0000_000f),
    PARISC64(0x8000_000f),
    PPC(0x0000_0014),
    PPC64(0x8000_0015),
    PPC64LE(0xc000_0015),
    RISCV64(0xc000_00f3),
    S390(0x0000_0016),
    S390X(0x8000_0016),
    SH(0x4000_002a),
    SHEB(0x0000_002a);

    private static final String PREFIX = "SCMP_ARCH_";

    private final int token;

    Machine(int token) {
        this.token = token;
    }

    /**
     * The one with this name, such as {@code SCMP_ARCH_X86_64}.
     *
     * @throws SeccompException if there is none
     */
    public static Machine of(String name) {
        for (Machine machine : values()) {
            if (name.equals(PREFIX + machine.name())) {
                return machine;
            }
        }
        throw new SeccompException("\"" + name + "\" is no seccomp architecture");
    }

    /** A processor's own. */
    static Machine of(Architecture architecture) {
        return switch (architecture) {
            case AMD64 -> X86_64;
            case ARM64 -> AARCH64;
        };
    }

    /** libseccomp's number for it. */
    int token() {
        return token;
    }

    /** What the kernel tells a filter: {@code AUDIT_ARCH_}, which x32 shares with x86_64. */
    int audit() {
        return this == X32 ? X86_64.token : token;
    }
}
