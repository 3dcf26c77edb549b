package dev.carafe.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Processes.Limit;
import dev.carafe.linux.Spawn.Child;
import dev.carafe.linux.Spawn.Program;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProcessesTest {

    private static final Duration LONG = Duration.ofSeconds(20);

    private final Kernel kernel = Kernel.host();
    private final Processes processes = kernel.processes();

    @Test
    void the_code_that_a_child_returns_is_reported() {
        try (Child child = shell("exit 42")) {
            ExitStatus status = processes.await(child.process());
            assertThat(status).isEqualTo(new ExitStatus(child.pid(), 42, 0, false));
            assertThat(status.shellStatus()).isEqualTo(42);
            assertThatThrownBy(() -> processes.await(child.process())).hasMessageContaining("ECHILD");
        }
    }

    @Test
    void the_signal_that_kills_a_child_is_reported() {
        try (Child child = sleeper()) {
            assertThat(processes.isAlive(child.process())).isTrue();
            assertThat(processes.await(child.process(), Duration.ZERO)).isEmpty();
            processes.signal(child.process(), Signal.SIGTERM);
            ExitStatus status = processes.await(child.process(), LONG).orElseThrow();
            assertThat(status.signal()).isEqualTo(Signal.SIGTERM.number());
            assertThat(status.shellStatus()).isEqualTo(128 + 15);
            assertThat(processes.isAlive(child.process())).isFalse();
            assertThatThrownBy(() -> processes.signal(child.process(), Signal.SIGTERM))
                    .hasMessageContaining("ESRCH");
        }
    }

    @Test
    void a_child_that_ended_but_was_not_reaped_is_not_alive() {
        try (Child child = sleeper()) {
            ProcessIdentity identity = processes.identify(child.pid()).orElseThrow();
            assertThat(processes.isAlive(identity)).isTrue();
            processes.kill(child.pid(), Signal.SIGKILL);
            assertThat(kernel.polling().awaitReadable(child.process(), LONG)).isTrue();
            assertThat(processes.isAlive(child.process())).isFalse();
            assertThat(processes.isAlive(identity)).isFalse();
            processes.await(child.process());
            assertThat(processes.isAlive(identity)).isFalse();
            assertThat(processes.identify(child.pid())).isEmpty();
        }
    }

    @Test
    void a_process_that_only_has_the_same_number_is_not_taken_for_the_one_identified() {
        try (Child child = sleeper()) {
            ProcessIdentity identity = processes.identify(child.pid()).orElseThrow();
            var earlier = new ProcessIdentity(child.pid(), identity.startTime() - 1);
            assertThat(processes.open(earlier)).isEmpty();
            assertThat(processes.isAlive(earlier)).isFalse();
            Optional<Fd> opened = processes.open(identity);
            assertThat(opened).isPresent();
            opened.orElseThrow().close();
            endOf(child);
        }
    }

    @Test
    void the_start_time_is_found_behind_a_name_full_of_spaces_and_parentheses() {
        assertThat(Processes.startTime("7 (a) b (c) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 99 88 77\n"))
                .isEqualTo(123456);
    }

    @Test
    void a_process_that_is_not_there_has_no_descriptor_and_no_identity() {
        int none = 1 << 22;
        assertThatThrownBy(() -> processes.open(none)).hasMessageContaining("pidfd_open(" + none + ")");
        assertThat(processes.identify(none)).isEmpty();
        assertThat(processes.open(new ProcessIdentity(none, 1))).isEmpty();
    }

    @Test
    void a_signal_to_everybody_is_refused() {
        assertThatThrownBy(() -> processes.kill(-1, Signal.SIGKILL)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> processes.kill(0, Signal.SIGKILL)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_descriptor_is_taken_out_of_a_child() {
        Files files = kernel.files();
        try (Fd memory = files.sealedMemory("theirs", new byte[5]);
                Child child = kernel.spawn()
                        .start(new Program(
                                "/bin/sleep", List.of("sleep", "60"), List.of(), Map.of(77, memory), false));
                Fd taken = processes.takeDescriptor(child.process(), 77)) {
            assertThat(files.status(taken).inode())
                    .isEqualTo(files.status(memory).inode());
            assertThatThrownBy(() -> processes.takeDescriptor(child.process(), 78))
                    .hasMessageContaining("EBADF");
            endOf(child);
        }
    }

    @Test
    void a_limit_of_a_child_is_changed() {
        try (Child child = sleeper()) {
            Limit changed = new Limit(100, 200);
            assertThat(processes.limit(child.pid(), ResourceLimit.RLIMIT_NOFILE))
                    .isNotEqualTo(changed);
            processes.setLimit(child.pid(), ResourceLimit.RLIMIT_NOFILE, changed);
            assertThat(processes.limit(child.pid(), ResourceLimit.RLIMIT_NOFILE))
                    .isEqualTo(changed);
            assertThat(processes.limit(0, ResourceLimit.RLIMIT_NOFILE)).isNotEqualTo(changed);
            assertThatThrownBy(() -> processes.setLimit(child.pid(), ResourceLimit.RLIMIT_NOFILE, new Limit(300, 200)))
                    .hasMessageContaining("EINVAL");
            endOf(child);
        }
    }

    @Test
    void an_unlimited_limit_reads_as_such() {
        try (Child child = sleeper()) {
            assertThat(processes.limit(child.pid(), ResourceLimit.RLIMIT_CPU))
                    .isEqualTo(new Limit(Limit.UNLIMITED, Limit.UNLIMITED));
            Limit hardOnly = new Limit(3600, Limit.UNLIMITED);
            processes.setLimit(child.pid(), ResourceLimit.RLIMIT_CPU, hardOnly);
            assertThat(processes.limit(child.pid(), ResourceLimit.RLIMIT_CPU)).isEqualTo(hardOnly);
            endOf(child);
        }
    }

    @Test
    void an_orphan_comes_to_a_subreaper() {
        processes.setSubreaper(true);
        try (Child shell = kernel.spawn()
                .start(new Program("/bin/sh", List.of("sh", "-c", "sleep 60 & exit 0"), List.of(), Map.of(), true))) {
            processes.await(shell.process());
            // The orphan stays in the session of the shell that has gone.
            int orphan = ProcessHandle.current()
                    .children()
                    .filter(child -> session(child.pid()) == shell.pid())
                    .mapToInt(child -> (int) child.pid())
                    .findFirst()
                    .orElseThrow();
            try (Fd process = processes.open(orphan)) {
                processes.kill(-shell.pid(), Signal.SIGKILL);
                assertThat(processes.await(process).signal()).isEqualTo(Signal.SIGKILL.number());
            }
        } finally {
            processes.setSubreaper(false);
        }
    }

    private int session(long pid) {
        String stat = kernel.files().readText(Fd.CWD, "/proc/" + pid + "/stat", 4096);
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[3]);
    }

    private Child sleeper() {
        return kernel.spawn().start(new Program("/bin/sleep", List.of("sleep", "60"), List.of(), Map.of(), false));
    }

    private Child shell(String script) {
        return kernel.spawn().start(new Program("/bin/sh", List.of("sh", "-c", script), List.of(), Map.of(), false));
    }

    private void endOf(Child child) {
        processes.signal(child.process(), Signal.SIGKILL);
        processes.await(child.process());
    }
}
