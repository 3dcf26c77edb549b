package dev.carafe.oci.runtime;

/**
 * A condition on an argument of a system call ({@code linux.seccomp.syscalls[].args[]}).
 *
 * @param index which argument, 0 to 5
 * @param value unsigned; what to compare with, or for {@code SCMP_CMP_MASKED_EQ} the mask
 * @param valueTwo unsigned; what to compare with under the mask of {@code SCMP_CMP_MASKED_EQ}
 */
public record SyscallArgument(int index, long value, long valueTwo, Operator op) {

    public enum Operator {
        SCMP_CMP_NE,
        SCMP_CMP_LT,
        SCMP_CMP_LE,
        SCMP_CMP_EQ,
        SCMP_CMP_GE,
        SCMP_CMP_GT,
        SCMP_CMP_MASKED_EQ
    }

    public SyscallArgument {
        Rules.range("index", index, 0, 5);
    }
}
