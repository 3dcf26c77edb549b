package dev.carafe.daemon;

import static dev.carafe.daemon.PeerFolder.IMAGE;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code carafe-oci} as a runtime of dockerd's, held against runC in its place. */
@SystemTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DockerTest {

    private static final String WAITS =
            "trap 'echo asked to end; exit 5' TERM; echo ready; while :; do sleep 0.05; done";

    private Dockerd docker;

    @BeforeAll
    void loadTheImage(Installation carafe) {
        PeerFolder folder = carafe.newPeerFolder();
        docker = new Dockerd(carafe, folder, new Containerd(carafe, folder));
        docker.succeed("load", "--quiet", "--input", folder.image().toString());
    }

    @AfterEach
    void nothingOfTheContainersIsLeft() {
        docker.removeAll();
        assertThat(docker.runtimeState()).isEmpty();
    }

    private String startWaiting(OciRuntime runtime, String... options) {
        String name = "one";
        docker.run(runtime, PeerFolder.words("--detach", "--name=" + name, options, IMAGE, "sh", "-c", WAITS))
                .execute()
                .succeeded();
        Conditions.await("it is ready", () -> docker.succeed("logs", name).contains("ready"));
        return name;
    }

    private String inspect(String name, String field) {
        return docker.succeed("inspect", "--format={{" + field + "}}", name);
    }

    @ParameterizedTest
    @EnumSource
    void aProgramsInputOutputAndStatusAreItsOwn(OciRuntime runtime) {
        Outcome outcome = docker.run(runtime, "--rm", "--interactive", IMAGE, "sh", "-c", "cat; echo err >&2; exit 3")
                .input("hello\n")
                .execute();
        assertThat(outcome.ended(3).output()).isEqualTo("hello\n");
        assertThat(outcome.error()).isEqualTo("err\n");
        docker.run(runtime, "--rm", "--init", IMAGE, "sh", "-c", "kill -9 $$")
                .execute()
                .ended(137);
    }

    @ParameterizedTest
    @EnumSource
    void optionsReachTheProgram(OciRuntime runtime, Installation carafe) throws Exception {
        Path volume = carafe.newFolder("volume");
        Files.writeString(volume.resolve("file"), "content\n");
        String output = docker.run(
                        runtime,
                        "--rm",
                        "--init",
                        "--env=A=b",
                        "--workdir=/tmp",
                        "--user=1000:5",
                        "--hostname=one",
                        "--read-only",
                        "--cap-drop=all",
                        "--cap-add=chown",
                        "--security-opt=no-new-privileges",
                        "--oom-score-adj=500",
                        "--shm-size=1m",
                        "--ulimit=nofile=100:200",
                        "--device=/dev/zero:/dev/other",
                        "--volume=" + volume + ":/volume:ro",
                        "--tmpfs=/memory:mode=1777",
                        IMAGE,
                        "sh",
                        "-c",
                        """
                        echo $A $PWD $(id -u):$(id -g) $(hostname) $(ulimit -n) $(ulimit -Hn)
                        cat /proc/self/oom_score_adj /volume/file /proc/1/comm
                        grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr '\\t' ' '
                        grep -o 'size=1024k' /proc/mounts
                        head -c 2 /dev/other | wc -c
                        for place in /etc /volume; do touch $place/new 2>&1; done
                        touch /memory/new /dev/shm/new && echo done
                        """)
                .execute()
                .succeeded();
        assertThat(output).isEqualTo("""
                b /tmp 1000:5 one 100 200
                500
                content
                docker-init
                CapBnd: 0000000000000001
                NoNewPrivs: 1
                Seccomp: 2
                size=1024k
                2
                touch: /etc/new: Read-only file system
                touch: /volume/new: Read-only file system
                done
                """);
    }

    @ParameterizedTest
    @EnumSource
    void limitsAreSetAndChanged(OciRuntime runtime) {
        String show = "cd /sys/fs/cgroup; if [ -e cgroup.procs ]; then cat memory.max pids.max cpu.max; else"
                + " cat memory/memory.limit_in_bytes pids/pids.max; echo $(cat cpu/cpu.cfs_quota_us"
                + " cpu/cpu.cfs_period_us); fi";
        String name = startWaiting(runtime, "--memory=64m", "--pids-limit=33", "--cpus=0.5");
        assertThat(docker.succeed("exec", name, "sh", "-c", show)).isEqualTo("67108864\n33\n50000 100000");
        docker.execute("update", "--memory=96m", "--memory-swap=-1", "--pids-limit=44", "--cpus=0.25", name)
                .ended(0);
        assertThat(docker.succeed("exec", name, "sh", "-c", show)).isEqualTo("100663296\n44\n25000 100000");
        assertThat(docker.succeed("stats", "--no-stream", "--format={{.PIDs}} {{.MemUsage}}", name))
                .matches("[12] .*KiB / 96MiB");
    }

    @ParameterizedTest
    @EnumSource
    void whatUsesTooMuchMemoryIsKilledAndThatIsSaid(OciRuntime runtime) {
        docker.run(runtime, "--name=one", "--memory=16m", IMAGE, "sh", "-c", "x=0123456789; while :; do x=$x$x; done")
                .execute()
                .ended(137);
        assertThat(inspect("one", ".State.OOMKilled")).isEqualTo("true");
    }

    @ParameterizedTest
    @EnumSource
    void aProgramThatCannotBeRunIsToldInDockersStatus(OciRuntime runtime) {
        for (String program : new String[] {"nosuch", "/no/such"}) {
            Outcome missing =
                    docker.run(runtime, "--rm", IMAGE, program).execute().ended(127);
            assertThat(missing.error())
                    .contains("OCI runtime create failed: ", "exec: \"" + program, "no", "file", "unknown");
        }
        for (String program : new String[] {"/etc/passwd", "/bin"}) {
            Outcome refused =
                    docker.run(runtime, "--rm", IMAGE, program).execute().ended(126);
            assertThat(refused.error()).contains("OCI runtime create failed: ", "exec: \"" + program);
        }
    }

    @ParameterizedTest
    @EnumSource
    void otherProgramsRunInARunningContainer(OciRuntime runtime) {
        String name = startWaiting(runtime);
        assertThat(docker.succeed(
                        "exec",
                        "--env=A=b",
                        "--workdir=/tmp",
                        "--user=1000",
                        name,
                        "sh",
                        "-c",
                        "echo $A $PWD $(id -u)"))
                .isEqualTo("b /tmp 1000");
        assertThat(docker.call("exec", "--interactive", name, "cat")
                        .input("hello\n")
                        .execute()
                        .succeeded())
                .isEqualTo("hello\n");
        docker.execute("exec", name, "sh", "-c", "exit 7").ended(7);
        docker.execute("exec", name, "sh", "-c", "kill -9 $$").ended(137);
        for (String program : new String[] {"nosuch", "/etc/passwd"}) {
            Outcome refused = docker.execute("exec", name, program);
            assertThat(refused.status()).as(refused.toString()).isBetween(126, 127);
            assertThat(refused.output() + refused.error())
                    .contains("OCI runtime exec failed: ", "exec: \"" + program + "\"");
        }
        docker.succeed("exec", "--detach", name, "touch", "/done");
        Conditions.await(
                "it is done", () -> docker.execute("exec", name, "ls", "/done").status() == 0);
        assertThat(docker.succeed("top", name, "-o", "pid,args")).contains("sh -c trap");
    }

    @ParameterizedTest
    @EnumSource
    void aContainerIsPausedAndGoesOn(OciRuntime runtime) {
        String name = startWaiting(runtime);
        docker.succeed("pause", name);
        assertThat(inspect(name, ".State.Status")).isEqualTo("paused");
        docker.execute("exec", name, "true").ended(1);
        docker.succeed("unpause", name);
        assertThat(docker.succeed("exec", name, "echo", "goes on")).isEqualTo("goes on");
    }

    @ParameterizedTest
    @EnumSource
    void aContainerIsKilledStartedAgainAndStopped(OciRuntime runtime) {
        String name = startWaiting(runtime);
        docker.succeed("kill", "--signal=TERM", name);
        assertThat(docker.succeed("wait", name)).isEqualTo("5");
        docker.succeed("start", name);
        Conditions.await("it is ready again", () -> docker.succeed("logs", name).endsWith("ready"));
        docker.execute("rm", name).ended(1);
        docker.succeed("restart", name);
        Conditions.await(
                "it is ready once more", () -> docker.succeed("logs", name).endsWith("ready"));
        docker.succeed("stop", name);
        assertThat(inspect(name, ".State.Status") + inspect(name, ".State.ExitCode"))
                .isEqualTo("exited5");
        assertThat(docker.succeed("logs", name))
                .isEqualTo("ready\nasked to end\n".repeat(3).strip());
        docker.succeed("rm", name);
    }

    @ParameterizedTest
    @EnumSource
    void whoDoesNotListenIsKilled(OciRuntime runtime) {
        docker.run(
                        runtime,
                        "--detach",
                        "--name=one",
                        IMAGE,
                        "sh",
                        "-c",
                        "trap '' TERM; echo ready; while :; do sleep 0.05; done")
                .execute()
                .succeeded();
        Conditions.await("it is ready", () -> docker.succeed("logs", "one").contains("ready"));
        docker.execute("stop", "--time=1", "one").ended(0);
        assertThat(inspect("one", ".State.ExitCode")).isEqualTo("137");
    }

    @ParameterizedTest
    @EnumSource
    void aContainerIsMadeThenChangedThenStarted(OciRuntime runtime, Installation carafe) throws Exception {
        docker.create(runtime, "--name=one", IMAGE, "sh", "-c", "echo $$; cat /added; exit 4")
                .execute()
                .succeeded();
        Path file = Files.writeString(carafe.newPath("file"), "from outside\n");
        docker.execute("cp", file.toString(), "one:/added").ended(0);
        assertThat(docker.execute("start", "--attach", "one").ended(4).output()).isEqualTo("1\nfrom outside\n");
    }

    @ParameterizedTest
    @EnumSource
    void aProgramHasATerminal(OciRuntime runtime) throws Exception {
        TerminalProbe.check(
                docker.run(runtime, "--rm", "--interactive", "--tty", IMAGE, "sh", "-c", TerminalProbe.SCRIPT));
        String name = startWaiting(runtime);
        TerminalProbe.check(docker.call("exec", "--interactive", "--tty", name, "sh", "-c", TerminalProbe.SCRIPT));
    }

    @ParameterizedTest
    @EnumSource
    void aContainersHealthIsChecked(OciRuntime runtime) {
        String name = startWaiting(
                runtime, "--health-cmd=test -e /tmp/well", "--health-interval=200ms", "--health-retries=1");
        Conditions.await(
                "it is found ill", () -> inspect(name, ".State.Health.Status").equals("unhealthy"));
        docker.succeed("exec", name, "touch", "/tmp/well");
        Conditions.await(
                "it is found well", () -> inspect(name, ".State.Health.Status").equals("healthy"));
    }

    @ParameterizedTest
    @EnumSource
    void aContainerJoinsAnothersNamespaces(OciRuntime runtime) {
        String name = startWaiting(runtime, "--ipc=shareable");
        String show = "for kind in net ipc pid; do readlink /proc/self/ns/$kind; done";
        String joined = docker.call(
                        "run",
                        "--rm",
                        "--runtime=" + runtime.title(),
                        "--network=container:" + name,
                        "--ipc=container:" + name,
                        "--pid=container:" + name,
                        IMAGE,
                        "sh",
                        "-c",
                        show)
                .execute()
                .ended(0)
                .output();
        assertThat(joined).isEqualTo(docker.succeed("exec", name, "sh", "-c", show) + "\n");
    }

    @ParameterizedTest
    @EnumSource
    void aContainerThatFailsIsStartedAgain(OciRuntime runtime) {
        docker.run(runtime, "--name=one", "--restart=on-failure:1", IMAGE, "sh", "-c", "echo again; exit 2")
                .execute()
                .ended(2);
        Conditions.await("it has run twice", () -> docker.succeed("logs", "one").equals("again\nagain"));
    }

    @Test
    void theRuntimeInTheMiddleIsCarafe() {
        startWaiting(OciRuntime.CARAFE);
        assertThat(docker.runtimeState())
                .hasSize(1)
                .allSatisfy(state ->
                        assertThat(state.resolve("state.json")).content().contains("startTime"));
    }
}
