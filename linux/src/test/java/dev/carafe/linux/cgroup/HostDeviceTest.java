package dev.carafe.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Kernel;
import dev.carafe.linux.cgroup.CgroupLayout.Hierarchy;
import dev.carafe.linux.cgroup.CgroupLayout.Mode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What this machine's kernel makes of device rules, by v1's controller and by a program in the v2 hierarchy. */
@Tag("root")
@Timeout(60)
class HostDeviceTest {

    private static final DeviceRule NULL = DeviceRule.of(true, "c", OptionalLong.of(1), OptionalLong.of(3), "rwm");
    private static final DeviceRule ZERO = DeviceRule.of(true, "c", OptionalLong.of(1), OptionalLong.of(5), "r");

    private final Kernel kernel = Kernel.host();
    private final CgroupLayout layout = CgroupLayout.of(kernel);
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
    }

    private Cgroup create(String controller, Mode mode) {
        Optional<Hierarchy> hierarchy = layout.of(controller);
        Assumptions.assumeTrue(
                hierarchy.isPresent(), "this machine has no cgroup hierarchy for \"" + controller + "\" mounted");
        Cgroup made = Cgroup.create(
                kernel, new CgroupLayout(mode, List.of(hierarchy.orElseThrow())), "/carafe-test-" + UUID.randomUUID());
        cgroup = Optional.of(made);
        return made;
    }

    private boolean succeeds(Cgroup joined, String command) throws Exception {
        Process process = new ProcessBuilder("sh", "-c", "read go; " + command)
                .redirectErrorStream(true)
                .start();
        started.add(process);
        joined.join((int) process.pid());
        process.getOutputStream().write('\n');
        process.getOutputStream().close();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return process.exitValue() == 0;
    }

    private void rulesHold(Cgroup made) throws Exception {
        String readZero = "head -c 1 /dev/zero";
        String writeZero = "echo x > /dev/zero";
        String writeNull = "echo x > /dev/null";
        assertThat(succeeds(made, readZero)).isTrue();
        made.apply(Resources.NONE.withDevices(List.of(DeviceRule.everything(false), NULL)));
        assertThat(succeeds(made, readZero)).isFalse();
        assertThat(succeeds(made, writeNull)).isTrue();
        made.apply(Resources.NONE.withDevices(List.of(DeviceRule.everything(false), NULL, ZERO)));
        assertThat(succeeds(made, readZero)).isTrue();
        assertThat(succeeds(made, writeZero)).isFalse();
        DeviceRule notZero = DeviceRule.of(false, "c", OptionalLong.of(1), OptionalLong.of(5), "w");
        made.apply(Resources.NONE.withDevices(List.of(DeviceRule.everything(true), notZero)));
        assertThat(succeeds(made, readZero)).isTrue();
        assertThat(succeeds(made, writeZero)).isFalse();
        assertThat(succeeds(made, "exec 3<> /dev/zero")).isFalse();
        assertThat(succeeds(made, "exec 3<> /dev/null")).isTrue();
        made.apply(Resources.NONE.withDevices(List.of(DeviceRule.everything(true))));
        assertThat(succeeds(made, writeZero)).isTrue();
    }

    @Test
    void the_v1_controller_keeps_the_rules() throws Exception {
        rulesHold(create("devices", Mode.V1));
    }

    @Test
    void a_program_keeps_the_rules_and_is_replaced_when_they_change() throws Exception {
        rulesHold(create("", Mode.V2));
    }

    @Test
    void the_v2_hierarchy_freezes_and_kills_by_itself() throws Exception {
        Cgroup made = create("", Mode.V2);
        Process process = new ProcessBuilder("sleep", "1000").start();
        started.add(process);
        made.join((int) process.pid());
        made.freeze();
        assertThat(made.frozen()).isTrue();
        made.kill();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(128 + 9);
    }
}
