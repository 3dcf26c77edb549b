package dev.carafe.linux.seccomp;

import static dev.carafe.linux.seccomp.Profiles.argument;
import static dev.carafe.linux.seccomp.Profiles.rule;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Architecture;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCall;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Numbers are those of amd64, on which the tables are written. */
class FilterCompilerTest {

    private static final int ALLOW = 0x7fff_0000;
    private static final int EPERM = 0x0005_0001;
    private static final int ENOSYS = 0x0005_0026;
    private static final int KILL_THREAD = 0;

    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int SOCKET = 41;
    private static final int CLONE = 56;
    private static final int UMASK = 95;
    private static final int PERSONALITY = 135;
    private static final int MOUNT = 165;
    private static final int CLONE3 = 435;
    private static final int X32 = 0x4000_0000;

    private final Kernel kernel = Kernel.host();
    private final FilterCompiler compiler = FilterCompiler.of(kernel);

    @BeforeEach
    void onAmd64() {
        Assumptions.assumeTrue(Architecture.current() == Architecture.AMD64, "the numbers in these tables are amd64's");
    }

    private int run(Profile profile, long number, long... arguments) {
        return ClassicBpf.run(compiler.compile(profile), Machine.X86_64, number, arguments);
    }

    @Test
    void an_allow_list_lets_pass_what_it_names_and_nothing_else() {
        Filter filter = compiler.compile(Profiles.allowList());
        assertThat(ClassicBpf.run(filter, Machine.X86_64, READ)).isEqualTo(ALLOW);
        assertThat(ClassicBpf.run(filter, Machine.X86_64, WRITE)).isEqualTo(ALLOW);
        assertThat(ClassicBpf.run(filter, Machine.X86_64, MOUNT)).isEqualTo(EPERM);
        assertThat(ClassicBpf.run(filter, Machine.X86_64, CLONE3)).isEqualTo(ENOSYS);
        assertThat(filter.flags()).isZero();
        assertThat(filter.notifies()).isFalse();
    }

    @Test
    void arguments_decide() {
        Filter filter = compiler.compile(Profiles.allowList());
        assertThat(ClassicBpf.run(filter, Machine.X86_64, PERSONALITY, 0)).isEqualTo(ALLOW);
        assertThat(ClassicBpf.run(filter, Machine.X86_64, PERSONALITY, 0xffff_ffffL))
                .isEqualTo(ALLOW);
        assertThat(ClassicBpf.run(filter, Machine.X86_64, PERSONALITY, 1)).isEqualTo(EPERM);
        assertThat(ClassicBpf.run(filter, Machine.X86_64, CLONE, 0x11)).isEqualTo(ALLOW);
        assertThat(ClassicBpf.run(filter, Machine.X86_64, CLONE, 0x1000_0011)).isEqualTo(EPERM);
        assertThat(ClassicBpf.run(filter, Machine.X86_64, SOCKET, 2)).isEqualTo(ALLOW);
        assertThat(ClassicBpf.run(filter, Machine.X86_64, SOCKET, 40)).isEqualTo(EPERM);
    }

    @Test
    void every_operator_compares_unsigned_64_bits() {
        long big = 0x8000_0000_0000_0005L;
        Object[][] table = {
            {Operator.NE, 5L, 4L, 5L},
            {Operator.NE, 5L, big, 5L},
            {Operator.LT, 5L, 4L, 5L},
            {Operator.LT, 5L, 4L, big},
            {Operator.LE, 5L, 5L, 6L},
            {Operator.EQ, big, big, 5L},
            {Operator.GE, 5L, 5L, 4L},
            {Operator.GE, 5L, big, 4L},
            {Operator.GT, 5L, 6L, 5L},
            {Operator.GT, 5L, big, 5L},
        };
        for (Object[] row : table) {
            Profile profile = Profiles.of(
                    Action.ERRNO, rule(Action.ALLOW, "read", argument(1, (Operator) row[0], (long) row[1], 0)));
            assertThat(run(profile, READ, 0, (long) row[2]))
                    .as("%s matches", row)
                    .isEqualTo(ALLOW);
            assertThat(run(profile, READ, 0, (long) row[3]))
                    .as("%s does not", row)
                    .isEqualTo(EPERM);
        }
        Profile masked =
                Profiles.of(Action.ERRNO, rule(Action.ALLOW, "read", argument(5, Operator.MASKED_EQ, 0xff00, 0x1200)));
        assertThat(run(masked, READ, 0, 0, 0, 0, 0, 0x12ab)).isEqualTo(ALLOW);
        assertThat(run(masked, READ, 0, 0, 0, 0, 0, 0x13ab)).isEqualTo(EPERM);
    }

