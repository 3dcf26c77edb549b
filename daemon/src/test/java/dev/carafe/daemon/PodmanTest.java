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

/** {@code carafe-oci} as podman's runtime, held against runC in its place. */
@SystemTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PodmanTest {

    /** Says so when it can be signalled, and ends with 5 when it is. */
    private static final String WAITS =
            "trap 'echo asked to end; exit 5' TERM; echo ready; while :; do sleep 0.05; done";

    private Podman podman;

    @BeforeAll
    void loadTheImage(Installation carafe) {
        podman = new Podman(carafe);
    }

    @AfterEach
    void nothingOfTheContainersIsLeft(Installation carafe) {
        podman.removeAll();
        assertThat(carafe.oci("list", "-q").succeeded()).isEmpty();
    }

    private String start(OciRuntime runtime, String script, String... options) {
        String name = "one";
        podman.run(runtime, PeerFolder.words("--detach", "--name=" + name, options, IMAGE, "sh", "-c", script))
                .execute()
                .succeeded();
        return name;
    }

    private String startWaiting(OciRuntime runtime, String... options) {
        String name = start(runtime, WAITS, options);
        Conditions.await("it is ready", () -> podman.succeed("logs", name).contains("ready"));
        return name;
    }

    @ParameterizedTest
    @EnumSource
    void aProgramsInputOutputAndStatusAreItsOwn(OciRuntime runtime) {
        Outcome outcome = podman.run(runtime, "--rm", "--interactive", IMAGE, "sh", "-c", "cat; echo err >&2; exit 3")
                .input("hello\n")
                .execute();
        assertThat(outcome.ended(3).output()).isEqualTo("hello\n");
        assertThat(outcome.error()).isEqualTo("err\n");
        podman.run(runtime, "--rm", IMAGE, "sh", "-c", "sh -c 'kill -9 $$'; exit $?")
                .execute()
                .ended(137);
    }

    @ParameterizedTest
    @EnumSource
    void optionsReachTheProgram(OciRuntime runtime, Installation carafe) throws Exception {
        Path volume = carafe.newFolder("volume");
        Files.writeString(volume.resolve("file"), "content\n");
        String output = podman.run(
                        runtime,
                        "--rm",
                        "--env=A=b",
                        "--workdir=/tmp",
                        "--user=1000:5",
                        "--hostname=one",
                        "--read-only",
                        "--cap-drop=all",
                        "--cap-add=chown",
                        "--security-opt=no-new-privileges",
                        "--umask=077",
                        "--oom-score-adj=500",
                        "--shm-size=1m",
                        "--sysctl=kernel.msgmax=999",
                        "--device=/dev/zero:/dev/other",
                        "--volume=" + volume + ":/volume:ro",
                        "--tmpfs=/memory:mode=1777",
                        IMAGE,
                        "sh",
                        "-c",
                        """
                        echo $A $PWD $(id -u):$(id -g) $(hostname) $(umask)
                        cat /proc/self/oom_score_adj /proc/sys/kernel/msgmax /volume/file
                        grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr '\\t' ' '
                        grep -o 'size=1024k' /proc/mounts
                        head -c 2 /dev/other | wc -c
                        for place in / /etc /volume; do touch $place/new 2>&1; done
                        touch /memory/new /dev/shm/new /run/new && echo done
                        """)
                .execute()
                .succeeded();
        assertThat(output).isEqualTo("""
                b /tmp 1000:5 one 0077
                500
                999
                content
                CapBnd: 0000000000000001
                NoNewPrivs: 1
                Seccomp: 2
                size=1024k
                2
                touch: //new: Read-only file system
                touch: /etc/new: Read-only file system
                touch: /volume/new: Read-only file system
                done
                """);
    }

    @ParameterizedTest
    @EnumSource
    void limitsAreSetAndChanged(OciRuntime runtime) {
        String show = "cd /sys/fs/cgroup; if [ -e cgroup.procs ]; then cat memory.max pids.max cpu.max; else"
                + " cat memory/memory.limit_in_bytes pids/pids.max; echo $(cat cpu/cpu.cfs_quota_us) $(cat"
                + " cpu/cpu.cfs_period_us); fi";
        String name = startWaiting(runtime, "--memory=64m", "--pids-limit=33", "--cpus=0.5");
        assertThat(podman.succeed("exec", name, "sh", "-c", show)).isEqualTo("67108864\n33\n50000 100000");
        podman.succeed("update", "--memory=96m", "--memory-swap=-1", "--cpus=0.25", name);
        assertThat(podman.succeed("exec", name, "sh", "-c", show)).isEqualTo("100663296\n33\n25000 100000");
        assertThat(podman.succeed("stats", "--no-stream", "--format={{.PIDS}} {{.MemUsage}}", name))
                .matches("[12] .*kB / .*MB");
    }

    @ParameterizedTest
    @EnumSource
    void whatUsesTooMuchMemoryIsKilled(OciRuntime runtime) {
        podman.run(runtime, "--rm", "--memory=16m", IMAGE, "sh", "-c", "x=0123456789; while :; do x=$x$x; done")
                .execute()
                .ended(137);
    }

    @ParameterizedTest
    @EnumSource
    void aProgramThatCannotBeRunIsToldInPodmansWords(OciRuntime runtime) {
        Outcome missing = podman.run(runtime, "--rm", IMAGE, "nosuch").execute().ended(127);
        assertThat(missing.error())
                .contains(
                        "exec: \"nosuch\": executable file not found in $PATH",
                        "OCI runtime attempted to invoke a command that was not found");
        Outcome absent =
                podman.run(runtime, "--rm", IMAGE, "/no/such").execute().ended(127);
        assertThat(absent.error())
                .contains("no such file or directory", "OCI runtime attempted to invoke a command that was not found");
        for (String program : new String[] {"/etc/passwd", "/bin"}) {
            Outcome refused =
                    podman.run(runtime, "--rm", IMAGE, program).execute().ended(126);
            assertThat(refused.error()).contains("exec: \"" + program, "OCI permission denied");
        }
    }

    @ParameterizedTest
    @EnumSource
    void otherProgramsRunInARunningContainer(OciRuntime runtime) {
        String name = startWaiting(runtime);
        assertThat(podman.succeed(
                        "exec",
                        "--env=A=b",
                        "--workdir=/tmp",
                        "--user=1000",
                        name,
                        "sh",
                        "-c",
                        "echo $A $PWD $(id -u)"))
                .isEqualTo("b /tmp 1000");
        assertThat(podman.call("exec", "--interactive", name, "cat")
                        .input("hello\n")
                        .execute()
                        .succeeded())
                .isEqualTo("hello\n");
        podman.execute("exec", name, "sh", "-c", "exit 7").ended(7);
        podman.execute("exec", name, "sh", "-c", "kill -9 $$").ended(137);
        assertThat(podman.execute("exec", name, "nosuch").ended(127).error()).contains("\"nosuch\"", "not found");
        assertThat(podman.execute("exec", name, "/etc/passwd").ended(126).error())
                .contains("OCI permission denied");
        podman.succeed("exec", "--detach", name, "touch", "/done");
        Conditions.await(
                "it is done", () -> podman.execute("exec", name, "ls", "/done").status() == 0);
        assertThat(podman.succeed("top", name, "args")).startsWith("COMMAND\nsh -c trap");
    }

    @ParameterizedTest
    @EnumSource
    void aContainerIsPausedAndGoesOn(OciRuntime runtime) {
        String name = startWaiting(runtime);
        podman.succeed("pause", name);
        assertThat(podman.succeed("inspect", "--format={{.State.Status}}", name))
                .isEqualTo("paused");
        assertThat(podman.execute("exec", name, "true").ended(255).error()).contains("container state improper");
        podman.succeed("unpause", name);
        assertThat(podman.succeed("exec", name, "echo", "goes on")).isEqualTo("goes on");
    }

    @ParameterizedTest
    @EnumSource
    void aContainerIsKilledStartedAgainAndStopped(OciRuntime runtime) {
        String name = startWaiting(runtime);
        podman.succeed("kill", "--signal=TERM", name);
        assertThat(podman.succeed("wait", name)).isEqualTo("5");
        assertThat(podman.execute("rm", "nosuch").status()).isNotZero();
        podman.succeed("start", name);
        Conditions.await("it is ready again", () -> podman.succeed("logs", name).endsWith("ready"));
        podman.execute("rm", name).ended(2);
        podman.succeed("restart", name);
        Conditions.await(
                "it is ready once more", () -> podman.succeed("logs", name).endsWith("ready"));
        podman.succeed("stop", name);
        assertThat(podman.succeed("inspect", "--format={{.State.Status}} {{.State.ExitCode}}", name))
                .isEqualTo("exited 5");
        String once = "ready\nasked to end\n";
        assertThat(podman.succeed("logs", name)).isEqualTo(once.repeat(3).strip());
        podman.succeed("rm", name);
    }

    @ParameterizedTest
    @EnumSource
    void whoDoesNotListenIsKilled(OciRuntime runtime) {
        String name = start(runtime, "trap '' TERM; echo ready; while :; do sleep 0.05; done");
        Conditions.await("it is ready", () -> podman.succeed("logs", name).contains("ready"));
        podman.execute("stop", "--time=1", name).ended(0);
        assertThat(podman.succeed("inspect", "--format={{.State.ExitCode}}", name))
                .isEqualTo("137");
    }

    @ParameterizedTest
    @EnumSource
    void aContainerIsOnlyMadeAndRemovedAgain(OciRuntime runtime) {
        podman.create(runtime, "--name=one", IMAGE, "sh", "-c", "echo began; exit 4")
                .execute()
                .succeeded();
        podman.succeed("init", "one");
        assertThat(podman.succeed("inspect", "--format={{.State.Status}}", "one"))
                .isEqualTo("initialized");
        assertThat(podman.execute("start", "--attach", "one").ended(4).output()).isEqualTo("began\n");
        podman.succeed("init", "one");
        podman.succeed("rm", "--force", "one");
    }

    @ParameterizedTest
    @EnumSource
    void aProgramHasATerminal(OciRuntime runtime) throws Exception {
        TerminalProbe.check(
                podman.run(runtime, "--rm", "--interactive", "--tty", IMAGE, "sh", "-c", TerminalProbe.SCRIPT));
        String name = startWaiting(runtime);
        TerminalProbe.check(podman.call("exec", "--interactive", "--tty", name, "sh", "-c", TerminalProbe.SCRIPT));
    }

    @ParameterizedTest
    @EnumSource
    void aContainersHealthIsChecked(OciRuntime runtime) {
        String name = startWaiting(
                runtime, "--health-cmd=test -e /tmp/well", "--health-interval=disable", "--health-retries=1");
        assertThat(podman.execute("healthcheck", "run", name).ended(1).output()).contains("unhealthy");
        podman.succeed("exec", name, "touch", "/tmp/well");
        podman.succeed("healthcheck", "run", name);
        assertThat(podman.succeed("inspect", "--format={{.State.Health.Status}}", name))
                .isEqualTo("healthy");
    }

    @ParameterizedTest
    @EnumSource
    void aContainerJoinsAnothersNamespaces(OciRuntime runtime) {
        String name = startWaiting(runtime);
        String show = "for kind in net ipc pid; do readlink /proc/self/ns/$kind; done";
        String joined = podman.call(
                        "--runtime=" + runtime.title(),
                        "run",
                        "--rm",
                        "--ulimit=host",
                        "--network=container:" + name,
                        "--ipc=container:" + name,
                        "--pid=container:" + name,
                        IMAGE,
                        "sh",
                        "-c",
                        show)
                .execute()
                .succeeded();
        assertThat(joined).isEqualTo(podman.succeed("exec", name, "sh", "-c", show) + "\n");
    }

    @ParameterizedTest
    @EnumSource
    void aContainerHasUsersOfItsOwn(OciRuntime runtime) {
        String mapped = podman.run(
                        runtime,
                        "--rm",
                        "--uidmap=0:100000:65536",
                        "--gidmap=0:100000:65536",
                        IMAGE,
                        "sh",
                        "-c",
                        "id -u; cat /proc/self/uid_map | tr -s ' '; touch /new && stat -c %u /new")
                .execute()
                .succeeded();
        assertThat(mapped).isEqualTo("0\n 0 100000 65536\n0\n");
    }

    @ParameterizedTest
    @EnumSource
    void aContainerThatFailsIsStartedAgain(OciRuntime runtime) {
        podman.run(runtime, "--name=one", "--restart=on-failure:1", IMAGE, "sh", "-c", "echo again; exit 2")
                .execute()
                .ended(2);
        Conditions.await("it has run twice", () -> podman.succeed("logs", "one").equals("again\nagain"));
    }

    @ParameterizedTest
    @EnumSource
    void aContainerIsCheckpointedAndGoesOn(OciRuntime runtime, Installation carafe) {
        Criu criu = Criu.required(carafe);
        String name = start(runtime, "i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done");
        Conditions.await("it counts", () -> podman.succeed("logs", name).contains("\n9\n"));
        criu.in(podman.call("container", "checkpoint", name)).execute().succeeded();
        int last = Integer.parseInt(podman.succeed("logs", "--tail=1", name));
        criu.in(podman.call("container", "restore", name)).execute().succeeded();
        // What it wrote when it was stopped may be lost with the line.
        Conditions.await(
                "it goes on",
                () -> podman.succeed("logs", name).matches("(?s).*\n" + last + "\n(\\d+\n)?" + (last + 2) + "\n.*"));

        String archive = carafe.newPath("archive.tar.gz").toString();
        criu.in(podman.call("container", "checkpoint", "--leave-running", "--export=" + archive, name))
                .execute()
                .succeeded();
        criu.in(podman.call(
                        "--runtime=" + runtime.title(), "container", "restore", "--import=" + archive, "--name=two"))
                .execute()
                .succeeded();
        Conditions.await(
                "the other one goes on too", () -> podman.succeed("logs", "two").contains("\n"));
        assertThat(podman.succeed("ps", "--format={{.Names}}").lines()).containsExactlyInAnyOrder(name, "two");
        podman.succeed("kill", name);
        assertThat(podman.succeed("wait", name)).isEqualTo("137");
    }

    @Test
    void theRuntimeInTheMiddleIsCarafe(Installation carafe) {
        String name = startWaiting(OciRuntime.CARAFE);
        assertThat(podman.succeed("inspect", "--format={{.OCIRuntime}}", name)).isEqualTo("carafe-oci");
        assertThat(carafe.status(podman.succeed("inspect", "--format={{.Id}}", name)))
                .isEqualTo("running");
    }
}
