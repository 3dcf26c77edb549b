package dev.carafe.oci.runtime;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Which system calls the container may make ({@code linux.seccomp}, {@code seccomp(2)}).
 *
 * @param defaultErrnoRet the code of {@code SCMP_ACT_ERRNO}, 0 to 4095, or {@code SCMP_ACT_TRACE}, 0 to 65535
 * @param architectures whose system calls the rules hold for besides the native one's; the others' are closed
 * @param flags absent lets the runtime choose, which an empty set does not
 * @param listenerPath the absolute path of the socket that {@code SCMP_ACT_NOTIFY} reports to, and required for it
 * @param listenerMetadata passed on to that socket's owner; only with {@code listenerPath}
 */
public record Seccomp(
        Action defaultAction,
        OptionalLong defaultErrnoRet,
        Set<Architecture> architectures,
        Optional<Set<Flag>> flags,
        Optional<String> listenerPath,
        Optional<String> listenerMetadata,
        List<SyscallRule> syscalls) {

    public enum Action {
        SCMP_ACT_KILL,
        SCMP_ACT_KILL_PROCESS,
        SCMP_ACT_KILL_THREAD,
        SCMP_ACT_TRAP,
        SCMP_ACT_ERRNO,
        SCMP_ACT_TRACE,
        SCMP_ACT_ALLOW,
        SCMP_ACT_LOG,
        SCMP_ACT_NOTIFY;

        void checkCode(String key, OptionalLong code) {
            switch (this) {
                case SCMP_ACT_ERRNO -> Rules.range(key, code, 0, 4095);
                case SCMP_ACT_TRACE -> Rules.range(key, code, 0, 0xffff);
                default -> {
                    if (code.isPresent()) {
                        throw Rules.broken(key, "is only for SCMP_ACT_ERRNO and SCMP_ACT_TRACE, not " + this);
                    }
                }
            }
        }
    }

    public enum Architecture {
        SCMP_ARCH_X86,
        SCMP_ARCH_X86_64,
        SCMP_ARCH_X32,
        SCMP_ARCH_ARM,
        SCMP_ARCH_AARCH64,
        SCMP_ARCH_MIPS,
        SCMP_ARCH_MIPS64,
        SCMP_ARCH_MIPS64N32,
        SCMP_ARCH_MIPSEL,
        SCMP_ARCH_MIPSEL64,
        SCMP_ARCH_MIPSEL64N32,
        SCMP_ARCH_PPC,
        SCMP_ARCH_PPC64,
        SCMP_ARCH_PPC64LE,
        SCMP_ARCH_S390,
        SCMP_ARCH_S390X,
        SCMP_ARCH_PARISC,
        SCMP_ARCH_PARISC64,
        SCMP_ARCH_RISCV64,
        SCMP_ARCH_LOONGARCH64,
        SCMP_ARCH_M68K,
        SCMP_ARCH_SH,
        SCMP_ARCH_SHEB
    }

    public enum Flag {
        SECCOMP_FILTER_FLAG_TSYNC,
        SECCOMP_FILTER_FLAG_LOG,
        SECCOMP_FILTER_FLAG_SPEC_ALLOW,
        SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
    }

    public Seccomp {
        if (defaultAction == Action.SCMP_ACT_NOTIFY) {
            throw Rules.broken("defaultAction", "cannot be SCMP_ACT_NOTIFY: the container could never start");
        }
        defaultAction.checkCode("defaultErrnoRet", defaultErrnoRet);
        architectures = Rules.copy(architectures);
        if (flags.isPresent()) {
            flags = Optional.of(Rules.copy(flags.get()));
        }
        Rules.absolute("listenerPath", listenerPath);
        Rules.some("listenerMetadata", listenerMetadata);
        if (listenerMetadata.isPresent() && listenerPath.isEmpty()) {
            throw Rules.broken("listenerMetadata", "needs listenerPath");
        }
        syscalls = List.copyOf(syscalls);
        if (listenerPath.isEmpty() && notifies(syscalls)) {
            throw Rules.broken("listenerPath", "is missing; SCMP_ACT_NOTIFY needs it");
        }
    }

    private static boolean notifies(List<SyscallRule> syscalls) {
        for (SyscallRule rule : syscalls) {
            if (rule.action() == Action.SCMP_ACT_NOTIFY) {
                return true;
            }
        }
        return false;
    }
}
