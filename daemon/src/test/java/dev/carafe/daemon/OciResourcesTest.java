package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code carafe oci pause, resume, update, events} and {@code ps}: a container that runs, watched and held. */
@SystemTest
class OciResourcesTest {

    private String id = "";
    private Bundle bundle = new Bundle(Path.of("/"));

    @BeforeEach
    void startAContainer(Installation carafe) {
        bundle = carafe.bundle("while :; do date +%N > /tick; sleep 0.02; done");
        id = carafe.newId();
        carafe.oci("run", "--detach", "--bundle", bundle.folder().toString(), id)
                .succeeded();
    }

    @AfterEach
    void endIt(Installation carafe) {
        carafe.oci("delete", "--force", id).succeeded();
    }

    private String tick() {
        return Installation.read(bundle.rootfs().resolve("tick"));
    }

    private Path limits(Installation carafe, String controller) {
        String pid = Json.read(carafe.oci("state", id).succeeded(), ".pid");
        String folder = Commands.succeed("sed -n \"s/^[0-9]*:$1://p\" /proc/$0/cgroup", pid, controller);
        return Path.of("/sys/fs/cgroup/" + controller + folder.strip());
    }

    private String limit(Installation carafe, String controller, String file) {
        return Installation.read(limits(carafe, controller).resolve(file)).strip();
    }

    @Test
    void aPausedContainerStandsStillUntilItIsResumed(Installation carafe) {
        Conditions.await("it runs", () -> !tick().isEmpty());
        carafe.oci("pause", id).succeeded();
        assertThat(carafe.status(id)).isEqualTo("paused");
        String stood = tick();
        carafe.oci("pause", id).failed(1, "cannot pause a container that is paused");
        carafe.oci("delete", id).failed(1, "not stopped: paused");
        assertThat(tick()).isEqualTo(stood);
        carafe.oci("resume", id).succeeded();
        assertThat(carafe.status(id)).isEqualTo("running");
        Conditions.await("it goes on", () -> !tick().equals(stood));
        carafe.oci("resume", id).failed(1, "container not paused");
    }

    @Test
    void aPausedContainerCanBeKilled(Installation carafe) {
        carafe.oci("pause", id).succeeded();
        carafe.oci("kill", id, "KILL").succeeded();
        Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
        carafe.oci("pause", id).failed(1, "container not running");
        carafe.oci("resume", id).failed(1, "container not paused");
    }

    @Test
    void aPausedContainerThatWasNotStartedIsNotStarted(Installation carafe) {
        String created = carafe.newId();
        carafe.oci("create", "--bundle", bundle.folder().toString(), created).succeeded();
        carafe.oci("pause", created).succeeded();
        assertThat(carafe.status(created)).isEqualTo("paused");
        carafe.oci("start", created).failed(1, "paused", "resume it first");
        carafe.oci("resume", created).succeeded();
        assertThat(carafe.status(created)).isEqualTo("created");
        carafe.oci("start", created).succeeded();
        carafe.oci("delete", "--force", created).succeeded();
    }

    @Test
    void limitsAreChangedByOptions(Installation carafe) {
        carafe.oci(
                        "update",
                        "--memory",
                        "64m",
                        "--pids-limit=20",
                        "--cpu-quota",
                        "50000",
                        "--cpu-period",
                        "100000",
                        id,
                        "--cpu-share",
                        "512",
                        "--cpuset-cpus",
                        "0")
                .succeeded();
        assertThat(limit(carafe, "memory", "memory.limit_in_bytes")).isEqualTo("67108864");
        assertThat(limit(carafe, "pids", "pids.max")).isEqualTo("20");
        assertThat(limit(carafe, "cpu", "cpu.cfs_quota_us")).isEqualTo("50000");
        assertThat(limit(carafe, "cpu", "cpu.shares")).isEqualTo("512");
        assertThat(limit(carafe, "cpuset", "cpuset.cpus")).isEqualTo("0");
        carafe.oci("update", "--pids-limit", "30", id).succeeded();
        assertThat(limit(carafe, "pids", "pids.max")).isEqualTo("30");
        assertThat(limit(carafe, "memory", "memory.limit_in_bytes")).isEqualTo("67108864");
        carafe.oci("update", "--memory", "-1", "--memory-swap", "-1", id).succeeded();
        assertThat(Long.parseLong(limit(carafe, "memory", "memory.limit_in_bytes")))
                .isGreaterThan(1L << 60);
    }

