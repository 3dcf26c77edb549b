package dev.carafe.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Errno;
import dev.carafe.linux.cgroup.CgroupException.Reason;
import dev.carafe.linux.cgroup.CgroupLayout.Hierarchy;
import dev.carafe.linux.cgroup.CgroupLayout.Mode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pure v2, on a directory tree that behaves as one. */
class UnifiedCgroupTest {

    private static final OptionalLong NONE = OptionalLong.empty();

    @TempDir
    private Path root;

    private FakeCgroups fake;

    @BeforeEach
    void mount() {
        fake = FakeCgroups.v2(root, "cpuset cpu io memory hugetlb pids rdma");
    }

    private CgroupLayout layout(String own) {
        return new CgroupLayout(Mode.V2, List.of(new Hierarchy(List.of(), root.toString(), Optional.of(own))));
    }

    private Cgroup create(String path) {
        return Cgroup.create(fake.kernel(), layout("/"), path);
    }

    /** What applying these limits to a fresh cgroup writes to it. */
    private List<String> applied(Resources resources) {
        Cgroup cgroup = create("/c");
        cgroup.apply(resources);
        return fake.writes("c");
    }

    private void refused(Reason reason, String word, Resources resources) {
        Cgroup cgroup = create("/c");
        assertThatThrownBy(() -> cgroup.apply(resources))
                .isInstanceOfSatisfying(
                        CgroupException.class,
                        failure -> assertThat(failure.reason()).isEqualTo(reason))
                .hasMessageContaining(word);
        cgroup.remove();
    }

    @Test
    void every_cgroup_on_the_way_hands_all_controllers_on_but_the_last() {
        Cgroup cgroup = create("/a/b/c");
        String all = "cgroup.subtree_control = +cpuset +cpu +io +memory +hugetlb +pids +rdma";
        assertThat(fake.writes()).containsExactly(all, "a/" + all, "a/b/" + all);
        assertThat(fake.get("a/b/c/cgroup.subtree_control")).isEmpty();
        assertThat(cgroup.paths()).isEqualTo(Map.of("", root + "/a/b/c"));
        assertThat(cgroup.cloneInto()).contains(root + "/a/b/c");
        assertThat(cgroup.processFiles()).containsExactly(root + "/a/b/c/cgroup.procs");
    }

    @Test
    void what_is_handed_on_already_is_not_written_again() {
        create("/a/b");
        int before = fake.writes().size();
        create("/a/c");
        assertThat(fake.writes()).hasSize(before);
    }

    @Test
    void a_controller_that_cannot_be_handed_on_does_not_take_the_others_with_it() {
        fake.refuse("cgroup.subtree_control", "+cpuset +cpu +io +memory +hugetlb +pids +rdma", Errno.EBUSY)
                .refuse("cgroup.subtree_control", "+memory", Errno.EBUSY);
        Cgroup cgroup = create("/c");
        assertThat(fake.get("c/cgroup.controllers")).isEqualTo("cpuset cpu io hugetlb pids rdma");
        cgroup.apply(Resources.NONE.withPids(3));
        assertThat(fake.get("c/pids.max")).isEqualTo("3");
        assertThatThrownBy(() -> cgroup.apply(Resources.NONE.with(TestResources.memory(1 << 20, 0))))
                .hasMessageContaining("memory.limit")
                .hasMessageContaining("no controller \"memory\"");
    }

    @Test
    void a_cgroup_below_a_threaded_one_becomes_threaded_and_refuses_memory_limits() {
        fake = FakeCgroups.v2(root, "cpu pids").with("cgroup.type", "domain invalid\n");
        Cgroup cgroup = create("/c");
        assertThat(fake.get("c/cgroup.type")).isEqualTo("threaded");
        cgroup.apply(Resources.NONE.withPids(3));
        assertThatThrownBy(() -> cgroup.apply(Resources.NONE.with(TestResources.memory(1 << 20, 0))))
                .hasMessageContaining("\"threaded\"");
    }

    @Test
    void a_relative_path_starts_beside_this_process_which_could_not_hand_controllers_on() {
        create("/own/inner");
        Cgroup cgroup = Cgroup.create(fake.kernel(), layout("/own/inner"), "c");
        assertThat(cgroup.directories()).containsExactly(root + "/own/c");
    }

    @Test
    void a_creation_that_fails_leaves_nothing_but_what_was_there() {
        create("/a");
        fake.with("cgroup.type", "domain invalid\n").refuse("c/cgroup.type", "threaded", Errno.EOPNOTSUPP);
        assertThatThrownBy(() -> create("/a/b/c")).isInstanceOf(CgroupException.class);
        assertThat(fake.exists("a/b")).isFalse();
        assertThat(fake.exists("a/cgroup.procs")).isTrue();
    }

