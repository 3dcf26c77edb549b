package dev.carafe.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Errno;
import dev.carafe.linux.cgroup.CgroupException.Reason;
import dev.carafe.linux.cgroup.CgroupLayout.Hierarchy;
import dev.carafe.linux.cgroup.CgroupLayout.Mode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The order of v1's writes and its rarer files, on directories that behave as hierarchies. */
class SeparateCgroupsTest {

    private static final OptionalLong NONE = OptionalLong.empty();

    @TempDir
    private Path root;

    private final Map<String, String> files = new LinkedHashMap<>();

    private FakeCgroups mount(String... hierarchies) {
        return FakeCgroups.v1(root, files, hierarchies);
    }

    private Cgroup create(FakeCgroups fake, String... hierarchies) {
        List<Hierarchy> all = new ArrayList<>();
        for (String hierarchy : hierarchies) {
            all.add(new Hierarchy(
                    List.of(hierarchy.split(",", -1)), root.resolve(hierarchy).toString(), Optional.of("/")));
        }
        return Cgroup.create(fake.kernel(), new CgroupLayout(Mode.V1, all), "/c");
    }

    @Test
    void swap_goes_first_when_limits_rise_and_last_when_they_fall() {
        files.put("memory.limit_in_bytes", "1000\n");
        files.put("memory.memsw.limit_in_bytes", "2000\n");
        FakeCgroups fake = mount("memory");
        Cgroup cgroup = create(fake, "memory");
        cgroup.apply(Resources.NONE.with(TestResources.memory(3000, 4000)));
        cgroup.apply(Resources.NONE.with(TestResources.memory(500, 600)));
        cgroup.apply(Resources.NONE.with(TestResources.memory(-1, 0)));
        assertThat(fake.writes("memory/c"))
                .containsExactly(
                        "memory.memsw.limit_in_bytes = 4000",
                        "memory.limit_in_bytes = 3000",
                        "memory.limit_in_bytes = 500",
                        "memory.memsw.limit_in_bytes = 600",
                        "memory.memsw.limit_in_bytes = -1",
                        "memory.limit_in_bytes = -1");
    }

