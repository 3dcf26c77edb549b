package dev.carafe.daemon;

import static dev.carafe.daemon.InstanceTest.awaitStatus;
import static dev.carafe.daemon.InstanceTest.detached;
import static dev.carafe.daemon.InstanceTest.field;
import static dev.carafe.daemon.InstanceTest.remove;
import static dev.carafe.daemon.InstanceTest.status;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a daemon does for instances as time goes by, and that they need none to live. */
@SystemTest
@WithDaemon
class SupervisionTest {

    private static String restarting(Installation carafe, String name, String policy, String script) {
        carafe.execute(
                        "run",
                        "-d",
                        "--restart",
                        policy,
                        "--network",
                        "none",
                        "--name",
                        name,
                        "host:",
                        "sh",
                        "-c",
                        script)
                .succeeded();
        return name;
    }

    private static void kill(Installation carafe, String name) {
        Commands.succeed("kill -9 $0", field(carafe, name, "state.pid"));
    }

    private static void awaitAnother(Installation carafe, String name, String pid) {
        Conditions.await(name + " runs again", () -> {
            String now = field(carafe, name, "state.pid");
            return !now.equals(pid) && !now.equals("0");
        });
    }

    @Test
    void aPolicyStartsAgainWhatHasEnded(Installation carafe) {
        restarting(carafe, "always", "always", "exec sleep 1000");
        restarting(carafe, "failing", "on-failure:2", "echo again; exit 4");
        restarting(carafe, "well", "on-failure", "exit 0");
        restarting(carafe, "no", "no", "exit 4");
        Conditions.await(
                "it has failed for good", () -> status(carafe, "failing").equals("stopped"));
        assertThat(carafe.execute("logs", "failing").succeeded()).isEqualTo("again\n".repeat(3));
        assertThat(field(carafe, "failing", "restarts")).isEqualTo("2");
        assertThat(field(carafe, "well", "restarts")).isEqualTo("0");
        assertThat(status(carafe, "no")).isEqualTo("stopped");
        String pid = field(carafe, "always", "state.pid");
        kill(carafe, "always");
        awaitAnother(carafe, "always", pid);
        carafe.execute("stop", "-t", "0", "always").succeeded();
        Conditions.pause(Duration.ofMillis(500)); // longer than the first delay
        assertThat(status(carafe, "always")).isEqualTo("stopped");
        remove(carafe, "always", "failing", "well", "no");
    }

    @Test
    void itsMonitorsDeathIsAnEndLikeOthers(Installation carafe) {
        restarting(carafe, "box", "always", "exec sleep 1000");
        String pid = field(carafe, "box", "state.pid");
        Commands.succeed("kill -9 $(cut -d' ' -f4 /proc/$0/stat)", pid);
        awaitAnother(carafe, "box", pid);
        assertThat(carafe.execute("events", "--since", "1m", "--until", "0s", "--filter", "event=die")
                        .succeeded())
                .contains("exitCode=255");
        remove(carafe, "box");
    }

    @Test
    void instancesOutliveTheDaemonAndItSeesWhatHasBecomeOfThem(Installation carafe) {
        List<String> stay = new ArrayList<>();
        Map<String, String> pids = new HashMap<>();
        for (int i = 0; i < 6; i++) {
            stay.add(detached(carafe, "stay" + i, "while :; do echo tick; sleep 0.05; done"));
        }
        for (int i = 0; i < 4; i++) {
            detached(carafe, "ends" + i, "while [ ! -e /run/end ]; do sleep 0.02; done; exit " + (40 + i));
        }
        restarting(carafe, "again", "always", "exec sleep 1000");
        restarting(carafe, "paused", "always", "exec sleep 1000");
        carafe.execute("pause", "paused").succeeded();
        stay.forEach(name -> pids.put(name, field(carafe, name, "state.pid")));
        String again = field(carafe, "again", "state.pid");

        carafe.killDaemon();
        Instant meanwhile = Instant.now();
        for (int i = 0; i < 4; i++) {
            carafe.execute("exec", "ends" + i, "touch", "/run/end").succeeded();
        }
        Commands.succeed("kill -9 $0", again);
        for (int i = 0; i < 4; i++) {
            assertThat(carafe.execute("wait", "ends" + i).succeeded()).isEqualTo(40 + i + "\n");
        }
        carafe.startDaemon();
        awaitAnother(carafe, "again", again);
        assertThat(field(carafe, "again", "restarts")).isEqualTo("1");
        assertThat(status(carafe, "paused")).isEqualTo("paused");
        for (String name : stay) {
            assertThat(field(carafe, name, "state.pid")).isEqualTo(pids.get(name));
            assertThat(carafe.execute("logs", "--since", meanwhile.toString(), name)
                            .succeeded())
                    .matches("(tick\n)+");
        }
        for (int i = 0; i < 4; i++) {
            assertThat(field(carafe, "ends" + i, "state.exit.status")).isEqualTo(Integer.toString(40 + i));
            assertThat(Instant.parse(field(carafe, "ends" + i, "state.exit.time")))
                    .isBetween(meanwhile, Instant.now());
        }
        carafe.execute("unpause", "paused").succeeded();
        stay.forEach(name -> remove(carafe, name));
        remove(carafe, "ends0", "ends1", "ends2", "ends3", "again", "paused");
    }