    @Test
    void a_cgroup_with_processes_below_it_or_a_frozen_one_is_not_taken_over() {
        create("/a/b");
        fake.set("a/b/cgroup.procs", "12\n13\n");
        assertThatThrownBy(() -> create("/a"))
                .isInstanceOfSatisfying(
                        CgroupException.class,
                        failure -> assertThat(failure.reason()).isEqualTo(Reason.CONFLICT))
                .hasMessageContaining("12");
        fake.set("a/b/cgroup.procs", "");
        fake.set("a/cgroup.freeze", "1\n");
        assertThatThrownBy(() -> create("/a")).hasMessageContaining("frozen");
        fake.set("a/cgroup.freeze", "0\n");
        assertThat(create("/a").processes()).isEmpty();
    }

    @Test
    void shares_become_a_weight() {
        long[][] table = {{1, 1}, {2, 1}, {3, 2}, {1024, 100}, {2048, 174}, {262_144, 10_000}, {300_000, 10_000}};
        for (long[] row : table) {
            assertThat(CpuController.weight(row[0])).as("%d shares", row[0]).isEqualTo(row[1]);
        }
        for (long shares = 3; shares < 262_144; shares += 37) {
            assertThat(CpuController.weight(shares)).isBetween(CpuController.weight(shares - 1), 10_000L);
        }
        assertThat(applied(Resources.NONE.with(TestResources.cpu(1024, 0, 0, "", ""))))
                .containsExactly("cpu.weight = 100");
    }

    @Test
    void a_quota_has_the_usual_period_unless_another_was_set() {
        assertThat(applied(Resources.NONE.with(TestResources.cpu(0, 5000, 0, "", ""))))
                .containsExactly("cpu.max = 5000 100000");
        Cgroup cgroup = create("/d");
        cgroup.apply(Resources.NONE.with(TestResources.cpu(0, 0, 20_000, "", "")));
        assertThat(fake.get("d/cpu.max")).isEqualTo("max 20000");
        cgroup.apply(Resources.NONE.with(TestResources.cpu(0, 5000, 0, "", "")));
        assertThat(fake.get("d/cpu.max")).isEqualTo("5000 20000");
        cgroup.apply(Resources.NONE.with(TestResources.cpu(0, -1, 0, "", "")));
        assertThat(fake.get("d/cpu.max")).isEqualTo("max 20000");
    }

    @Test
    void a_burst_that_does_not_fit_yet_is_written_after_the_quota() {
        fake.refuse("cpu.max.burst", "9000", Errno.EINVAL);
        assertThat(applied(Resources.NONE.with(new Resources.Cpu(
                        NONE, OptionalLong.of(9000), OptionalLong.of(9000), NONE, NONE, NONE, "", "", NONE))))
                .containsExactly("cpu.max = 9000 100000", "cpu.max.burst = 9000");
    }

    @Test
    void an_idle_cgroup_is_weighed_before_it_becomes_idle() {
        assertThat(applied(Resources.NONE.with(new Resources.Cpu(
                        OptionalLong.of(2), NONE, NONE, NONE, NONE, NONE, "", "", OptionalLong.of(1)))))
                .containsExactly("cpu.weight = 1", "cpu.idle = 1");
    }

    @Test
    void swap_is_what_remains_above_memory() {
        Object[][] table = {
            {100L, 300L, Optional.of("200")},
            {100L, 100L, Optional.of("0")},
            {100L, -1L, Optional.of("max")},
            {-1L, 0L, Optional.of("max")},
            {-1L, 300L, Optional.of("300")},
            {100L, 0L, Optional.empty()},
            {0L, 0L, Optional.empty()},
            {0L, -1L, Optional.of("max")},
        };
        for (Object[] row : table) {
            Resources.Memory memory = TestResources.memory((long) row[0], (long) row[1]);
            assertThat(MemoryController.swapMax(memory.limit(), memory.swap()))
                    .as("memory %s, with swap %s", row)
                    .isEqualTo(row[2]);
        }
        refused(Reason.INVALID, "memory.limit", Resources.NONE.with(TestResources.memory(0, 300)));
        assertThatThrownBy(() -> TestResources.memory(300, 100)).hasMessageContaining("memory.swap");
    }

