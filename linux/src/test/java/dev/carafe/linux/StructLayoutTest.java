package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every layout and every number that the kernel's interface has in this package, against the headers of C. */
class StructLayoutTest {

    /** Where each structure is declared. The kernel's own headers, unless user space alone has a name for it. */
    private static final Map<String, String> HEADERS = Map.ofEntries(
            Map.entry("__user_cap_data_struct", "linux/capability.h"),
            Map.entry("__user_cap_header_struct", "linux/capability.h"),
            Map.entry("bpf_attr", "linux/bpf.h"),
            Map.entry("btrfs_ioctl_fs_info_args", "linux/btrfs.h"),
            Map.entry("btrfs_ioctl_ino_lookup_args", "linux/btrfs.h"),
            Map.entry("btrfs_ioctl_qgroup_create_args", "linux/btrfs.h"),
            Map.entry("btrfs_ioctl_qgroup_limit_args", "linux/btrfs.h"),
            Map.entry("btrfs_ioctl_quota_ctl_args", "linux/btrfs.h"),
            Map.entry("btrfs_ioctl_vol_args", "linux/btrfs.h"),
            Map.entry("btrfs_ioctl_vol_args_v2", "linux/btrfs.h"),
            Map.entry("cmsghdr", "sys/socket.h"),
            Map.entry("epoll_event", "linux/eventpoll.h"),
            Map.entry("fib_rule_hdr", "linux/fib_rules.h"),
            Map.entry("fsxattr", "linux/fs.h"),
            Map.entry("if_dqblk", "linux/quota.h"),
            Map.entry("ifaddrmsg", "linux/if_addr.h"),
            Map.entry("ifinfomsg", "linux/rtnetlink.h"),
            Map.entry("iovec", "linux/uio.h"),
            Map.entry("mount_attr", "linux/mount.h"),
            Map.entry("msghdr", "sys/socket.h"),
            Map.entry("nfgenmsg", "linux/netfilter/nfnetlink.h"),
            Map.entry("nlattr", "linux/netlink.h"),
            Map.entry("nlmsgerr", "linux/netlink.h"),
            Map.entry("nlmsghdr", "linux/netlink.h"),
            Map.entry("open_how", "linux/openat2.h"),
            Map.entry("pollfd", "linux/poll.h"),
            Map.entry("rlimit64", "linux/resource.h"),
            Map.entry("rtmsg", "linux/rtnetlink.h"),
            Map.entry("siginfo", "asm/siginfo.h"),
            Map.entry("sockaddr_nl", "linux/netlink.h"),
            Map.entry("sockaddr_un", "linux/un.h"),
            Map.entry("statfs", "asm/statfs.h"),
            Map.entry("statx", "linux/stat.h"),
            Map.entry("statx_timestamp", "linux/stat.h"),
            Map.entry("termios", "asm/termbits.h"),
            Map.entry("timespec", "time.h"),
            Map.entry("timeval", "sys/time.h"),
            Map.entry("ucred", "sys/socket.h"),
            Map.entry("winsize", "asm/termios.h"));

    @TempDir
    private Path temporary;