    @Test
    void aMachineThatIsStartedAnewStartsWhatIsAlwaysToRunWhoeverHadStoppedIt(Installation carafe) throws IOException {
        for (String policy : List.of("always", "unless-stopped", "on-failure", "no")) {
            restarting(carafe, policy, policy, "exec sleep 1000");
            carafe.execute("stop", "-t", "0", policy).succeeded();
        }
        carafe.execute("create", "--restart", "always", "--network", "none", "--name", "new", "host:", "sleep", "1000")
                .succeeded();
        restarting(carafe, "ran", "unless-stopped", "exec sleep 1000");

        carafe.killDaemon();
        carafe.startDaemon();
        Conditions.pause(Duration.ofMillis(500));
        assertThat(status(carafe, "always")).as("the machine has run on").isEqualTo("stopped");

        carafe.killDaemon();
        kill(carafe, "ran");
        Files.writeString(carafe.state().resolve("boot"), "another");
        carafe.startDaemon();
        awaitStatus(carafe, "always", "running");
        awaitStatus(carafe, "ran", "running");
        for (String policy : List.of("unless-stopped", "on-failure", "no")) {
            assertThat(status(carafe, policy)).as(policy).isEqualTo("stopped");
        }
        assertThat(status(carafe, "new")).isEqualTo("created");
        remove(carafe, "always", "unless-stopped", "on-failure", "no", "new", "ran");
    }

    @Test
    void endsAreToldOfOnce(Installation carafe) {
        Instant before = Instant.now();
        carafe.execute("run", "--rm", "--network", "none", "--name", "short", "host:", "true")
                .succeeded();
        carafe.execute("run", "-d", "--rm", "--network", "none", "--name", "long", "host:", "sleep", "1000")
                .succeeded();
        carafe.execute("rm", "-f", "long").succeeded();
        Conditions.await(
                "all has been told", () -> actions(carafe, before, "short").size() == 4);
        assertThat(actions(carafe, before, "short")).containsExactly("create", "start", "die", "destroy");
        assertThat(actions(carafe, before, "long")).containsExactly("create", "start", "die", "destroy");
        assertThat(carafe.execute(
                                "events",
                                "--since",
                                before.toString(),
                                "--until",
                                "0s",
                                "--filter",
                                "event=die",
                                "--filter",
                                "instance=short")
                        .succeeded())
                .contains("exitCode=0");
    }

    private static List<String> actions(Installation carafe, Instant since, String name) {
        return carafe.execute(
                        "events",
                        "--since",
                        since.toString(),
                        "--until",
                        "0s",
                        "--filter",
                        "instance=" + name,
                        "--format",
                        "json")
                .succeeded()
                .lines()
                .map(event -> Json.read(event, ".action"))
                .toList();
    }

    @Test
    void oneThatIsStartedWithoutADaemonIsFound(Installation carafe) {
        carafe.call("run", "-d", "--restart", "always", "--network", "none", "--name", "box", "host:", "sleep", "1000")
                .variable("CARAFE_DAEMON", "no")
                .execute()
                .succeeded();
        String pid = field(carafe, "box", "state.pid");
        kill(carafe, "box");
        awaitAnother(carafe, "box", pid);
        awaitStatus(carafe, "box", "running");
        remove(carafe, "box");
    }

    @Test
    void aCommandOfRootsStartsOneWhereThereIsNone(Installation carafe) {
        carafe.stopDaemon();
        carafe.call("ps").variable("CARAFE_DAEMON", "").execute().succeeded();
        assertThat(carafe.daemon()).isPositive();
        carafe.execute("daemon", "stop").succeeded();
        carafe.call("daemon", "start", "--idle", "1").execute().succeeded();
        Conditions.await("it has ended", () -> carafe.execute("daemon", "start").status() == 0);
        carafe.stopDaemon();
        carafe.startDaemon();
    }
}