    @Test
    void limitsAreChangedByAFileOrStandardInput(Installation carafe) throws IOException {
        Path file = Files.writeString(
                carafe.newPath("resources"), "{\"memory\": {\"limit\": 33554432}, \"pids\": {\"limit\": 11}}");
        carafe.oci("update", "--resources", file.toString(), id).succeeded();
        assertThat(limit(carafe, "memory", "memory.limit_in_bytes")).isEqualTo("33554432");
        carafe.call("oci", "update", "--resources=-", id)
                .input("{\"pids\": {\"limit\": 12}, \"devices\": [{\"allow\": false, \"access\": \"rwm\"}]}")
                .execute()
                .succeeded();
        assertThat(limit(carafe, "pids", "pids.max")).isEqualTo("12");
        assertThat(carafe.oci("exec", id, "sh", "-c", "echo x > /dev/null").succeeded())
                .as("devices are not changed")
                .isEmpty();
    }

    @Test
    void aLimitThatMakesNoSenseIsRefusedByName(Installation carafe) throws IOException {
        String before = limit(carafe, "memory", "memory.limit_in_bytes");
        carafe.oci("update", "--memory", "lots", id).failed(1, "--memory lots");
        carafe.oci("update", "--cpu-quota", "half", id).failed(1, "--cpu-quota half");
        carafe.oci("update", "--cpuset-cpus", "a", id).failed(1, "cpus");
        carafe.oci("update", "--what", "1", id).failed(1, "--what");
        Path file = Files.writeString(carafe.newPath("resources"), "{\"memory\": {\"limit\": \"much\"}}");
        carafe.oci("update", "--resources", file.toString(), id).failed(1, "--resources", "memory.limit");
        assertThat(limit(carafe, "memory", "memory.limit_in_bytes")).isEqualTo(before);
        carafe.oci("kill", id, "KILL").succeeded();
        Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
        carafe.oci("update", "--pids-limit", "1", id).failed(1, "container not running");
    }

    @Test
    void itsProcessesAreListed(Installation carafe) {
        String pid = Json.read(carafe.oci("state", id).succeeded(), ".pid");
        carafe.oci("exec", "-d", id, "sleep", "1234").succeeded();
        assertThat(carafe.oci("ps", "-f", "json", id).succeeded()).contains(pid);
        String table = carafe.oci("ps", id).succeeded();
        assertThat(table.lines().findFirst().orElseThrow()).contains("UID", "PID", "CMD");
        assertThat(table).contains("sleep 1234").contains(pid);
        assertThat(table.lines().skip(1)).allMatch(line -> line.contains("sleep") || line.contains("sh"));
        assertThat(carafe.oci("ps", id, "-e", "-o", "pid,args").succeeded()).contains("sleep 1234");
        carafe.oci("ps", id, "-e", "-o", "args").failed(1, "no column PID");
        carafe.oci("ps", "--format", "xml", id).failed(1, "--format xml");
    }

    @Test
    void whatItUsesIsToldOnceOrAgainAndAgain(Installation carafe) {
        String once = carafe.oci("events", "--stats", id).succeeded();
        assertThat(once.lines()).hasSize(1);
        assertThat(Json.read(once, ".type, .id")).isEqualTo("stats\n" + id);
        assertThat(Long.parseLong(Json.read(once, ".data.memory.usage.usage"))).isPositive();
        assertThat(Long.parseLong(Json.read(once, ".data.cpu.usage.total"))).isPositive();
        assertThat(Long.parseLong(Json.read(once, ".data.pids.current"))).isPositive();

        Call.Running events =
                carafe.call("oci", "events", "--interval", "100ms", id).start();
        Conditions.await("several events", () -> events.output().lines().count() > 2);
        carafe.oci("kill", id, "KILL").succeeded();
        assertThat(events.await().status()).isZero();
        carafe.oci("events", "--interval", "fast", id).failed(1, "--interval fast");
    }