    @Test
    void all_conditions_must_hold_unless_two_are_about_one_argument() {
        Profile both = Profiles.of(
                Action.ERRNO,
                rule(Action.ALLOW, "read", argument(0, Operator.EQ, 1, 0), argument(1, Operator.EQ, 2, 0)));
        assertThat(run(both, READ, 1, 2)).isEqualTo(ALLOW);
        assertThat(run(both, READ, 1, 3)).isEqualTo(EPERM);
        assertThat(run(both, READ, 0, 2)).isEqualTo(EPERM);

        Profile either = Profiles.of(
                Action.ERRNO,
                rule(Action.ALLOW, "read", argument(0, Operator.EQ, 1, 0), argument(0, Operator.EQ, 2, 0)));
        assertThat(run(either, READ, 1)).isEqualTo(ALLOW);
        assertThat(run(either, READ, 2)).isEqualTo(ALLOW);
        assertThat(run(either, READ, 3)).isEqualTo(EPERM);
    }

    @Test
    void every_action_has_its_code() {
        Object[][] table = {
            {Action.KILL, KILL_THREAD},
            {Action.KILL_THREAD, KILL_THREAD},
            {Action.KILL_PROCESS, 0x8000_0000},
            {Action.TRAP, 0x0003_0000},
            {Action.ERRNO, 0x0005_0007},
            {Action.TRACE, 0x7ff0_0007},
            {Action.LOG, 0x7ffc_0000},
            {Action.NOTIFY, 0x7fc0_0000},
        };
        for (Object[] row : table) {
            Profile profile = new Profile(
                    Action.ALLOW,
                    OptionalInt.empty(),
                    List.of(),
                    List.of(),
                    List.of(new Profile.Rule(List.of("read"), (Action) row[0], OptionalInt.of(7), List.of())));
            assertThat(run(profile, READ)).as("%s", row[0]).isEqualTo((int) row[1]);
            assertThat(run(profile, WRITE)).isEqualTo(ALLOW);
        }
    }

    @Test
    void a_call_younger_than_the_profile_does_not_exist() {
        Profile profile = Profiles.of(Action.ERRNO, rule(Action.ALLOW, "read"), rule(Action.ALLOW, "umask"));
        assertThat(run(profile, UMASK)).isEqualTo(ALLOW);
        assertThat(run(profile, UMASK - 1)).isEqualTo(EPERM);
        assertThat(run(profile, UMASK + 1)).isEqualTo(ENOSYS);
        assertThat(run(profile, 9999)).isEqualTo(ENOSYS);
        assertThat(run(Profiles.of(Action.KILL_PROCESS, rule(Action.ALLOW, "umask")), 9999))
                .isEqualTo(ENOSYS);
        assertThat(run(Profiles.of(Action.ALLOW, rule(Action.ERRNO, "umask")), 9999))
                .isEqualTo(ALLOW);
    }

    @Test
    void each_architecture_has_its_own_youngest_call() {
        Filter all = compiler.compile(Profiles.allowList());
        assertThat(ClassicBpf.run(all, Machine.X86, 3)).isEqualTo(ALLOW); // read
        assertThat(ClassicBpf.run(all, Machine.X86, 21)).isEqualTo(EPERM); // mount
        assertThat(ClassicBpf.run(all, Machine.X86, 9999)).isEqualTo(ENOSYS);
        assertThat(ClassicBpf.run(all, Machine.X32, X32)).isEqualTo(ALLOW); // read
        assertThat(ClassicBpf.run(all, Machine.X32, X32 | MOUNT)).isEqualTo(EPERM);
        assertThat(ClassicBpf.run(all, Machine.X32, X32 | 9999)).isEqualTo(ENOSYS);
    }

    @Test
    void an_architecture_that_the_profile_does_not_name_is_killed() {
        Filter nativeOnly = compiler.compile(Profiles.of(Action.ERRNO, rule(Action.ALLOW, "read")));
        assertThat(ClassicBpf.run(nativeOnly, Machine.X86_64, READ)).isEqualTo(ALLOW);
        assertThat(ClassicBpf.run(nativeOnly, Machine.X86, 3)).isEqualTo(KILL_THREAD);
        assertThat(ClassicBpf.run(nativeOnly, Machine.AARCH64, 63)).isEqualTo(KILL_THREAD);
        assertThat(ClassicBpf.run(nativeOnly, Machine.X32, X32)).isEqualTo(KILL_THREAD);
    }

