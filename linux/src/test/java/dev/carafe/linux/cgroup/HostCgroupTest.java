package dev.carafe.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.cgroup.CgroupException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On this machine's own cgroups, whichever interface it has. */
@Tag("root")
@Timeout(60)
class HostCgroupTest {

    private final Kernel kernel = Kernel.host();
    private final CgroupLayout layout = CgroupLayout.of(kernel);
    private final boolean v2 = layout.mode() == CgroupLayout.Mode.V2;
    private final String name = "carafe-test-" + UUID.randomUUID();
    private final List<Process> started = new ArrayList<>();
    private Optional<Cgroup> cgroup = Optional.empty();

    @AfterEach
    void cleanUp() throws Exception {
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
        if (cgroup.isPresent()) {
            cgroup.get().kill();
            cgroup.get().remove();
        }
        for (CgroupLayout.Hierarchy hierarchy : layout.hierarchies()) {
            assertThat(Path.of(hierarchy.mountPoint(), name)).doesNotExist();
        }
    }

    private Cgroup create(String path) {
        Cgroup made = Cgroup.create(kernel, layout, path);
        cgroup = Optional.of(made);
        return made;
    }

    private int join(Cgroup joined, String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        started.add(process);
        joined.join((int) process.pid());
        return (int) process.pid();
    }

    /** Lets a process on that waits for a line. */
    private static void go(Process process) throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    private String read(String controller, String file) throws IOException {
        return Files.readString(Path.of(cgroup.orElseThrow().paths().get(v2 ? Cgroup.UNIFIED : controller), file))
                .strip();
    }

    @Test
    void an_absolute_path_starts_at_every_mount_point() {
        Cgroup made = create("/" + name);
        assertThat(made.directories())
                .hasSameSizeAs(layout.hierarchies())
                .allSatisfy(directory -> assertThat(Path.of(directory)).isDirectory());
        for (CgroupLayout.Hierarchy hierarchy : layout.hierarchies()) {
            assertThat(made.directories()).contains(hierarchy.mountPoint() + "/" + name);
        }
    }

    @Test
    void a_relative_path_starts_at_the_own_cgroup_of_each_hierarchy() {
        Cgroup made = create(name);
        for (CgroupLayout.Hierarchy hierarchy : layout.hierarchies()) {
            String own = hierarchy.ownPath().orElseThrow();
            // Under v2, the parent of the own cgroup: that one has processes, and could not hand controllers on.
            String start = v2 ? own.substring(0, own.lastIndexOf('/')) : own;
            assertThat(made.directories())
                    .contains(Path.of(hierarchy.mountPoint() + start, name).toString());
        }
        made.remove();
        assertThat(made.directories())
                .allSatisfy(directory -> assertThat(Path.of(directory)).doesNotExist());
    }

