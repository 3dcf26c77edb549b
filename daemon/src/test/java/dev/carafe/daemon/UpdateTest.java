package dev.carafe.daemon;

import static dev.carafe.daemon.InstanceTest.detached;
import static dev.carafe.daemon.InstanceTest.field;
import static dev.carafe.daemon.InstanceTest.remove;
import static dev.carafe.daemon.InstanceTest.status;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Limits and policies of instances that are there. */
@SystemTest
@WithDaemon
class UpdateTest {

    private static String limits(Installation carafe, String name) {
        return carafe.execute(
                        "exec",
                        name,
                        "sh",
                        "-c",
                        "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.shares cpu/cpu.cfs_quota_us pids/pids.max")
                .succeeded()
                .replace('\n', ' ');
    }

    @Test
    void limitsChangeWhileItRunsAndStay(Installation carafe) {
        detached(carafe, "box", "sleep 1000");
        carafe.execute("update", "-m", "64m", "--cpus", "0.5", "-c", "512", "box")
                .succeeded();
        assertThat(limits(carafe, "box")).isEqualTo("67108864 512 50000 2048 ");
        carafe.execute("update", "--pids-limit", "100", "--cpu-quota", "30000", "box")
                .succeeded();
        assertThat(limits(carafe, "box")).isEqualTo("67108864 512 30000 100 ");
        carafe.execute("restart", "-t", "0", "box").succeeded();
        assertThat(limits(carafe, "box")).isEqualTo("67108864 512 30000 100 ");
        carafe.execute("stop", "-t", "0", "box").succeeded();
        carafe.execute("update", "-m", "80m", "box").succeeded();
        carafe.execute("start", "box").succeeded();
        assertThat(limits(carafe, "box")).isEqualTo("83886080 512 30000 100 ");
        remove(carafe, "box");
    }

    @Test
    void whatCannotBeChangesNothing(Installation carafe) {
        detached(carafe, "box", "sleep 1000");
        carafe.execute("update", "-m", "64m", "box").succeeded();
        carafe.execute("update", "-m", "1m", "--pids-limit", "5", "box").failed(1, "at least 6 MiB");
        carafe.execute("update", "--cpuset-cpus", "4000", "--cpu-shares", "100", "box")
                .failed(1, "cpuset");
        carafe.execute("update", "box").failed(1, "nothing is to be changed");
        carafe.execute("update", "-m", "64m", "missing").failed(1, "there is no instance \"missing\"");
        carafe.execute("update", "--read-only", "box").failed(1, "no option --read-only");
        assertThat(limits(carafe, "box")).isEqualTo("67108864 1024 -1 2048 ");
        assertThat(field(carafe, "box", "options.limits")).doesNotContain("cpus");
        remove(carafe, "box");
    }

    @Test
    void anotherPolicyHoldsForTheNextEnd(Installation carafe) {
        detached(carafe, "box", "sleep 1000");
        carafe.execute("update", "--restart", "always", "box").succeeded();
        String pid = field(carafe, "box", "state.pid");
        Commands.succeed("kill -9 $0", pid);
        Conditions.await(
                "it runs again", () -> !field(carafe, "box", "state.pid").matches(pid + "|0"));
        carafe.execute("update", "--restart", "no", "box").succeeded();
        Commands.succeed("kill -9 $0", field(carafe, "box", "state.pid"));
        carafe.execute("wait", "box").succeeded();
        carafe.execute("update", "--restart", "always", "box").succeeded();
        Conditions.pause(Duration.ofMillis(500)); // longer than the first delay
        assertThat(status(carafe, "box")).isEqualTo("stopped");
        remove(carafe, "box");
    }
}