    @Test
    void memory_limits_are_written_after_swap() {
        assertThat(applied(Resources.NONE.with(new Resources.Memory(
                        OptionalLong.of(4096),
                        OptionalLong.of(-1),
                        OptionalLong.of(8192),
                        NONE,
                        NONE,
                        NONE,
                        Optional.of(false),
                        Optional.of(true),
                        false))))
                .containsExactly("memory.swap.max = 4096", "memory.max = 4096", "memory.low = max");
    }

    @Test
    void without_swap_in_the_kernel_only_a_real_limit_on_it_is_refused() {
        fake.without("memory.swap.max");
        assertThat(applied(Resources.NONE.with(TestResources.memory(4096, 4096))))
                .containsExactly("memory.max = 4096");
        refused(Reason.UNAVAILABLE, "memory.swap.max", Resources.NONE.with(TestResources.memory(4096, 8192)));
    }

    @Test
    void a_limit_below_the_usage_is_refused_if_that_is_to_be_checked() {
        fake.with("memory.current", "5000\n");
        Resources.Memory checked = new Resources.Memory(
                OptionalLong.of(4096), NONE, NONE, NONE, NONE, NONE, Optional.empty(), Optional.empty(), true);
        refused(Reason.CONFLICT, "5000", Resources.NONE.with(checked));
        assertThat(applied(Resources.NONE.with(TestResources.memory(4096, 0)))).containsExactly("memory.max = 4096");
    }

    @Test
    void what_v2_has_not_is_refused_by_name() {
        refused(
                Reason.UNAVAILABLE,
                "memory.swappiness",
                Resources.NONE.with(new Resources.Memory(
                        NONE, NONE, NONE, NONE, NONE, OptionalLong.of(0), Optional.empty(), Optional.empty(), false)));
        refused(
                Reason.UNAVAILABLE,
                "memory.disableOOMKiller",
                Resources.NONE.with(new Resources.Memory(
                        NONE, NONE, NONE, NONE, NONE, NONE, Optional.of(true), Optional.empty(), false)));
        refused(
                Reason.UNAVAILABLE,
                "cpu.realtimeRuntime",
                Resources.NONE.with(new Resources.Cpu(NONE, NONE, NONE, NONE, OptionalLong.of(5), NONE, "", "", NONE)));
        refused(
                Reason.UNAVAILABLE,
                "network.classID",
                Resources.NONE.with(new Resources.Network(OptionalLong.of(5), Map.of())));
        refused(
                Reason.UNAVAILABLE,
                "network.priorities",
                Resources.NONE.with(new Resources.Network(NONE, Map.of("lo", 5L))));
    }

    @Test
    void a_limit_of_no_processes_is_a_limit() {
        assertThat(applied(Resources.NONE.withPids(0))).containsExactly("pids.max = 0");
        fake.writes().clear();
        assertThat(applied(Resources.NONE.withPids(-1))).containsExactly("pids.max = max");
    }

    @Test
    void block_io_is_weighed_from_1_to_10000_unless_bfq_does_it() {
        var weight = new Resources.BlockIo.Weight(8, 0, OptionalInt.of(1000), OptionalInt.empty());
        Resources resources = Resources.NONE.with(new Resources.BlockIo(
                OptionalInt.of(10),
                OptionalInt.empty(),
                List.of(weight),
                List.of(new Resources.BlockIo.Throttle(8, 0, 1 << 20)),
                List.of(),
                List.of(),
                List.of(new Resources.BlockIo.Throttle(8, 16, 0))));
        assertThat(applied(resources))
                .containsExactly(
                        "io.weight = 1",
                        "io.weight = 8:0 10000",
                        "io.max = 8:0 rbps=1048576",
                        "io.max = 8:16 wiops=max");
        fake.writes().clear();
        create("/c").remove();
        fake.with("io.bfq.weight", "default 100\n");
        assertThat(applied(resources)).startsWith("io.bfq.weight = 10", "io.bfq.weight = 8:0 1000");
        assertThatThrownBy(() -> new Resources.BlockIo.Weight(8, 0, OptionalInt.of(9), OptionalInt.empty()))
                .hasMessageContaining("10 to 1000");
    }

    @Test
    void huge_pages_are_limited_when_used_and_when_reserved() {
        Resources resources = Resources.NONE.withHugePages(List.of(new Resources.HugePages("2MB", 0)));
        assertThat(applied(resources)).containsExactly("hugetlb.2MB.max = 0", "hugetlb.2MB.rsvd.max = 0");
        refused(
                Reason.UNAVAILABLE,
                "hugetlb.1GB.max",
                Resources.NONE.withHugePages(List.of(new Resources.HugePages("1GB", 0))));
        assertThatThrownBy(() -> new Resources.HugePages("../2MB", 0)).isInstanceOf(CgroupException.class);
    }

