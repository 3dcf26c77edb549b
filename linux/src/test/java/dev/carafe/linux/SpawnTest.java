package dev.carafe.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Spawn.Child;
import dev.carafe.linux.Spawn.Program;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpawnTest {

    private final Kernel kernel = Kernel.host();
    private final Files files = kernel.files();
    private final Processes processes = kernel.processes();

    @TempDir
    private Path temporary;

    @Test
    void a_program_gets_its_arguments_and_only_the_environment_given() {
        assertThat(output(
                        "echo \"$0 $1\"; env | grep -v -E '^(PWD|SHLVL|_)='", List.of("A=1", "B=two words"), Map.of()))
                .containsExactly("name argument", "A=1", "B=two words");
    }

    @Test
    void a_program_finds_the_descriptors_given_and_no_others() {
        try (Fd three = files.sealedMemory("three", "3".getBytes(UTF_8));
                Fd leaking = files.open(Fd.CWD, "/dev/zero", OpenFlags.RDONLY)) {
            keepOverExec(leaking);
            assertThat(output("exec 9<&-; ls /proc/$$/fd; cat /proc/self/fd/3", List.of(), Map.of(3, three, 6, three)))
                    .containsExactly("0", "1", "2", "3", "6", "3");
            assertThat(leaking.number()).isPositive();
        }
    }

    @Test
    void descriptors_may_change_places_without_overwriting_each_other() {
        try (Fd one = files.sealedMemory("one", "one".getBytes(UTF_8));
                Fd two = files.sealedMemory("two", "two".getBytes(UTF_8))) {
            assertThat(output(
                            "echo $(cat /proc/self/fd/$A) $(cat /proc/self/fd/$B)",
                            List.of("A=" + one.number(), "B=" + two.number(), "PATH=/bin:/usr/bin"),
                            Map.of(one.number(), two, two.number(), one)))
                    .containsExactly("two one");
            assertThat(output(
                            "cat /proc/self/fd/$A",
                            List.of("A=" + one.number(), "PATH=/bin:/usr/bin"),
                            Map.of(one.number(), one)))
                    .containsExactly("one");
        }
    }

    @Test
    void a_standard_descriptor_that_is_not_given_is_dev_null() {
        assertThat(output("readlink /proc/$$/fd/0 /proc/$$/fd/2", List.of(), Map.of()))
                .containsExactly("/dev/null", "/dev/null");
    }

    @Test
    void a_program_starts_with_no_signal_blocked_or_ignored() {
        assertThat(output("grep -E 'Sig(Blk|Ign)' /proc/self/status", List.of(), Map.of()))
                .containsExactly("SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000");
    }

    @Test
    void a_program_leads_a_session_of_its_own_only_if_asked() {
        try (Child with = sleeper(true);
                Child without = sleeper(false)) {
            assertThat(session(with.pid())).isEqualTo(with.pid());
            assertThat(session(without.pid()))
                    .isEqualTo(session((int) ProcessHandle.current().pid()));
            for (Child child : List.of(with, without)) {
                processes.signal(child.process(), Signal.SIGKILL);
                assertThat(processes.await(child.process()).signal()).isEqualTo(Signal.SIGKILL.number());
            }
        }
    }

    @Test
    void a_program_that_cannot_be_executed_is_an_error_that_names_it() {
        assertThatThrownBy(() ->
                        kernel.spawn().start(new Program("/no/such/program", List.of("x"), List.of(), Map.of(), false)))
                .isInstanceOfSatisfying(
                        SystemCallException.class,
                        refused -> assertThat(refused.errno()).isEqualTo(Errno.ENOENT))
                .hasMessageContaining("posix_spawn(\"/no/such/program\"");
    }

    @Test
    void a_descriptor_number_out_of_range_is_refused() {
        try (Fd file = files.sealedMemory("x", new byte[0])) {
            for (int number : new int[] {-1, 1024}) {
                assertThatThrownBy(() -> kernel.spawn()
                                .start(new Program(
                                        "/bin/true", List.of("true"), List.of(), Map.of(number, file), false)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("between 0 and 1023");
            }
        }
    }

    @Test
    void a_child_that_no_descriptor_can_be_had_for_is_not_left_behind() {
        SystemCalls real = SystemCalls.ofKernel();
        List<Integer> started = new ArrayList<>();
        Spawn failing = Kernel.over((call, a, b, c, d, e, f) -> {
                    if (call == SystemCall.PIDFD_OPEN) {
                        started.add((int) a);
                        return -Errno.EMFILE.number();
                    }
                    return real.call(call, a, b, c, d, e, f);
                })
                .spawn();
        assertThatThrownBy(() ->
                        failing.start(new Program("/bin/sleep", List.of("sleep", "60"), List.of(), Map.of(), false)))
                .hasMessageContaining("EMFILE");
        assertThat(started).hasSize(1);
        assertThat(processes.identify(started.getFirst())).isEmpty();
    }

    private Child sleeper(boolean newSession) {
        return kernel.spawn().start(new Program("/bin/sleep", List.of("sleep", "60"), List.of(), Map.of(), newSession));
    }

    private int session(int pid) {
        String stat = files.readText(Fd.CWD, "/proc/" + pid + "/stat", 4096);
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[3]);
    }

    /** What a shell script writes to its standard output, line by line. */
    private List<String> output(String script, List<String> environment, Map<Integer, Fd> descriptors) {
        try (Fd directory = files.open(Fd.CWD, temporary.toString(), OpenFlags.PATH | OpenFlags.DIRECTORY);
                Fd out = files.open(directory, "out", OpenFlags.CREAT | OpenFlags.TRUNC | OpenFlags.WRONLY, 0600, 0)) {
            var all = new HashMap<>(descriptors);
            all.put(1, out);
            try (Child child = kernel.spawn()
                    .start(new Program(
                            "/bin/sh", List.of("name", "-c", script, "name", "argument"), environment, all, false))) {
                assertThat(processes.await(child.process()).shellStatus()).isZero();
            }
            return files.readText(directory, "out", 65536).lines().toList();
        }
    }

    private void keepOverExec(Fd fd) {
        int fSetFd = 2;
        assertThat(kernel.calls().call(SystemCall.FCNTL, fd.number(), fSetFd, 0, 0, 0, 0))
                .isZero();
    }
}
