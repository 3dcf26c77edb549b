package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Instances, from their making to their removal, as the commands show them. */
@SystemTest
@WithDaemon
class InstanceTest {

    static final String HOST = "host:";

    /** Starts one in the background; its name. */
    static String detached(Installation carafe, String name, String script) {
        String id = carafe.execute("run", "-d", "--network", "none", "--name", name, HOST, "sh", "-c", script)
                .succeeded();
        assertThat(id).matches("[0-9a-f]{64}\n");
        return name;
    }

    static String field(Installation carafe, String name, String keys) {
        return carafe.execute("inspect", "-f", keys, name).succeeded().strip();
    }

    static String status(Installation carafe, String name) {
        return field(carafe, name, "state.status");
    }

    static void awaitStatus(Installation carafe, String name, String status) {
        Conditions.await(name + " is " + status, () -> status(carafe, name).equals(status));
    }

    static void remove(Installation carafe, String... names) {
        for (String name : names) {
            carafe.execute("rm", "-f", name).ended(0);
        }
    }

    @Test
    void oneIsMadeStartedEndedStartedAgainAndRemoved(Installation carafe) {
        String id = carafe.execute(
                        "create", "--network", "none", "--name", "box", HOST, "sh", "-c", "echo begun; exec sleep 1000")
                .succeeded()
                .strip();
        assertThat(status(carafe, "box")).isEqualTo("created");
        carafe.execute("stop", "box").succeeded(); // nothing to do
        carafe.execute("exec", "box", "true").failed(125, "cannot exec the instance \"box\": it is created; start it");
        carafe.execute("start", "box").succeeded();
        assertThat(status(carafe, "box")).isEqualTo("running");
        carafe.execute("start", "box").succeeded();
        carafe.execute("rm", "box").failed(1, "cannot remove the instance \"box\": it is running; stop it first");
        carafe.execute("stop", "-t", "0", id.substring(0, 8)).succeeded();
        assertThat(status(carafe, "box")).isEqualTo("stopped");
        assertThat(field(carafe, "box", "state.exit.status")).isEqualTo("137");
        carafe.execute("start", "box").succeeded();
        assertThat(status(carafe, "box")).isEqualTo("running");
        carafe.execute("restart", "-t", "0", "box").succeeded();
        Conditions.await(
                "it has begun three times",
                () -> carafe.execute("logs", "box").succeeded().equals("begun\n".repeat(3)));
        carafe.execute("rm", "-f", "box").succeeded();
        carafe.execute("inspect", "box").ended(1);
        carafe.mustHaveLeftNothing();
    }

    @Test
    void whatItWritesIsLogged(Installation carafe) {
        Instant before = Instant.now();
        carafe.execute(
                        "run",
                        "--network",
                        "none",
                        "--name",
                        "box",
                        HOST,
                        "sh",
                        "-c",
                        "echo one; echo two >&2; sleep 0.3; printf three; exit 5")
                .ended(5);
        Outcome logs = carafe.execute("logs", "box");
        assertThat(logs.output()).isEqualTo("one\nthree");
        assertThat(logs.error()).isEqualTo("two\n");
        assertThat(carafe.execute("logs", "--tail", "1", "box").succeeded()).isEqualTo("three");
        String stamped = carafe.execute("logs", "-t", "--tail", "1", "box").succeeded();
        assertThat(Instant.parse(stamped.substring(0, stamped.indexOf(' ')))).isBetween(before, Instant.now());
        assertThat(carafe.execute("logs", "--until", before.toString(), "box").succeeded())
                .isEmpty();
        carafe.execute("start", "-a", "box").ended(5);
        assertThat(carafe.execute("logs", "box").output()).isEqualTo("one\nthree\none\nthree");
        remove(carafe, "box");
    }

    @Test
    void whoeverFollowsItsLogSeesItToItsEnd(Installation carafe) {
        detached(carafe, "box", "for i in 1 2 3; do echo $i; sleep 0.2; done; sleep 0.2; echo last");
        assertThat(carafe.execute("logs", "-f", "box").succeeded()).isEqualTo("1\n2\n3\nlast\n");
        remove(carafe, "box");
    }

    @Test
    void severalMayAttachAndItOutlivesThemAll(Installation carafe) throws Exception {
        String box = detached(carafe, "box", "while read -r line; do echo got $line; done; sleep 1000");
        Call.Running one = carafe.call("attach", "--no-stdin", box).start();
        Call.Running other =
                carafe.call("attach", "--no-stdin", "--sig-proxy=false", box).start();
        carafe.execute("exec", box, "sh", "-c", "echo x > /proc/1/fd/1").succeeded();
        Conditions.await(
                "both see it",
                () -> one.output().contains("x\n") && other.output().contains("x\n"));
        one.process().destroyForcibly().waitFor();
        other.process().destroy();
        other.process().waitFor();
        assertThat(status(carafe, box)).isEqualTo("running");
        Call.Running last = carafe.call("attach", box).start();
        Conditions.await("it is attached", () -> {
            carafe.execute("exec", box, "sh", "-c", "echo y > /proc/1/fd/1").succeeded();
            return last.output().contains("y\n");
        });
        carafe.execute("kill", box).succeeded();
        last.await().ended(137);
        remove(carafe, box);
    }