    @Test
    void a_process_joins_everywhere_and_is_killed_there() throws Exception {
        Cgroup made = create("/" + name);
        int pid = join(made, "sleep", "1000");
        for (String file : made.processFiles()) {
            assertThat(Files.readString(Path.of(file)).strip()).isEqualTo(Integer.toString(pid));
        }
        assertThat(made.processes()).containsExactly(pid);
        assertThat(made.statistics().pids().orElseThrow().current()).isEqualTo(1);
        made.kill();
        assertThat(started.getFirst().waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(started.getFirst().exitValue()).isEqualTo(128 + 9);
        made.remove();
        assertThat(made.processes()).isEmpty();
    }

    @Test
    void a_cgroup_is_found_again_by_its_paths() throws Exception {
        Map<String, String> kept = create("/" + name).paths();
        Cgroup again = Cgroup.open(kernel, kept);
        int pid = join(again, "sleep", "1000");
        assertThat(cgroup.orElseThrow().processes()).containsExactly(pid);
    }

    @Test
    void processes_of_descendants_count_and_die_too() throws Exception {
        Cgroup made = create("/" + name);
        Cgroup inner = Cgroup.create(kernel, layout, "/" + name + "/inner/most");
        int pid = join(inner, "sleep", "1000");
        assertThat(made.processes()).containsExactly(pid);
        made.kill();
        assertThat(started.getFirst().waitFor(10, TimeUnit.SECONDS)).isTrue();
        made.remove();
        assertThat(inner.directories())
                .allSatisfy(directory -> assertThat(Path.of(directory)).doesNotExist());
    }

    @Test
    void frozen_processes_stand_still_until_thawed_and_can_be_killed() throws Exception {
        Cgroup made = create("/" + name);
        join(made, "sh", "-c", "while :; do :; done");
        assertThat(made.frozen()).isFalse();
        made.freeze();
        assertThat(made.frozen()).isTrue();
        long usage = made.statistics().cpu().orElseThrow().usage();
        assertThatThrownBy(() -> Cgroup.create(kernel, layout, "/" + name))
                .isInstanceOfSatisfying(
                        CgroupException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(Reason.CONFLICT));
        assertThat(made.statistics().cpu().orElseThrow().usage()).isEqualTo(usage);
        made.thaw();
        assertThat(made.frozen()).isFalse();
        while (made.statistics().cpu().orElseThrow().usage() == usage) {
            Thread.onSpinWait();
        }
        made.freeze();
        made.kill();
        assertThat(started.getFirst().waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void a_cgroup_that_is_in_use_is_neither_taken_over_nor_removed() throws Exception {
        Cgroup made = create("/" + name);
        int pid = join(made, "sleep", "1000");
        assertThatThrownBy(() -> Cgroup.create(kernel, layout, "/" + name))
                .hasMessageContaining("is not empty")
                .hasMessageContaining(Integer.toString(pid));
        assertThatThrownBy(made::remove)
                .isInstanceOfSatisfying(
                        CgroupException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(Reason.CONFLICT));
        made.kill();
        assertThat(started.getFirst().waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(Cgroup.create(kernel, layout, "/" + name).paths()).isEqualTo(made.paths());
    }

    @Test
    void a_creation_that_fails_leaves_nothing() {
        Kernel failing = Kernel.over((call, a, b, c, d, e, f) ->
                call == SystemCall.STATX ? -Errno.EIO.number() : kernel.calls().call(call, a, b, c, d, e, f));
        create("/" + name); // There already in every hierarchy: looking into it fails.
        assertThatThrownBy(() -> Cgroup.create(failing, layout, "/" + name)).hasMessageContaining("EIO");
        int[] made = {0};
        Kernel full = Kernel.over((call, a, b, c, d, e, f) ->
                call == SystemCall.MKDIRAT && ++made[0] > layout.hierarchies().size() + 1
                        ? -Errno.ENOSPC.number()
                        : kernel.calls().call(call, a, b, c, d, e, f));
        cgroup.orElseThrow().remove();
        assertThatThrownBy(() -> Cgroup.create(full, layout, "/" + name + "/inner"))
                .hasMessageContaining("ENOSPC");
        assertThat(made[0]).isPositive();
        for (CgroupLayout.Hierarchy hierarchy : layout.hierarchies()) {
            assertThat(Path.of(hierarchy.mountPoint(), name)).doesNotExist();
        }
    }

    @Test
    void limits_are_kept_by_the_kernel() throws Exception {
        Cgroup made = create("/" + name);
        Resources.Memory memory = new Resources.Memory(
                OptionalLong.of(64 << 20),
                OptionalLong.of(32 << 20),
                OptionalLong.of(128 << 20),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                Optional.empty(),
                Optional.of(true),
                true);
        made.apply(Resources.NONE
                .with(memory)
                .with(TestResources.cpu(512, 50_000, 100_000, "0", "0"))
                .withPids(17));
        assertThat(read("pids", "pids.max")).isEqualTo("17");
        assertThat(read("cpuset", "cpuset.cpus")).isEqualTo("0");
        if (v2) {
            assertThat(read("memory", "memory.max")).isEqualTo(Long.toString(64 << 20));
            assertThat(read("cpu", "cpu.max")).isEqualTo("50000 100000");
        } else {
            assertThat(read("memory", "memory.limit_in_bytes")).isEqualTo(Long.toString(64 << 20));
            assertThat(read("memory", "memory.memsw.limit_in_bytes")).isEqualTo(Long.toString(128 << 20));
            assertThat(read("memory", "memory.soft_limit_in_bytes")).isEqualTo(Long.toString(32 << 20));
            assertThat(read("cpu", "cpu.shares")).isEqualTo("512");
            assertThat(read("cpu", "cpu.cfs_quota_us")).isEqualTo("50000");
            assertThat(read("cpu", "cpu.cfs_period_us")).isEqualTo("100000");
        }
        assertThat(made.statistics().memory().orElseThrow().limit()).hasValue(64 << 20);
        assertThat(made.statistics().pids().orElseThrow().limit()).hasValue(17);
    }

    @Test
    void memory_and_swap_go_up_and_down_whatever_comes_first() throws Exception {
        Cgroup made = create("/" + name);
        for (long mebibytes : new long[] {64, 512, 32, 33, 1024, 16}) {
            made.apply(Resources.NONE.with(TestResources.memory(mebibytes << 20, mebibytes << 21)));
            assertThat(made.statistics().memory().orElseThrow().limit()).hasValue(mebibytes << 20);
        }
        made.apply(Resources.NONE.with(TestResources.memory(-1, 0)));
        assertThat(made.statistics().memory().orElseThrow().limit()).isEmpty();
    }

    @Test
    void a_limit_below_what_is_in_use_is_a_conflict_that_tells_the_usage() throws Exception {
        Cgroup made = create("/" + name);
        made.apply(Resources.NONE.with(TestResources.memory(256 << 20, 0)));
        // The shell holds 40 MB in a variable, then waits without end.
        join(made, "sh", "-c", "read go; x=$(head -c 40000000 /dev/zero | tr '\\0' x); read forever");
        go(started.getFirst());
        while (made.statistics().memory().orElseThrow().usage() < 40_000_000) {
            Thread.onSpinWait();
        }
        assertThatThrownBy(() -> made.apply(Resources.NONE.with(TestResources.memory(4 << 20, 0))))
                .isInstanceOfSatisfying(
                        CgroupException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(Reason.CONFLICT))
                .hasMessageContaining("uses");
    }

    @Test
    void who_needs_more_memory_than_allowed_is_killed_and_counted() throws Exception {
        Cgroup made = create("/" + name);
        made.apply(Resources.NONE.with(TestResources.memory(16 << 20, 16 << 20)));
        assertThat(made.oomKills()).hasValue(0);
        join(made, "sh", "-c", "read go; exec tail /dev/zero");
        go(started.getFirst());
        assertThat(started.getFirst().waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(made.oomKills().orElseThrow()).isPositive();
        assertThat(made.statistics().memory().orElseThrow().oomKills())
                .isEqualTo(made.oomKills().orElseThrow());
    }

    @Test
    void no_task_more_than_the_limit_can_start() throws Exception {
        Cgroup made = create("/" + name);
        made.apply(Resources.NONE.withPids(1));
        join(made, "sh", "-c", "read go; /bin/true && exit 0");
        go(started.getFirst());
        assertThat(started.getFirst().waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(started.getFirst().exitValue()).isNotZero();

        made.apply(Resources.NONE.withPids(10));
        join(made, "sh", "-c", "read go; /bin/true && exit 0");
        go(started.getLast());
        assertThat(started.getLast().waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(started.getLast().exitValue()).isZero();
    }

    @Test
    void a_limit_whose_controller_is_not_mounted_is_refused_by_name() {
        Cgroup made = create("/" + name);
        if (!made.paths().containsKey("hugetlb")) {
            assertThatThrownBy(() ->
                            made.apply(Resources.NONE.withHugePages(List.of(new Resources.HugePages("2MB", 1 << 21)))))
                    .isInstanceOfSatisfying(
                            CgroupException.class,
                            refused -> assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE))
                    .hasMessageContaining("hugepageLimits")
                    .hasMessageContaining("hugetlb");
        }
        made.apply(Resources.NONE);
        made.apply(Resources.NONE.withPids(5));
    }

    @Test
    void a_leaf_weight_is_refused_where_the_kernel_has_none() {
        Cgroup made = create("/" + name);
        assertThatThrownBy(() -> made.apply(Resources.NONE.with(new Resources.BlockIo(
                        OptionalInt.empty(),
                        OptionalInt.of(500),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of()))))
                .isInstanceOfSatisfying(
                        CgroupException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE));
    }
}
