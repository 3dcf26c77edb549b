package dev.carafe.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Spawn.Child;
import dev.carafe.linux.Spawn.Program;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** In a cgroup of its own, in whichever hierarchy of version 2 this machine has. */
@Tag("root")
class BpfTest {

    private static final int MOV_R0 = 0xb7;
    private static final int EXIT = 0x95;

    private final Kernel kernel = Kernel.host();
    private final Files files = kernel.files();
    private final Bpf bpf = kernel.bpf();
    private final String name = "carafe-bpf-test-" + ProcessHandle.current().pid();

    private Fd hierarchy = Fd.CWD;
    private Fd cgroup = Fd.CWD;

    @BeforeEach
    void makeCgroup() {
        hierarchy = files.open(Fd.CWD, cgroup2(), OpenFlags.RDONLY | OpenFlags.DIRECTORY);
        files.makeDirectory(hierarchy, name, 0755);
        cgroup = files.open(hierarchy, name, OpenFlags.RDONLY | OpenFlags.DIRECTORY);
    }

    @AfterEach
    void removeCgroup() {
        cgroup.close();
        files.unlink(hierarchy, name, Files.REMOVE_DIRECTORY);
        hierarchy.close();
    }

    @Test
    void a_device_must_pass_every_filter_that_is_attached() {
        try (Fd pass = bpf.loadDeviceFilter("pass", answer(1));
                Fd refuse = bpf.loadDeviceFilter("refuse", answer(0))) {
            assertThat(opensDevNull()).isTrue();
            bpf.attach(cgroup, pass);
            assertThat(opensDevNull()).isTrue();
            bpf.attach(cgroup, refuse);
            assertThat(opensDevNull()).isFalse();
            assertThat(bpf.attached(cgroup)).hasSize(2).doesNotHaveDuplicates();
            bpf.detach(cgroup, refuse);
            assertThat(opensDevNull()).isTrue();
            assertThat(bpf.attached(cgroup)).hasSize(1);
        }
    }

    @Test
    void a_filter_takes_the_place_of_one_that_is_found_by_its_id() {
        try (Fd pass = bpf.loadDeviceFilter("pass", answer(1));
                Fd refuse = bpf.loadDeviceFilter("refuse", answer(0))) {
            bpf.attach(cgroup, refuse);
            assertThat(opensDevNull()).isFalse();
            List<Integer> before = bpf.attached(cgroup);
            try (Fd attached = bpf.open(before.getFirst())) {
                bpf.replace(cgroup, attached, pass);
            }
            assertThat(bpf.attached(cgroup)).hasSize(1).isNotEqualTo(before);
            assertThat(opensDevNull()).isTrue();
            assertThatThrownBy(() -> bpf.replace(cgroup, refuse, refuse)).hasMessageContaining("ENOENT");
            assertThatThrownBy(() -> bpf.detach(cgroup, refuse)).hasMessageContaining("BPF_PROG_DETACH");
        }
    }

    @Test
    void a_filter_that_the_verifier_refuses_is_an_error_with_its_reason() {
        assertThatThrownBy(() -> bpf.loadDeviceFilter("wrong", instructions(new int[][] {{EXIT, 0}})))
                .isInstanceOf(SystemCallException.class)
                .hasMessageContaining("BPF_PROG_LOAD")
                .hasMessageContaining("R0 !read_ok");
    }

    @Test
    void a_filter_of_the_wrong_length_is_refused() {
        for (byte[] wrong : List.of(new byte[0], new byte[12], new byte[8 * 1_000_001])) {
            assertThatThrownBy(() -> bpf.loadDeviceFilter("wrong", wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1 to 1000000 instructions");
        }
    }

    private static byte[] answer(int value) {
        return instructions(new int[][] {{MOV_R0, value}, {EXIT, 0}});
    }

    private static byte[] instructions(int[][] opcodesAndValues) {
        ByteBuffer instructions = ByteBuffer.allocate(opcodesAndValues.length * Bpf.INSTRUCTION_BYTES)
                .order(ByteOrder.nativeOrder());
        for (int[] instruction : opcodesAndValues) {
            instructions
                    .put((byte) instruction[0])
                    .put((byte) 0)
                    .putShort((short) 0)
                    .putInt(instruction[1]);
        }
        return instructions.array();
    }

    /** Whether a program in the cgroup can open a device; it answers on its standard output. */
    private boolean opensDevNull() {
        Sockets sockets = kernel.sockets();
        try (Sockets.Pair answers = sockets.pair(Sockets.Type.STREAM);
                Fd processes = files.open(cgroup, "cgroup.procs", OpenFlags.WRONLY)) {
            String script = "echo 0 >&3; if (: </dev/null) 2>&-; then echo yes; else echo no; fi";
            try (Child child = kernel.spawn()
                    .start(new Program(
                            "/bin/sh",
                            List.of("sh", "-c", script),
                            List.of(),
                            Map.of(1, answers.second(), 3, processes),
                            false))) {
                answers.second().close();
                kernel.processes().await(child.process());
            }
            String answer =
                    new String(sockets.receiveMessage(answers.first(), 100, 0).payload(), UTF_8);
            assertThat(answer).isIn("yes\n", "no\n");
            return answer.equals("yes\n");
        }
    }

    private String cgroup2() {
        return files.readText(Fd.CWD, "/proc/self/mounts", 1 << 20)
                .lines()
                .map(line -> line.split(" ", -1))
                .filter(fields -> fields[2].equals("cgroup2"))
                .map(fields -> fields[1])
                .findFirst()
                .orElseThrow(() -> new AssertionError("no cgroup2 hierarchy is mounted"));
    }
}