    @Test
    void aProgramRunsInItAsAsked(Installation carafe) {
        String box = detached(carafe, "box", "exec sleep 1000");
        assertThat(carafe.execute(
                                "exec",
                                "-u",
                                "www-data",
                                "-w",
                                "/usr",
                                "-e",
                                "A=b c",
                                box,
                                "sh",
                                "-c",
                                "echo $(id -un) $(pwd) \"$A\" $HOME")
                        .succeeded())
                .isEqualTo("www-data /usr b c /var/www\n");
        carafe.execute("exec", box, "sh", "-c", "exit 9").ended(9);
        carafe.execute("exec", box, "nope").failed(127, "executable file not found");
        carafe.execute("exec", "-u", "nosuchuser", box, "true").failed(125, "nosuchuser");
        assertThat(carafe.call("exec", "-i", box, "cat")
                        .input("given")
                        .execute()
                        .succeeded())
                .isEqualTo("given");
        assertThat(carafe.call("exec", box, "cat").input("kept").execute().succeeded())
                .isEmpty();
        carafe.execute("exec", "-d", box, "sh", "-c", "sleep 0.1; echo done > /tmp/done")
                .succeeded();
        Conditions.await(
                "it has been done",
                () -> carafe.execute("exec", box, "cat", "/tmp/done").status() == 0);
        // Privileged is what it says, and nothing else is.
        carafe.execute("exec", box, "mount", "-t", "tmpfs", "x", "/mnt").ended(32);
        assertThat(carafe.execute("exec", box, "grep", "NoNewPrivs:.1", "/proc/self/status")
                        .status())
                .isZero();
        assertThat(carafe.execute("exec", "--privileged", box, "grep", "NoNewPrivs:.0", "/proc/self/status")
                        .status())
                .isZero();
        remove(carafe, box);
    }

