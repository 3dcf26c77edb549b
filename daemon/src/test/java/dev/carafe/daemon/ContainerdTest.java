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

/**
 * {@code carafe-oci} as the runtime of containerd's {@code io.containerd.runc.v2}, held against runC in its place.
 */
@SystemTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ContainerdTest {

    private static final String WAITS = "trap 'exit 5' TERM; while :; do sleep 0.05; done";
    private static final String ID = "one";

    private Containerd containerd;

    @BeforeAll
    void importTheImage(Installation carafe) {
        PeerFolder folder = carafe.newPeerFolder();
        containerd = new Containerd(carafe, folder);
        containerd.succeed("image", "import", folder.image().toString());
    }

    @AfterEach
    void nothingOfTheContainersIsLeft() {
        containerd.execute("task", "rm", "--force", ID);
        containerd.execute("container", "rm", ID);
        assertThat(containerd.succeed("container", "ls", "-q")).isEmpty();
        assertThat(containerd.runtimeState()).isEmpty();
    }

    private Outcome run(OciRuntime runtime, String script, String... options) {
        return containerd
                .run(runtime, PeerFolder.words("--rm", options, IMAGE, ID, "sh", "-c", script))
                .execute();
    }

    private void startWaiting(OciRuntime runtime, String... options) {
        containerd
                .run(runtime, PeerFolder.words("--detach", options, IMAGE, ID, "sh", "-c", WAITS))
                .execute()
                .succeeded();
        // Before it has said what it does on TERM, nobody should send it.
        Conditions.await(
                "it waits",
                () -> containerd.exec(ID, "pidof", "sleep").execute().status() == 0);
    }

    private String status() {
        return containerd.succeed("task", "ls").replaceAll("(?s).*" + ID + " +\\d+ +(\\w+).*", "$1");
    }

    @ParameterizedTest
    @EnumSource
    void aProgramsInputOutputAndStatusAreItsOwn(OciRuntime runtime) {
        Outcome outcome = containerd
                .run(runtime, "--rm", IMAGE, ID, "sh", "-c", "read line; echo $line; echo err >&2; exit 3")
                .input("hello\n")
                .execute();
        assertThat(outcome.ended(3).output()).isEqualTo("hello\n");
        assertThat(outcome.error()).isEqualTo("err\n");
        run(runtime, "sh -c 'kill -9 $$'; exit $?").ended(137);
    }

    @ParameterizedTest
    @EnumSource
    void optionsReachTheProgram(OciRuntime runtime, Installation carafe) throws Exception {
        Path volume = carafe.newFolder("volume");
        Files.writeString(volume.resolve("file"), "content\n");
        String output = run(
                        runtime,
                        """
                        echo $A $PWD
                        cat /volume/file
                        grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr '\\t' ' '
                        head -c 2 /dev/zero | wc -c
                        for place in /etc /volume; do touch $place/new 2>&1; done
                        touch /dev/shm/new /run/new && echo done
                        """,
                        "--env=A=b",
                        "--cwd=/tmp",
                        "--read-only",
                        "--seccomp",
                        "--cap-drop=CAP_CHOWN",
                        "--mount=type=bind,src=" + volume + ",dst=/volume,options=rbind:ro")
                .succeeded();
        assertThat(output).isEqualTo("""
                b /tmp
                content
                CapBnd: 00000000a80425fa
                NoNewPrivs: 1
                Seccomp: 2
                2
                touch: /etc/new: Read-only file system
                touch: /volume/new: Read-only file system
                done
                """);
        assertThat(run(runtime, "grep -c : /proc/net/dev; id -u", "--net-host", "--privileged")
                        .succeeded())
                .isEqualTo(Commands.succeed("grep -c : /proc/net/dev") + "0\n");
    }

    @ParameterizedTest
    @EnumSource
    void aProgramThatCannotBeRunIsToldInTheRuntimesWords(OciRuntime runtime) {
        for (String[] each : new String[][] {
            {"nosuch", "executable file not found in $PATH"},
            {"/no/such", "no such file or directory"},
            {"/etc/passwd", "permission denied"},
            {"/bin", "permission denied"}
        }) {
            Outcome outcome = containerd
                    .run(runtime, "--rm", IMAGE, ID, each[0])
                    .execute()
                    .ended(1);
            assertThat(outcome.error())
                    .contains("failed to create shim task: OCI runtime create failed: ", "exec: \"" + each[0] + "\"")
                    .contains(each[1]);
        }
    }

    @ParameterizedTest
    @EnumSource
    void otherProgramsRunInARunningContainer(OciRuntime runtime) {
        startWaiting(runtime);
        assertThat(containerd
                        .exec(ID, "--cwd=/tmp", "--user=1000", "sh", "-c", "echo $PWD $(id -u)")
                        .execute()
                        .succeeded())
                .isEqualTo("/tmp 1000\n");
        assertThat(containerd.exec(ID, "cat").input("hello\n").execute().succeeded())
                .isEqualTo("hello\n");
        containerd.exec(ID, "sh", "-c", "exit 7").execute().ended(7);
        containerd.exec(ID, "sh", "-c", "kill -9 $$").execute().ended(137);
        assertThat(containerd.exec(ID, "nosuch").execute().ended(1).error())
                .contains("OCI runtime exec failed: ", "exec: \"nosuch\": executable file not found in $PATH");
        assertThat(containerd.exec(ID, "/etc/passwd").execute().ended(1).error())
                .contains("OCI runtime exec failed: ", "exec: \"/etc/passwd\": permission denied");
        containerd.exec(ID, "--detach", "touch", "/done").execute().succeeded();
        Conditions.await(
                "it is done", () -> containerd.exec(ID, "ls", "/done").execute().status() == 0);
        assertThat(containerd.succeed("task", "ps", ID).lines()).hasSizeBetween(2, 3);
    }

    @ParameterizedTest
    @EnumSource
    void limitsAreSetAndUseIsMeasured(OciRuntime runtime) {
        startWaiting(runtime, "--memory-limit=67108864", "--cpus=0.5");
        String group = containerd.namespace() + "/" + ID;
        String limits = Commands.succeed(
                "cd /sys/fs/cgroup; if [ -e cgroup.procs ]; then cat $0/memory.max $0/cpu.max; else"
                        + " cat memory/$0/memory.limit_in_bytes;"
                        + " echo $(cat cpu/$0/cpu.cfs_quota_us cpu/$0/cpu.cfs_period_us); fi",
                group);
        assertThat(limits).isEqualTo("67108864\n50000 100000\n");
        assertThat(containerd.succeed("task", "metrics", ID)).contains("memory", "67108864", "pids.current");
    }

    @ParameterizedTest
    @EnumSource
    void whatUsesTooMuchMemoryIsKilled(OciRuntime runtime) {
        run(runtime, "x=0123456789; while :; do x=$x$x; done", "--memory-limit=16777216")
                .ended(137);
    }

    @ParameterizedTest
    @EnumSource
    void aTaskIsPausedAndGoesOn(OciRuntime runtime) {
        startWaiting(runtime);
        containerd.succeed("task", "pause", ID);
        assertThat(status()).isEqualTo("PAUSED");
        assertThat(containerd.exec(ID, "true").execute().ended(1).error()).contains("cannot exec in a paused state");
        containerd.succeed("task", "resume", ID);
        assertThat(status()).isEqualTo("RUNNING");
        containerd.exec(ID, "true").execute().succeeded();
    }

    @ParameterizedTest
    @EnumSource
    void aTaskIsKilledAndStartedAgain(OciRuntime runtime) {
        startWaiting(runtime);
        assertThat(containerd.execute("task", "rm", ID).ended(1).error()).contains("must be stopped before deletion");
        containerd.succeed("task", "kill", "--signal=TERM", ID);
        Conditions.await("it has stopped", () -> status().equals("STOPPED"));
        assertThat(containerd.execute("task", "kill", ID).ended(1).error())
                .contains("process already finished: not found");
        assertThat(containerd.execute("task", "rm", ID).ended(0).error()).contains("non-zero exit code 5");
        containerd.succeed("task", "start", "--detach", ID);
        assertThat(status()).isEqualTo("RUNNING");
        containerd.succeed("task", "kill", "--all", "--signal=KILL", ID);
        Conditions.await("it has stopped", () -> status().equals("STOPPED"));
        assertThat(containerd.execute("task", "rm", ID).ended(0).error()).contains("non-zero exit code 137");
    }

    @ParameterizedTest
    @EnumSource
    void aRunningTaskIsRemovedByForce(OciRuntime runtime) {
        startWaiting(runtime);
        containerd.execute("task", "rm", "--force", ID).ended(0);
        assertThat(containerd.succeed("task", "ls", "-q")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aProgramHasATerminal(OciRuntime runtime) throws Exception {
        TerminalProbe.check(containerd.run(runtime, "--rm", "--tty", IMAGE, ID, "sh", "-c", TerminalProbe.SCRIPT));
        startWaiting(runtime);
        TerminalProbe.check(containerd.exec(ID, "--tty", "sh", "-c", TerminalProbe.SCRIPT));
    }

    @Test
    void theRuntimeInTheMiddleIsCarafe() {
        startWaiting(OciRuntime.CARAFE);
        assertThat(containerd.runtimeState())
                .hasSize(1)
                .allSatisfy(state ->
                        assertThat(state.resolve("state.json")).content().contains("startTime"));
    }
}
