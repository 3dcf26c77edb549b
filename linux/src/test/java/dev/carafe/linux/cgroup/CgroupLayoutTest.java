package dev.carafe.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carafe.linux.Kernel;
import dev.carafe.linux.cgroup.CgroupLayout.Hierarchy;
import dev.carafe.linux.cgroup.CgroupLayout.Mode;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CgroupLayoutTest {

    private static final String TMPFS = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n";
    private static final String ROOT = "23 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw\n";

    private static Hierarchy only(CgroupLayout layout) {
        assertThat(layout.hierarchies()).hasSize(1);
        return layout.hierarchies().getFirst();
    }

    @Test
    void one_cgroup2_at_the_usual_place_is_v2() {
        CgroupLayout layout = CgroupLayout.of(
                ROOT + "32 23 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
                "0::/user.slice/session-1.scope\n");
        assertThat(layout.mode()).isEqualTo(Mode.V2);
        assertThat(only(layout))
                .isEqualTo(new Hierarchy(List.of(), "/sys/fs/cgroup", Optional.of("/user.slice/session-1.scope")));
        assertThat(layout.of("")).contains(only(layout));
        assertThat(layout.of("memory")).isEmpty();
    }

    @Test
    void a_v1_hierarchy_that_somebody_mounted_beside_v2_is_left_alone() {
        CgroupLayout layout = CgroupLayout.of("""
                32 23 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
                99 23 0:50 / /opt/vpn/net_cls rw - cgroup net_cls rw,net_cls
                """, "1:net_cls:/\n0::/\n");
        assertThat(layout.mode()).isEqualTo(Mode.V2);
        assertThat(only(layout).unified()).isTrue();
    }

    @Test
    void a_hierarchy_for_each_controller_is_v1() {
        CgroupLayout layout = CgroupLayout.of(
                TMPFS
                        + "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                        + "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                        + "34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n",
                "11:memory:/a\n4:cpu,cpuacct:/b\n1:name=systemd:/c:d\n");
        assertThat(layout.mode()).isEqualTo(Mode.V1);
        assertThat(layout.hierarchies())
                .containsExactly(
                        new Hierarchy(List.of("memory"), "/sys/fs/cgroup/memory", Optional.of("/a")),
                        new Hierarchy(List.of("cpu", "cpuacct"), "/sys/fs/cgroup/cpu,cpuacct", Optional.of("/b")),
                        new Hierarchy(List.of("name=systemd"), "/sys/fs/cgroup/systemd", Optional.of("/c:d")));
        assertThat(layout.of("cpuacct")).isEqualTo(layout.of("cpu")).isPresent();
    }

    @Test
    void v1_with_a_cgroup2_beside_it_is_hybrid_and_names_v2_last() {
        CgroupLayout layout = CgroupLayout.of(
                TMPFS
                        + "40 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
                        + "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
                "0::/u\n4:memory:/m\n");
        assertThat(layout.mode()).isEqualTo(Mode.HYBRID);
        assertThat(layout.hierarchies().getFirst().controllers()).containsExactly("memory");
        assertThat(layout.hierarchies().getLast())
                .isEqualTo(new Hierarchy(List.of(), "/sys/fs/cgroup/unified", Optional.of("/u")));
    }

    @Test
    void a_controller_that_is_not_mounted_is_not_there() {
        CgroupLayout layout = CgroupLayout.of(
                TMPFS + "33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
                "5:devices:/\n4:memory:/\n");
        assertThat(layout.of("memory")).isPresent();
        assertThat(layout.of("devices")).isEmpty();
    }

    @Test
    void inside_a_container_without_a_cgroup_namespace_the_path_starts_at_what_is_mounted() {
        CgroupLayout layout = CgroupLayout.of("""
                33 31 0:30 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory
                34 31 0:31 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids
                """, "4:memory:/docker/abc/inner\n3:pids:/docker/abc\n");
        assertThat(layout.of("memory").orElseThrow().ownPath()).contains("/inner");
        assertThat(layout.of("pids").orElseThrow().ownPath()).contains("/");
    }

    @Test
    void a_process_outside_of_what_is_mounted_has_no_path_there() {
        CgroupLayout layout = CgroupLayout.of("""
                33 31 0:30 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                34 31 0:31 /.. /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
                35 31 0:32 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu
                """, "4:memory:/docker/abcd\n3:pids:/\n2:cpu:/../other\n");
        assertThat(layout.hierarchies())
                .hasSize(3)
                .allSatisfy(hierarchy -> assertThat(hierarchy.ownPath()).isEmpty());
    }

    @Test
    void inside_a_cgroup_namespace_the_path_starts_at_its_root() {
        CgroupLayout layout =
                CgroupLayout.of("33 31 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup rw,nsdelegate\n", "0::/\n");
        assertThat(only(layout).ownPath()).contains("/");
    }

    @Test
    void of_several_mounts_the_usual_one_counts() {
        CgroupLayout layout = CgroupLayout.of("""
                90 31 0:30 /x /var/lib/x/rootfs/sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                33 31 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
                91 31 0:30 / /mnt/memory rw - cgroup cgroup rw,memory
                """, "4:memory:/own\n");
        assertThat(only(layout).mountPoint()).isEqualTo("/sys/fs/cgroup/memory");
    }

    @Test
    void a_mount_point_with_a_blank_is_read_right() {
        CgroupLayout layout = CgroupLayout.of("33 31 0:30 / /odd\\040place\\134x rw - cgroup2 cgroup2 rw\n", "0::/\n");
        assertThat(only(layout).mountPoint()).isEqualTo("/odd place\\x");
    }

    @Test
    void no_cgroup_file_system_is_an_error_that_says_what_to_do() {
        assertThatThrownBy(() -> CgroupLayout.of(ROOT, "0::/\n"))
                .isInstanceOfSatisfying(
                        CgroupException.class,
                        none -> assertThat(none.reason()).isEqualTo(CgroupException.Reason.UNAVAILABLE))
                .hasMessageContaining("mount cgroup2 at /sys/fs/cgroup");
    }

    @Test
    void this_machine_has_a_layout() {
        assertThat(CgroupLayout.of(Kernel.host()).hierarchies()).isNotEmpty();
    }
}
