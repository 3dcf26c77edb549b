package dev.carafe.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.engine.SeccompProfile.Group;
import dev.carafe.engine.SeccompProfile.Line;
import dev.carafe.engine.SeccompProfile.Verdict;
import dev.carafe.oci.runtime.Capability;
import dev.carafe.oci.runtime.Seccomp;
import dev.carafe.oci.runtime.SyscallRule;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SeccompProfileTest {

    private static final Set<Capability> ALL = EnumSet.allOf(Capability.class);

    /** The rules for a call. */
    private static List<SyscallRule> rules(Seccomp seccomp, String call) {
        return seccomp.syscalls().stream()
                .filter(rule -> rule.names().contains(call))
                .toList();
    }

    private static boolean allows(Seccomp seccomp, String call) {
        return rules(seccomp, call).stream().anyMatch(rule -> rule.action() == Seccomp.Action.SCMP_ACT_ALLOW);
    }

    @Test
    void noCallStandsInTwoGroupsThatContradictEachOther() {
        Map<String, List<Group>> places = new TreeMap<>();
        for (Group group : SeccompProfile.STANDARD.groups()) {
            Set<String> once = new HashSet<>();
            for (Line line : group.lines()) {
                assertThat(once.add(line.toString())).as("twice: " + line).isTrue();
                places.computeIfAbsent(line.call(), _ -> new ArrayList<>()).add(group);
            }
        }
        assertThat(places).hasSizeGreaterThan(380);
        places.forEach((call, groups) -> {
            boolean denied = groups.stream().anyMatch(group -> group.verdict() == Verdict.DENIED);
            assertThat(denied && groups.stream().anyMatch(group -> group.verdict() == Verdict.ALLOWED))
                    .as(call)
                    .isFalse();
        });
    }

    @Test
    void whatIsNotAllowedFailsWithEperm() {
        Seccomp usual = SeccompProfile.STANDARD.of(AppConfig.CAPABILITIES);
        assertThat(usual.defaultAction()).isEqualTo(Seccomp.Action.SCMP_ACT_ERRNO);
        assertThat(usual.defaultErrnoRet()).isEqualTo(OptionalLong.of(1));
        assertThat(usual.architectures()).as("other conventions are closed").isEmpty();
        assertThat(allows(usual, "read")).isTrue();
        assertThat(rules(usual, "io_uring_setup").getFirst().errnoRet()).isEqualTo(OptionalLong.of(1));
        assertThat(rules(usual, "mount").getFirst().errnoRet()).isEqualTo(OptionalLong.of(1));
        assertThat(rules(usual, "clone3").getFirst().errnoRet()).isEqualTo(OptionalLong.of(38));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "io_uring_setup",
                "io_uring_enter",
                "io_uring_register",
                "add_key",
                "request_key",
                "keyctl",
                "userfaultfd",
                "kexec_load",
                "kexec_file_load",
                "swapon",
                "modify_ldt"
            })
    void someCallsAreDeniedToEverybody(String call) {
        assertThat(allows(SeccompProfile.STANDARD.of(ALL), call)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CAP_BPF bpf",
                "CAP_PERFMON perf_event_open",
                "CAP_SYS_ADMIN mount",
                "CAP_SYS_BOOT reboot",
                "CAP_SYS_MODULE init_module",
                "CAP_SYS_TIME settimeofday",
                "CAP_DAC_READ_SEARCH open_by_handle_at",
                "CAP_SYSLOG syslog",
                "CAP_SYS_ADMIN setns",
                "CAP_SYS_ADMIN unshare",
                "CAP_SYS_CHROOT chroot"
            })
    void aCapabilityOpensItsCalls(String pair) {
        String[] words = pair.split(" ", -1);
        Set<Capability> one = EnumSet.of(Capability.valueOf(words[0]));
        assertThat(allows(SeccompProfile.STANDARD.of(one), words[1])).isTrue();
        assertThat(allows(SeccompProfile.STANDARD.of(EnumSet.noneOf(Capability.class)), words[1]))
                .isFalse();
    }

    @Test
    void aRuleThatSaysLessThanAnotherIsLeftOut() {
        assertThat(rules(SeccompProfile.STANDARD.of(AppConfig.CAPABILITIES), "clone")
                        .getFirst()
                        .args())
                .hasSize(1);
        List<SyscallRule> administrators = rules(SeccompProfile.STANDARD.of(ALL), "clone");
        assertThat(administrators).hasSize(1);
        assertThat(administrators.getFirst().args()).isEmpty();
        assertThat(rules(SeccompProfile.STANDARD.of(EnumSet.of(Capability.CAP_NET_ADMIN)), "socket"))
                .allMatch(rule -> rule.args().size() == 1);
    }

    @Test
    void theFormatIsAsItsHeadSays() {
        SeccompProfile profile = SeccompProfile.parse("x", """
                # a comment
                [allowed]
                read
                clone if arg0 & 0xf0 == 16  - why
                socket if arg0 == 1 and arg2 == 2
                [allowed with CAP_BPF CAP_SYS_ADMIN]
                bpf
                [missing without CAP_BPF]
                new
                """);
        Seccomp none = profile.of(EnumSet.noneOf(Capability.class));
        assertThat(rules(none, "clone").getFirst().args().toString())
                .contains("index=0, value=240, valueTwo=16, op=SCMP_CMP_MASKED_EQ");
        assertThat(rules(none, "socket").getFirst().args()).hasSize(2);
        assertThat(allows(none, "bpf")).isFalse();
        assertThat(allows(profile.of(EnumSet.of(Capability.CAP_SYS_ADMIN)), "bpf"))
                .isTrue();
        assertThat(rules(none, "new").getFirst().errnoRet()).isEqualTo(OptionalLong.of(38));
        assertThat(rules(profile.of(EnumSet.of(Capability.CAP_BPF)), "new")
                        .getFirst()
                        .errnoRet())
                .isEqualTo(OptionalLong.of(1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "read",
                "[perhaps]\nread",
                "[allowed with CAP_FLY]\nread",
                "[allowed in CAP_BPF]\nread",
                "[allowed]\nread if arg9 == 1",
                "[allowed]\nread if arg0 = 1",
                "[allowed]\nread if arg0 == x"
            })
    void whatIsMalformedIsNamedWithItsLine(String text) {
        assertThatThrownBy(() -> SeccompProfile.parse("x", text)).hasMessageStartingWith("x, line ");
    }
}