    @Test
    void aKillForWantOfMemoryIsToldOf(Installation carafe) {
        carafe.oci("update", "--memory", "16m", "--memory-swap", "16m", id).succeeded();
        Call.Running events =
                carafe.call("oci", "events", "--interval", "1h", id).start();
        Conditions.await("the first event", () -> events.output().contains("stats"));
        carafe.oci("exec", id, "sh", "-c", "tail /dev/zero").ended(137);
        Conditions.await("the event", () -> events.output().contains("{\"type\":\"oom\",\"id\":\"" + id + "\"}"));
        carafe.oci("kill", id, "KILL").succeeded();
        events.await();
    }

    @Test
    void failuresAreTakenDownForCallers(Installation carafe) {
        Path log = carafe.newPath("log");
        carafe.oci("--log", log.toString(), "--log-format=json", "--systemd-cgroup=false", "state", id)
                .succeeded();
        assertThat(log).doesNotExist();
        carafe.oci("--log", log.toString(), "--log-format=json", "delete", id).failed(1, "not stopped");
        carafe.oci("--log", log.toString(), "--log-format=json", "exec", id, "nosuch")
                .failed(255, "not found");
        assertThat(Installation.read(log).lines()).hasSize(2);
        assertThat(Json.read(Installation.read(log), ".level, .msg"))
                .startsWith("error\n")
                .contains("not stopped: running", "executable file not found in $PATH");
        assertThat(Json.read(Installation.read(log), ".time").lines())
                .allMatch(time -> time.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ"));
        Path text = carafe.newPath("log");
        carafe.oci("--log", text.toString(), "delete", id).failed(1, "not stopped");
        assertThat(Installation.read(text)).matches("time=\"[^\"]+\" level=error msg=\"cannot delete .*\"\n");
        carafe.oci("--log-format", "xml", "list").failed(1, "--log-format xml");
    }

    @Test
    void aPausedContainerIsDeletedByForce(Installation carafe) {
        carafe.oci("pause", id).succeeded();
        carafe.oci("delete", "--force", id).succeeded();
        carafe.oci("state", id).failed(1, "does not exist");
    }

    @Test
    void signalZeroAsksWhetherItRuns(Installation carafe) {
        carafe.oci("kill", id, "0").succeeded();
        carafe.oci("kill", id, "KILL").succeeded();
        Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
        carafe.oci("kill", id, "0").failed(1, "container not running");
    }

    @Test
    void withThePidsOfTheHostAllOfItIsKilled(Installation carafe) {
        Bundle shared =
                carafe.bundle("sleep 1234 & sleep 1235").edit(".linux.namespaces |= map(select(.type != \"pid\"))");
        String other = carafe.newId();
        carafe.oci("create", "--bundle", shared.folder().toString(), other).succeeded();
        carafe.oci("start", other).succeeded();
        Conditions.await(
                "both sleep",
                () -> carafe.oci("ps", "-f", "json", other).succeeded().split(",", -1).length >= 2);
        carafe.oci("kill", other, "KILL").succeeded();
        Conditions.await(
                "all have gone",
                () -> carafe.oci("ps", "-f", "json", other).succeeded().equals("[]\n"));
        carafe.oci("delete", other).succeeded();
    }

    @Test
    void noProcessesAtAllMeansOne(Installation carafe) {
        Path limits = limits(carafe, "pids");
        carafe.oci("pause", id).succeeded();
        carafe.oci("update", "--pids-limit", "0", id).succeeded();
        assertThat(limits.resolve("pids.max")).hasContent("1");
    }

    @Test
    void whoWantsToKnowMoreIsTold(Installation carafe) {
        Outcome told = carafe.oci("--debug", "state", id);
        assertThat(told.ended(0).error()).contains("level=debug", "state " + id);
        Path log = carafe.newPath("log");
        carafe.oci("--debug", "--log", log.toString(), "--log-format", "json", "state", id)
                .succeeded();
        assertThat(Json.read(Installation.read(log), ".level")).isEqualTo("debug");
        carafe.oci("--debug", "--log", log.toString(), "--log-format", "json", "exec", id, "true")
                .succeeded();
        assertThat(Json.read(Installation.read(log), "select(.level == \"debug\") | .msg"))
                .as("every step that makes the process")
                .contains("execve(the program, [\"true\"]");
    }
}