    static List<Layouts.Found> layouts() throws Exception {
        return Layouts.all();
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void a_layout_is_the_one_that_c_has(Layouts.Found found) throws Exception {
        String name = found.layout().name();
        assertThat(HEADERS)
                .as("say in HEADERS where the kernel declares %s", name)
                .containsKey(name);
        // Commands of bpf(2) each read a part of one union; the other structures are taken whole.
        boolean part = name.equals("bpf_attr");
        String type = switch (name) {
            case "bpf_attr" -> "union bpf_attr";
            case "siginfo" -> "siginfo_t";
            default -> "struct " + name;
        };
        String size = "sizeof(" + type + ")";
        Map<String, Long> expected = new LinkedHashMap<>();
        for (Struct.Member member : found.layout().members()) {
            if (!member.name().isEmpty()) {
                expected.put("offsetof(" + type + ", " + member.name() + ")", (long) member.offset());
                expected.put("sizeof(((" + type + " *) 0)->" + member.name() + ")", (long) member.size());
            }
        }
        if (!part) {
            expected.put(size, (long) found.layout().size());
        }
        CompiledC c = new CompiledC(temporary, "#include <" + HEADERS.get(name) + ">");
        assertThat(c.values(new ArrayList<>(expected.keySet()))).isEqualTo(expected);
        if (part) {
            assertThat(c.values(List.of(size)).get(size))
                    .isGreaterThanOrEqualTo(found.layout().size());
        }
    }

    @Test
    void the_layouts_are_really_found() throws Exception {
        assertThat(Layouts.all()).extracting(found -> found.layout().name()).containsAll(HEADERS.keySet());
    }

    @Test
    void the_opaque_structures_of_posix_spawn_fit_into_what_is_kept_for_them() throws Exception {
        Map<String, Long> sizes = new CompiledC(temporary, "#include <spawn.h>\n#include <signal.h>")
                .values(List.of("sizeof(posix_spawnattr_t)", "sizeof(posix_spawn_file_actions_t)", "sizeof(sigset_t)"));
        assertThat(sizes.get("sizeof(posix_spawnattr_t)")).isLessThanOrEqualTo(Spawn.OPAQUE_BYTES);
        assertThat(sizes.get("sizeof(posix_spawn_file_actions_t)")).isLessThanOrEqualTo(Spawn.OPAQUE_BYTES);
        assertThat(sizes.get("sizeof(sigset_t)")).isEqualTo(Spawn.SIGNAL_SET_BYTES);
    }

    @Test
    void the_numbers_of_the_system_calls_are_this_machine_s(TestReporter reporter) throws Exception {
        compare(
                reporter,
                "#include <sys/syscall.h>",
                SystemCall.values(),
                call -> "SYS_" + call.manualName(),
                call -> call.number(Architecture.current()));
    }

    @Test
    void the_numbers_of_the_system_calls_on_arm64_are_those_that_new_architectures_share(TestReporter reporter)
            throws Exception {
        compare(
                reporter,
                """
                #define __ARCH_WANT_RENAMEAT
                #define __ARCH_WANT_NEW_STAT
                #define __ARCH_WANT_SET_GET_RLIMIT
                #define __ARCH_WANT_SYS_CLONE3
                #define __ARCH_WANT_MEMFD_SECRET
                #include <asm-generic/unistd.h>
                """,
                SystemCall.values(),
                call -> "__NR_" + call.manualName(),
                call -> call.number(Architecture.ARM64));
    }

    @Test
    void the_numbers_of_errors_are_those_of_c(TestReporter reporter) throws Exception {
        compare(reporter, "#include <errno.h>", Errno.values(), Errno::name, Errno::number);
    }

    @Test
    void the_numbers_of_signals_are_those_of_c(TestReporter reporter) throws Exception {
        compare(reporter, "#include <signal.h>", Signal.values(), Signal::manualName, Signal::number);
    }

    @Test
    void the_numbers_of_capabilities_are_those_of_c(TestReporter reporter) throws Exception {
        compare(reporter, "#include <linux/capability.h>", Capability.values(), Capability::name, Capability::bit);
    }

    @Test
    void the_numbers_of_resource_limits_are_those_of_c(TestReporter reporter) throws Exception {
        compare(
                reporter,
                "#include <linux/resource.h>",
                ResourceLimit.values(),
                ResourceLimit::name,
                ResourceLimit::number);
    }

    @Test
    void the_numbers_of_netlink_messages_are_those_of_c(TestReporter reporter) throws Exception {
        compare(
                reporter,
                "#include <linux/rtnetlink.h>",
                RouteMessage.values(),
                RouteMessage::name,
                RouteMessage::number);
    }

    @Test
    void the_numbers_of_packet_filter_messages_are_those_of_c() throws Exception {
        Map<String, Long> ours = new TreeMap<>();
        for (Netfilter.Message message : Netfilter.Message.values()) {
            String subsystem = message.name().startsWith("NFT") ? "NFNL_SUBSYS_NFTABLES" : "NFNL_SUBSYS_CTNETLINK";
            ours.put(message.name().startsWith("NFNL_MSG") ? message.name() : subsystem + " << 8 | " + message, (long)
                    message.number());
        }
        String includes = """
                #include <linux/netlink.h>
                #include <linux/netfilter/nfnetlink.h>
                #include <linux/netfilter/nf_tables.h>
                #include <linux/netfilter/nfnetlink_conntrack.h>
                """;
        assertThat(new CompiledC(temporary, includes).values(new ArrayList<>(ours.keySet())))
                .isEqualTo(ours);
    }

    @Test
    void the_flags_of_namespaces_are_those_of_c(TestReporter reporter) throws Exception {
        compare(
                reporter,
                "#include <linux/sched.h>",
                Namespace.values(),
                kind -> "CLONE_NEW"
                        + switch (kind) {
                            case MOUNT -> "NS";
                            case NETWORK -> "NET";
                            default -> kind.name();
                        },
                Namespace::flag);
    }

    @Test
    void the_requests_of_btrfs_are_those_of_c() throws Exception {
        assertThat(new CompiledC(temporary, "#include <linux/btrfs.h>")
                        .values(List.of(
                                "BTRFS_IOC_SUBVOL_CREATE",
                                "BTRFS_IOC_SNAP_DESTROY",
                                "BTRFS_IOC_INO_LOOKUP",
                                "BTRFS_IOC_SNAP_CREATE_V2",
                                "BTRFS_IOC_SUBVOL_GETFLAGS",
                                "BTRFS_IOC_SUBVOL_SETFLAGS",
                                "BTRFS_IOC_FS_INFO",
                                "BTRFS_IOC_QUOTA_CTL",
                                "BTRFS_IOC_QGROUP_CREATE",
                                "BTRFS_IOC_QGROUP_LIMIT",
                                "BTRFS_IOC_QUOTA_RESCAN_WAIT",
                                "BTRFS_SUBVOL_RDONLY",
                                "BTRFS_QUOTA_CTL_ENABLE",
                                "BTRFS_QGROUP_LIMIT_MAX_EXCL"))
                        .values())
                .containsExactly(
                        Btrfs.SUBVOL_CREATE,
                        Btrfs.SNAP_DESTROY,
                        Btrfs.INO_LOOKUP,
                        Btrfs.SNAP_CREATE_V2,
                        Btrfs.SUBVOL_GETFLAGS,
                        Btrfs.SUBVOL_SETFLAGS,
                        Btrfs.FS_INFO,
                        Btrfs.QUOTA_CTL,
                        Btrfs.QGROUP_CREATE,
                        Btrfs.QGROUP_LIMIT,
                        Btrfs.QUOTA_RESCAN_WAIT,
                        Btrfs.SUBVOL_RDONLY,
                        Btrfs.QUOTA_CTL_ENABLE,
                        Btrfs.QGROUP_LIMIT_MAX_EXCL);
    }

    @Test
    void the_requests_about_projects_are_those_of_c() throws Exception {
        assertThat(new CompiledC(temporary, "#include <linux/fs.h>\n#include <linux/quota.h>")
                        .values(List.of(
                                "FS_IOC_FSGETXATTR",
                                "FS_IOC_FSSETXATTR",
                                "FS_XFLAG_PROJINHERIT",
                                "Q_GETQUOTA",
                                "Q_SETQUOTA",
                                "PRJQUOTA",
                                "QIF_BLIMITS",
                                "FICLONE"))
                        .values())
                .containsExactly(
                        Projects.FS_IOC_FSGETXATTR,
                        Projects.FS_IOC_FSSETXATTR,
                        (long) Projects.FS_XFLAG_PROJINHERIT,
                        (long) Projects.Q_GETQUOTA,
                        (long) Projects.Q_SETQUOTA,
                        (long) Projects.PRJQUOTA,
                        (long) Projects.QIF_BLIMITS,
                        (long) Files.FICLONE);
    }

    @Test
    void the_flags_for_opening_files_are_those_of_c(TestReporter reporter) throws Exception {
        Field[] flags = Arrays.stream(OpenFlags.class.getDeclaredFields())
                .filter(field -> Modifier.isPublic(field.getModifiers()))
                .toArray(Field[]::new);
        compare(
                reporter,
                "#include <fcntl.h>\n#include <linux/openat2.h>",
                flags,
                flag -> flag.getName().startsWith("RESOLVE_") ? flag.getName() : "O_" + flag.getName(),
                StructLayoutTest::number);
    }

    private static long number(Field constant) {
        try {
            return constant.getInt(null);
        } catch (IllegalAccessException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** Compares what the headers know, and prints what they do not. */
    private <T> void compare(
            TestReporter reporter, String includes, T[] constants, Function<T, String> name, ToLongFunction<T> number)
            throws Exception {
        Map<String, Long> ours = new TreeMap<>();
        for (T constant : constants) {
            ours.put(name.apply(constant), number.applyAsLong(constant));
        }
        Map<String, Long> theirs = new CompiledC(temporary, includes).macros(new ArrayList<>(ours.keySet()));
        List<String> unknown = ours.keySet().stream()
                .filter(macro -> !theirs.containsKey(macro))
                .toList();
        if (!unknown.isEmpty()) {
            String message = "not compared, as the installed headers lack them: " + unknown;
            reporter.publishEntry(message);
            System.out.println(message);
        }
        assertThat(theirs).isNotEmpty();
        ours.keySet().removeAll(unknown);
        assertThat(ours).isEqualTo(theirs);
    }
}