    @Test
    void rdma_is_limited_by_device() {
        assertThat(applied(Resources.NONE.withRdma(
                        Map.of("mlx4_0", new Resources.Rdma(OptionalLong.of(2), OptionalLong.of(0))))))
                .containsExactly("rdma.max = mlx4_0 hca_handle=2 hca_object=0");
        assertThatThrownBy(() -> Resources.NONE.withRdma(Map.of("a b", new Resources.Rdma(NONE, NONE))))
                .hasMessageContaining("a b");
    }

    @Test
    void unified_resources_are_written_line_by_line() {
        assertThat(applied(Resources.NONE.withUnified(Map.of("io.max", "8:0 rbps=1\n8:16 rbps=2\n"))))
                .containsExactly("io.max = 8:0 rbps=1", "io.max = 8:16 rbps=2");
        refused(Reason.UNAVAILABLE, "\"misc\"", Resources.NONE.withUnified(Map.of("misc.max", "res_a 1")));
        refused(Reason.UNAVAILABLE, "memory.nosuch", Resources.NONE.withUnified(Map.of("memory.nosuch", "1")));
        for (String name : List.of("../memory.max", "memory", ".max", "")) {
            assertThatThrownBy(() -> Resources.NONE.withUnified(Map.of(name, "1")))
                    .hasMessageContaining("CONTROLLER.PARAMETER");
        }
    }

    @Test
    void freezing_waits_for_the_event() {
        Cgroup cgroup = create("/c");
        cgroup.freeze();
        assertThat(cgroup.frozen()).isTrue();
        assertThat(fake.writes("c")).containsExactly("cgroup.freeze = 1");
        cgroup.thaw();
        assertThat(cgroup.frozen()).isFalse();
    }

    @Test
    void killing_is_one_write() {
        Cgroup cgroup = create("/c");
        cgroup.kill();
        assertThat(fake.writes("c")).containsExactly("cgroup.kill = 1");
    }

    @Test
    void without_cgroup_kill_processes_are_frozen_killed_and_thawed() throws Exception {
        fake.without("cgroup.kill");
        Process victim = new ProcessBuilder("sleep", "1000").start();
        try {
            Cgroup cgroup = create("/c");
            fake.set("c/cgroup.procs", victim.pid() + "\n");
            cgroup.kill();
            assertThat(victim.waitFor()).isEqualTo(128 + 9);
            assertThat(fake.writes("c")).containsExactly("cgroup.freeze = 1", "cgroup.freeze = 0");
        } finally {
            victim.destroyForcibly();
        }
    }

    @Test
    void a_process_that_is_too_new_joins_at_the_second_try() {
        Cgroup cgroup = create("/c");
        fake.refuse("cgroup.procs", "42", Errno.EINVAL);
        cgroup.join(42);
        assertThat(fake.get("c/cgroup.procs")).isEqualTo("42");
    }

    @Test
    void statistics_are_read_in_the_units_that_they_say() {
        fake.with("memory.current", "4096\n")
                .with("memory.max", "max\n")
                .with("memory.stat", "anon 1000\nfile 3000\ninactive_file 2000\n")
                .with("memory.events", "low 0\nmax 7\noom 1\noom_kill 2\n")
                .with("cpu.stat", "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 5\nnr_throttled 4\n")
                .with("pids.current", "3\n")
                .with("pids.max", "9\n")
                .with("io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n8:16 \n");
        Cgroup cgroup = create("/c");
        assertThat(cgroup.statistics())
                .isEqualTo(new Statistics(
                        Optional.of(new Statistics.Memory(4096, NONE, NONE, 3000, 2000, NONE, 7, 2)),
                        Optional.of(new Statistics.Cpu(30_000, 20_000, 10_000, 5, 4, 0)),
                        Optional.of(new Statistics.Pids(3, OptionalLong.of(9))),
                        List.of(new Statistics.BlockIo(8, 0, 1, 2, 3, 4), new Statistics.BlockIo(8, 16, 0, 0, 0, 0))));
        assertThat(cgroup.oomKills()).hasValue(2);
    }

    @Test
    void removal_takes_descendants_along_and_is_harmless_twice() {
        Cgroup cgroup = create("/a/b");
        create("/a/b/c/d");
        create("/a/b/e");
        cgroup.remove();
        assertThat(fake.exists("a/b")).isFalse();
        assertThat(fake.exists("a")).isTrue();
        cgroup.remove();
    }
}