    @Test
    void a_profile_for_x32_alone_keeps_the_native_calls() {
        Filter filter = compiler.compile(new Profile(
                Action.ERRNO,
                OptionalInt.empty(),
                List.of(Machine.X32),
                List.of(),
                List.of(rule(Action.ALLOW, "read"), rule(Action.ALLOW, "umask"))));
        assertThat(ClassicBpf.run(filter, Machine.X86_64, READ)).isEqualTo(ALLOW);
        assertThat(ClassicBpf.run(filter, Machine.X86_64, UMASK + 1)).isEqualTo(ENOSYS);
        assertThat(ClassicBpf.run(filter, Machine.X32, X32 | UMASK)).isEqualTo(ALLOW);
        assertThat(ClassicBpf.run(filter, Machine.X32, X32 | (UMASK + 1))).isEqualTo(ENOSYS);
    }

    @Test
    void a_call_that_no_linux_has_is_refused_by_name() {
        Profile profile = Profiles.of(Action.ERRNO, Profile.Rule.of(Action.ALLOW, "read", "no_such_call", "umask"));
        assertThatThrownBy(() -> run(profile, READ))
                .isInstanceOf(UnknownCallException.class)
                .hasMessage("no Linux has a system call \"no_such_call\"");
    }

    @Test
    void a_call_that_came_after_this_libseccomp_is_left_out() {
        Profile profile = Profiles.of(Action.ERRNO, Profile.Rule.of(Action.ALLOW, "read", "listns", "umask"));
        assertThat(run(profile, READ)).isEqualTo(ALLOW);
        assertThat(run(profile, UMASK)).isEqualTo(ALLOW);
        assertThat(run(profile, MOUNT)).isEqualTo(ENOSYS);
    }

    @Test
    void a_rule_that_repeats_the_default_is_no_error() {
        assertThat(run(Profiles.of(Action.ALLOW, rule(Action.ALLOW, "read"), rule(Action.ERRNO, "write")), WRITE))
                .isEqualTo(EPERM);
    }

    @Test
    void a_profile_without_rules_is_its_default() {
        assertThat(run(Profiles.of(Action.ALLOW), READ)).isEqualTo(ALLOW);
        assertThat(run(Profiles.of(Action.ERRNO), READ)).isEqualTo(EPERM);
    }

    @Test
    void flags_become_bits() {
        Profile.Rule notify = rule(Action.NOTIFY, "mount");
        assertThat(flags(rule(Action.LOG, "mount"), "TSYNC", "LOG", "SPEC_ALLOW"))
                .isEqualTo(1 | 2 | 4);
        assertThat(flags(notify)).isEqualTo(8);
        assertThat(flags(notify, "WAIT_KILLABLE_RECV")).isEqualTo(8 | 32);
        assertThat(flags(notify, "TSYNC")).isEqualTo(1 | 8 | 16);
        assertThat(flags(rule(Action.LOG, "mount"), "WAIT_KILLABLE_RECV")).isZero();
        assertThatThrownBy(() -> flags(notify, "NOSUCH"))
                .isInstanceOf(SeccompException.class)
                .hasMessageContaining("SECCOMP_FILTER_FLAG_NOSUCH");
    }

    private int flags(Profile.Rule rule, String... flags) {
        List<String> names = List.of(flags).stream()
                .map(flag -> "SECCOMP_FILTER_FLAG_" + flag)
                .toList();
        Filter filter =
                compiler.compile(new Profile(Action.ALLOW, OptionalInt.empty(), List.of(), names, List.of(rule)));
        assertThat(filter.notifies()).isEqualTo((filter.flags() & 8) != 0);
        return filter.flags();
    }

    @Test
    void what_cannot_be_answered_must_not_be_asked() {
        assertThatThrownBy(() -> compiler.compile(Profiles.of(Action.NOTIFY))).hasMessageContaining("default action");
        assertThatThrownBy(() -> compiler.compile(Profiles.of(Action.ALLOW, rule(Action.NOTIFY, "write"))))
                .hasMessageContaining("write");
        assertThatCode(() -> compiler.compile(Profiles.of(Action.ALLOW, rule(Action.NOTIFY, "read"))))
                .doesNotThrowAnyException();
    }

