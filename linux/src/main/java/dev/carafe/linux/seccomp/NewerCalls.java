package dev.carafe.linux.seccomp;

import java.util.Set;

/**
 * System calls that came after libseccomp 2.5.0, up to Linux 6.18: an older library does not know them, which makes them
 * no mistake of whoever names them. A profile that allows them gets no less safe by their being left out.
 */
final class NewerCalls {

    static final Set<String> NAMES = Set.of(
            "cachestat",
            "close_range",
            "epoll_pwait2",
            "faccessat2",
            "fchmodat2",
            "file_getattr",
            "file_setattr",
            "futex_requeue",
            "futex_wait",
            "futex_waitv",
            "futex_wake",
            "getxattrat",
            "landlock_add_rule",
            "landlock_create_ruleset",
            "landlock_restrict_self",
            "listmount",
            "listns",
            "listxattrat",
            "lsm_get_self_attr",
            "lsm_list_modules",
            "lsm_set_self_attr",
            "map_shadow_stack",
            "memfd_secret",
            "mount_setattr",
            "mseal",
            "open_tree_attr",
            "pidfd_getfd",
            "process_madvise",
            "process_mrelease",
            "quotactl_fd",
            "removexattrat",
            "riscv_flush_icache",
            "riscv_hwprobe",
            "rseq_slice_yield",
            "set_mempolicy_home_node",
            "setxattrat",
            "statmount",
            "uprobe",
            "uretprobe");

    private NewerCalls() {}
}