    @Test
    void itStandsStillWhilePaused(Installation carafe) {
        String box = detached(carafe, "box", "exec sleep 1000");
        carafe.execute("pause", box).succeeded();
        assertThat(status(carafe, box)).isEqualTo("paused");
        carafe.execute("exec", box, "true").failed(125, "it is paused; unpause it first");
        assertThat(carafe.execute("top", "--format", "command", box).succeeded())
                .isEqualTo("sleep 1000\n");
        carafe.execute("unpause", box).succeeded();
        carafe.execute("unpause", box).failed(1, "cannot unpause the instance \"box\": it is running");
        carafe.execute("exec", box, "true").succeeded();
        carafe.execute("pause", box).succeeded();
        carafe.execute("stop", "-t", "0", box).succeeded();
        assertThat(status(carafe, box)).isEqualTo("stopped");
        remove(carafe, box);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "trap 'exit 3' TERM; while :; do sleep 0.05; done",
                "trap 'exit 3' USR1; while :; do sleep 0.05; done"
            })
    void itIsAskedToEndBeforeItIsKilled(String script, Installation carafe) {
        String signal = script.contains("USR1") ? "USR1" : "TERM";
        carafe.execute(
                        "run",
                        "-d",
                        "--network",
                        "none",
                        "--stop-signal",
                        signal,
                        "--name",
                        "box",
                        HOST,
                        "sh",
                        "-c",
                        "echo ready; " + script)
                .succeeded();
        Conditions.await(
                "it has its trap", () -> carafe.execute("logs", "box").output().contains("ready"));
        carafe.execute("stop", "box").succeeded();
        assertThat(field(carafe, "box", "state.exit.status")).isEqualTo("3");
        remove(carafe, "box");
    }

    @Test
    void aWaiterHearsOfTheEnd(Installation carafe) {
        detached(carafe, "quick", "sleep 0.3; exit 7");
        assertThat(carafe.execute("wait", "quick").succeeded()).isEqualTo("7\n");
        assertThat(carafe.execute("wait", "quick").succeeded()).isEqualTo("7\n");
        carafe.execute(
                        "run",
                        "-d",
                        "--rm",
                        "--network",
                        "none",
                        "--name",
                        "gone",
                        HOST,
                        "sh",
                        "-c",
                        "sleep 0.5; exit 8")
                .succeeded();
        assertThat(carafe.execute("wait", "gone").succeeded()).isEqualTo("8\n");
        carafe.execute("wait", "gone").failed(1, "there is no instance \"gone\"");
        remove(carafe, "quick");
    }

    @Test
    void itsMonitorsDeathIsItsOwn(Installation carafe) {
        String box = detached(carafe, "box", "exec sleep 1000");
        String pid = field(carafe, box, "state.pid");
        Commands.succeed("kill -9 $(cut -d' ' -f4 /proc/$0/stat)", pid);
        awaitStatus(carafe, box, "stopped");
        assertThat(field(carafe, box, "state.exit.status")).isEqualTo("255");
        assertThat(field(carafe, box, "state.exit.reason")).contains("monitor was killed");
        Conditions.await(
                "it is gone",
                () -> Installation.read(Path.of("/proc/" + pid + "/status"))
                        .replaceFirst("(?s).*State:\\s+(\\w).*", "$1")
                        .matches("Z?"));
        carafe.execute("start", box).succeeded();
        assertThat(status(carafe, box)).isEqualTo("running");
        remove(carafe, box);
    }

    @Test
    void namesAreUniqueAndCanBeChanged(Installation carafe) {
        detached(carafe, "one", "exec sleep 1000");
        detached(carafe, "two", "exec sleep 1000");
        carafe.execute("rename", "one", "two").failed(1, "\"two\" is taken");
        carafe.execute("rename", "one", "../x").failed(1, "a name starts with");
        carafe.execute("rename", "one", "three").succeeded();
        assertThat(carafe.execute("ps", "--format", "name").succeeded().lines())
                .containsExactlyInAnyOrder("two", "three");
        carafe.execute("inspect", "one").ended(1);
        assertThat(status(carafe, "three")).isEqualTo("running");
        remove(carafe, "two", "three");
    }

    @Test
    void aListHasWhatIsAskedFor(Installation carafe) {
        carafe.execute("create", "--network", "none", "--name", "made", "--label", "a=b", HOST, "true")
                .succeeded();
        detached(carafe, "runs", "exec sleep 1000");
        carafe.execute("run", "--network", "none", "--name", "ended", HOST, "false")
                .ended(1);
        assertThat(names(carafe)).containsExactly("runs");
        assertThat(names(carafe, "-a")).containsExactly("ended", "runs", "made");
        assertThat(names(carafe, "-a", "--filter", "label=a=b")).containsExactly("made");
        assertThat(names(carafe, "--filter", "status=exited")).containsExactly("ended");
        assertThat(names(carafe, "--filter", "exited=1")).containsExactly("ended");
        assertThat(names(carafe, "-l")).containsExactly("ended");
        assertThat(names(carafe, "-a", "--filter", "name=e", "--filter", "status=created"))
                .containsExactly("made");
        carafe.execute("ps", "--filter", "colour=red").failed(1, "--filter colour=red");
        assertThat(carafe.execute("ps", "-aq").succeeded()).matches("([0-9a-f]{12}\n){3}");
        assertThat(Json.read(carafe.execute("ps", "-a", "--format", "json").succeeded(), "length"))
                .isEqualTo("3");
        remove(carafe, "made", "runs", "ended");
    }

    private static List<String> names(Installation carafe, String... options) {
        List<String> words = new java.util.ArrayList<>(List.of("ps", "--format", "name"));
        words.addAll(List.of(options));
        return carafe.execute(words.toArray(String[]::new)).succeeded().lines().toList();
    }

    @Test
    void aDamagedRecordIsSaidToBeAndCanBeRemoved(Installation carafe) throws IOException {
        carafe.execute("create", "--network", "none", "--name", "bad", HOST, "true")
                .succeeded();
        carafe.execute("create", "--network", "none", "--name", "good", HOST, "true")
                .succeeded();
        Path record = carafe.data().resolve("names/bad").toRealPath().resolve("instance.json");
        byte[] whole = Files.readAllBytes(record);
        for (int length : List.of(0, 1, whole.length / 2, whole.length - 1)) {
            Files.write(record, java.util.Arrays.copyOf(whole, length));
            assertThat(status(carafe, "bad")).isEqualTo("broken");
            carafe.execute("start", "bad").failed(1, "is broken");
            carafe.execute("start", "good").succeeded();
            carafe.execute("wait", "good").succeeded();
        }
        Files.delete(record);
        assertThat(field(carafe, "bad", "state.reason")).contains("cut short");
        assertThat(names(carafe, "-a")).containsExactlyInAnyOrder("bad", "good");
        carafe.execute("rm", "-f", "bad").succeeded();
        remove(carafe, "good");
    }

    @Test
    void eventsTellItsLife(Installation carafe) {
        Instant before = Instant.now();
        carafe.execute("create", "--network", "none", "--name", "box", "--label", "team=x", HOST, "true")
                .succeeded();
        carafe.execute("start", "box").succeeded();
        carafe.execute("wait", "box").succeeded();
        carafe.execute("rename", "box", "crate").succeeded();
        carafe.execute("rm", "crate").succeeded();
        String[] events = carafe.execute(
                        "events",
                        "--since",
                        before.toString(),
                        "--until",
                        "0s",
                        "--filter",
                        "label=team=x",
                        "--format",
                        "json")
                .succeeded()
                .split("\n");
        assertThat(events)
                .extracting(it -> Json.read(it, ".action"))
                .containsSubsequence("create", "start", "rename", "destroy");
        assertThat(events[0]).contains("\"name\":\"box\"", "\"image\":\"host:\"");
    }
}