    @Test
    void a_kernel_that_does_not_count_swap_refuses_a_limit_on_it_but_not_its_absence() {
        files.put("memory.limit_in_bytes", "1000\n");
        FakeCgroups fake = mount("memory");
        Cgroup cgroup = create(fake, "memory");
        cgroup.apply(Resources.NONE.with(TestResources.memory(3000, -1)));
        assertThat(fake.get("memory/c/memory.limit_in_bytes")).isEqualTo("3000");
        assertThatThrownBy(() -> cgroup.apply(Resources.NONE.with(TestResources.memory(3000, 4000))))
                .isInstanceOfSatisfying(
                        CgroupException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE))
                .hasMessageContaining("memory.memsw.limit_in_bytes");
    }

    @Test
    void a_busy_limit_tells_how_much_is_in_use() {
        files.put("memory.limit_in_bytes", "1000\n");
        files.put("memory.usage_in_bytes", "777\n");
        files.put("memory.max_usage_in_bytes", "888\n");
        FakeCgroups fake = mount("memory").refuse("memory.limit_in_bytes", "500", Errno.EBUSY);
        Cgroup cgroup = create(fake, "memory");
        assertThatThrownBy(() -> cgroup.apply(Resources.NONE.with(TestResources.memory(500, 0))))
                .hasMessageContaining("777")
                .hasMessageContaining("888");
    }

    @Test
    void kernel_memory_is_refused_by_kernels_that_gave_it_up() {
        files.put("memory.kmem.limit_in_bytes", "1000\n");
        FakeCgroups fake = mount("memory").refuse("memory.kmem.limit_in_bytes", "500", Errno.EOPNOTSUPP);
        Cgroup cgroup = create(fake, "memory");
        assertThatThrownBy(() -> cgroup.apply(Resources.NONE.with(new Resources.Memory(
                        NONE,
                        NONE,
                        NONE,
                        OptionalLong.of(500),
                        NONE,
                        NONE,
                        Optional.empty(),
                        Optional.empty(),
                        false))))
                .isInstanceOfSatisfying(
                        CgroupException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE));
    }

    @Test
    void a_period_that_does_not_fit_yet_is_written_after_the_quota() {
        files.put("cpu.cfs_period_us", "100000\n");
        files.put("cpu.cfs_quota_us", "-1\n");
        FakeCgroups fake = mount("cpu").refuse("cpu.cfs_period_us", "5000", Errno.EINVAL);
        Cgroup cgroup = create(fake, "cpu");
        cgroup.apply(Resources.NONE.with(TestResources.cpu(0, 2000, 5000, "", "")));
        assertThat(fake.writes("cpu/c")).containsExactly("cpu.cfs_quota_us = 2000", "cpu.cfs_period_us = 5000");
        fake.refuse("cpu.cfs_period_us", "5", Errno.EINVAL);
        assertThatThrownBy(() -> cgroup.apply(Resources.NONE.with(TestResources.cpu(0, 0, 5, "", ""))))
                .hasMessageContaining("EINVAL");
    }

    @Test
    void real_time_comes_before_everything_else_of_the_processor() {
        for (String file : List.of("cpu.rt_period_us", "cpu.rt_runtime_us", "cpu.shares", "cpu.idle")) {
            files.put(file, "0\n");
        }
        FakeCgroups fake = mount("cpu").refuse("cpu.rt_period_us", "9000", Errno.EINVAL);
        Cgroup cgroup = create(fake, "cpu");
        cgroup.apply(Resources.NONE.with(new Resources.Cpu(
                OptionalLong.of(100),
                NONE,
                NONE,
                NONE,
                OptionalLong.of(800),
                OptionalLong.of(9000),
                "",
                "",
                OptionalLong.of(1))));
        assertThat(fake.writes("cpu/c"))
                .containsExactly(
                        "cpu.rt_runtime_us = 800", "cpu.rt_period_us = 9000", "cpu.shares = 100", "cpu.idle = 1");
    }

    @Test
    void processors_and_nodes_come_down_to_where_a_process_can_join() {
        files.put("cpuset.cpus", "\n");
        files.put("cpuset.mems", "\n");
        FakeCgroups fake = mount("cpuset");
        fake.set("cpuset/cpuset.cpus", "0-3\n");
        fake.set("cpuset/cpuset.mems", "0\n");
        Hierarchy cpuset =
                new Hierarchy(List.of("cpuset"), root.resolve("cpuset").toString(), Optional.of("/"));
        CgroupLayout layout = new CgroupLayout(Mode.V1, List.of(cpuset));
        Cgroup.create(fake.kernel(), layout, "/a/b");
        assertThat(fake.get("cpuset/a/b/cpuset.cpus")).isEqualTo("0-3");
        assertThat(fake.get("cpuset/a/b/cpuset.mems")).isEqualTo("0");

        fake.refuse("cpuset.cpus", "0-3", Errno.EINVAL); // A sibling holds one of them exclusively.
        Cgroup own = Cgroup.create(fake.kernel(), layout, "/a/c");
        own.apply(Resources.NONE.with(TestResources.cpu(0, 0, 0, "3", "")));
        assertThat(fake.get("cpuset/a/c/cpuset.cpus")).isEqualTo("3");
    }

    @Test
    void controllers_that_share_a_hierarchy_share_a_directory() {
        FakeCgroups fake = mount("cpu,cpuacct", "name=systemd");
        Cgroup cgroup = create(fake, "cpu,cpuacct", "name=systemd");
        assertThat(cgroup.paths().keySet()).containsExactly("cpu", "cpuacct", "name=systemd");
        assertThat(cgroup.directories()).containsExactly(root + "/cpu,cpuacct/c", root + "/name=systemd/c");
        assertThat(cgroup.cloneInto()).isEmpty();
        cgroup.join(42);
        assertThat(fake.writes())
                .containsExactly("cpu,cpuacct/c/cgroup.procs = 42", "name=systemd/c/cgroup.procs = 42");
    }

    @Test
    void network_marks_and_priorities_have_hierarchies_of_their_own() {
        files.put("net_cls.classid", "0\n");
        files.put("net_prio.ifpriomap", "");
        FakeCgroups fake = mount("net_cls", "net_prio");
        create(fake, "net_cls", "net_prio")
                .apply(Resources.NONE.with(new Resources.Network(OptionalLong.of(0x10001), Map.of("lo", 5L))));
        assertThat(fake.writes())
                .containsExactly("net_cls/c/net_cls.classid = 65537", "net_prio/c/net_prio.ifpriomap = lo 5");
    }

    @Test
    void device_rules_without_the_devices_hierarchy_are_fatal() {
        Cgroup cgroup = create(mount("memory"), "memory");
        assertThatThrownBy(() -> cgroup.apply(Resources.NONE.withDevices(List.of(DeviceRule.everything(false)))))
                .hasMessageContaining("devices");
        cgroup.apply(Resources.NONE);
    }

    @Test
    void unified_resources_are_an_error() {
        Cgroup cgroup = create(mount("memory"), "memory");
        assertThatThrownBy(() -> cgroup.apply(Resources.NONE.withUnified(Map.of("memory.high", "1"))))
                .isInstanceOfSatisfying(
                        CgroupException.class,
                        refused -> assertThat(refused.reason()).isEqualTo(Reason.INVALID))
                .hasMessageContaining("v1");
    }

    @Test
    void a_freezer_that_stays_halfway_is_thawed_and_reported() {
        files.put("freezer.state", "THAWED\n");
        FakeCgroups fake = mount("freezer");
        Cgroup cgroup = create(fake, "freezer");
        fake.stuck("freezer.state", "FROZEN", "FREEZING\n");
        assertThatThrownBy(cgroup::freeze).hasMessageContaining("does not freeze");
        assertThat(fake.get("freezer/c/freezer.state")).isEqualTo("THAWED");
        assertThat(cgroup.frozen()).isFalse();
    }
}