    @Test
    void unknown_words_are_named() {
        assertThat(Action.of("SCMP_ACT_KILL")).isEqualTo(Action.KILL);
        assertThat(Action.of("SCMP_ACT_KILL_PROCESS")).isEqualTo(Action.KILL_PROCESS);
        assertThat(Operator.of("SCMP_CMP_MASKED_EQ")).isEqualTo(Operator.MASKED_EQ);
        assertThat(Machine.of("SCMP_ARCH_X86_64")).isEqualTo(Machine.X86_64);
        assertThatThrownBy(() -> Action.of("SCMP_ACT_PRAY")).hasMessageContaining("SCMP_ACT_PRAY");
        assertThatThrownBy(() -> Action.of("ALLOW")).isInstanceOf(SeccompException.class);
        assertThatThrownBy(() -> Operator.of("SCMP_CMP_ISH")).hasMessageContaining("SCMP_CMP_ISH");
        assertThatThrownBy(() -> Machine.of("SCMP_ARCH_VAX")).hasMessageContaining("SCMP_ARCH_VAX");
        assertThatThrownBy(() -> argument(6, Operator.EQ, 0, 0)).hasMessageContaining("6");
    }

    @Test
    void a_missing_library_is_named_with_its_package() {
        FilterCompiler without = FilterCompiler.of(kernel, "libno-such-thing.so.7");
        assertThatThrownBy(() -> without.compile(Profiles.allowList()))
                .isInstanceOf(SeccompException.class)
                .hasMessageContaining("libno-such-thing.so.7")
                .hasMessageContaining("libseccomp2");
        assertThat(compiler.version()).matches("2\\.\\d+\\.\\d+");
    }

    @Test
    void the_kernel_takes_the_program_and_does_as_it_says() throws Exception {
        Filter allowList = compiler.compile(Profiles.allowList());
        Filter strange = compiler.compile(new Profile(
                Action.ALLOW,
                OptionalInt.empty(),
                List.of(),
                List.of("SECCOMP_FILTER_FLAG_SPEC_ALLOW"),
                List.of(new Profile.Rule(List.of("umask"), Action.ERRNO, OptionalInt.of(99), List.of()))));
        AtomicLong loaded = new AtomicLong(-1);
        AtomicLong before = new AtomicLong(-1);
        AtomicLong after = new AtomicLong(-1);
        AtomicLong possible = new AtomicLong();
        AtomicLong denied = new AtomicLong();
        Thread thread = Thread.ofPlatform().start(() -> {
            int noNewPrivileges = 38;
            kernel.calls().call(SystemCall.PRCTL, noNewPrivileges, 1, 0, 0, 0, 0);
            before.set(kernel.calls().call(SystemCall.UMASK, 022, 0, 0, 0, 0, 0));
            possible.set(kernel.calls().call(SystemCall.KEYCTL, 9999, 0, 0, 0, 0, 0));
            loaded.set(load(allowList) + load(strange));
            after.set(kernel.calls().call(SystemCall.UMASK, 022, 0, 0, 0, 0, 0));
            denied.set(kernel.calls().call(SystemCall.KEYCTL, 9999, 0, 0, 0, 0, 0));
        });
        thread.join();
        assertThat(loaded).hasValue(0);
        assertThat(before.get()).isNotNegative();
        assertThat(after).hasValue(-99);
        assertThat(possible).hasValue(-Errno.EOPNOTSUPP.number());
        assertThat(denied).hasValue(-Errno.EPERM.number());
    }

    /** Only for the thread that calls it. */
    private long load(Filter filter) {
        try (Arena arena = Arena.ofConfined()) {
            byte[] program = filter.program();
            MemorySegment header = arena.allocate(16, 8);
            header.set(ValueLayout.JAVA_SHORT, 0, (short) (program.length / 8));
            MemorySegment copy = arena.allocate(program.length, 8);
            MemorySegment.copy(program, 0, copy, ValueLayout.JAVA_BYTE, 0, program.length);
            header.set(ValueLayout.JAVA_LONG, 8, copy.address());
            return kernel.calls().call(SystemCall.SECCOMP, 1, filter.flags(), header.address(), 0, 0, 0);
        }
    }
}
