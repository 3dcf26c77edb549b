package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code carafe oci exec}: other programs in a container that runs. */
@SystemTest
class OciExecTest {

    private static final String WAITS = "trap 'exit 0' TERM; while :; do sleep 0.05; done";

    private String id = "";
    private Bundle bundle = new Bundle(Path.of("/"));

    @BeforeEach
    void startAContainer(Installation carafe) {
        bundle = carafe.bundle(WAITS);
        id = start(carafe, bundle);
    }

    @AfterEach
    void endIt(Installation carafe) {
        carafe.oci("delete", "--force", id).succeeded();
    }

    private static String start(Installation carafe, Bundle bundle) {
        String id = carafe.newId();
        carafe.oci("run", "--detach", "--bundle", bundle.folder().toString(), id)
                .succeeded();
        return id;
    }

    private Outcome exec(Installation carafe, String script) {
        return carafe.oci("exec", id, "sh", "-c", script);
    }

    private String process(Installation carafe, String filter) throws IOException {
        String process = Commands.succeed(
                "jq -c \".process | $1\" \"$0\"", bundle.config().toString(), filter);
        return Files.writeString(carafe.newPath("process"), process).toString();
    }

    @Test
    void aProgramRunsWhereTheContainerDoesAndEndsWithItsStatus(Installation carafe) {
        String first = Json.read(carafe.oci("state", id).succeeded(), ".pid");
        String theirs =
                Commands.succeed("cd /proc/$0/ns && for n in *; do readlink $n; done; cat /proc/$0/cgroup", first);
        assertThat(exec(carafe, "cd /proc/self/ns && for n in *; do readlink $n; done; cat /proc/self/cgroup")
                        .succeeded())
                .isEqualTo(theirs);
        assertThat(exec(carafe, "cat /proc/1/cmdline").succeeded()).contains("trap");
        exec(carafe, "exit 42").ended(42);
        exec(carafe, "kill -9 $$").ended(137);
    }

    @Test
    void itIsAsTheContainersOwnProcessUnlessToldOtherwise(Installation carafe) {
        String status = "grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups|Uid)' /proc/self/status; ulimit -n; umask; pwd; env";
        String first = carafe.runBundle(carafe.bundle(status)).succeeded();
        assertThat(exec(carafe, status).succeeded()).isEqualTo(first);

        String changed = carafe.oci(
                        "exec",
                        "--user",
                        "1000:100",
                        "-g",
                        "7",
                        "-g",
                        "8",
                        "--env",
                        "A=one two",
                        "-e",
                        "B=",
                        "--cwd",
                        "/bin",
                        "--cap",
                        "CAP_SYS_TIME",
                        "--no-new-privs=false",
                        id,
                        "sh",
                        "-c",
                        "id -u; id -g; id -G; echo \"$A,$B,$PWD\"; grep -E '^(CapBnd|CapInh|NoNewPrivs)' /proc/self/status")
                .succeeded();
        assertThat(changed)
                .startsWith("1000\n100\n100 7 8\none two,,/bin\n")
                .contains("CapInh:\t0000000000000000", "NoNewPrivs:\t0")
                .contains("CapBnd:\t0000000022000420"); // SYS_TIME is bit 25
    }

    @Test
    void itsProcessMayComeFromAFile(Installation carafe) throws IOException {
        String file = process(
                carafe,
                ".args = [\"sh\", \"-c\", \"id -u; pwd; echo $X\"] | .user = {uid: 5, gid: 6} | .cwd = \"/bin\" | .env += [\"X=y\"]");
        assertThat(carafe.oci("exec", "--process", file, id).succeeded()).isEqualTo("5\n/bin\ny\n");
        for (String descriptor : List.of("/dev/fd/7", "/proc/self/fd/7", "/dev/stdin")) {
            assertThat(carafe.call("oci", "exec", "--process", descriptor, id)
                            .through("/bin/sh", "-c", "exec \"$@\" 7<\"$0\" <\"$0\"", file)
                            .execute()
                            .succeeded())
                    .as("%s is the caller's own", descriptor)
                    .isEqualTo("5\n/bin\ny\n");
        }
        carafe.oci("exec", "--process", file, id, "true").failed(255, "given twice");
        carafe.oci("exec", "--process", file + "-not", id).failed(255, "--process", "no such file");
        carafe.oci("exec", "--process", process(carafe, ".cwd = 7"), id).failed(255, "--process", "cwd");
        carafe.oci("exec", id).failed(255, "PROGRAM: is missing");
    }

    @Test
    void laterChangesToTheBundleHaveNoEffect(Installation carafe) {
        bundle.edit(".process.env = [\"NEW=1\"] | .process.user.uid = 7");
        assertThat(exec(carafe, "id -u; env").succeeded()).startsWith("0\n").doesNotContain("NEW=1");
    }

    @ParameterizedTest
    @CsvSource({
        "nosuch, executable file not found in $PATH",
        "/nosuch, no such file or directory",
        "/etc, is a directory (EISDIR): permission denied",
        "/plain, permission denied"
    })
    void whatIsNoProgramIsSaidInTheWordsThatCallersLookFor(String program, String words, Installation carafe)
            throws IOException {
        Files.writeString(bundle.rootfs().resolve("plain"), "text");
        Files.createDirectories(bundle.rootfs().resolve("etc"));
        carafe.oci("exec", id, program).failed(255, program, words);
    }

    @ParameterizedTest
    @CsvSource({"1, 1:0", "1:2, 1:2", "0:3, 0:3", "2147483647:2147483647, 2147483647:2147483647"})
    void aUserIsGivenByNumbers(String user, String ids, Installation carafe) {
        assertThat(carafe.oci("exec", "-u", user, id, "sh", "-c", "echo $(id -u):$(id -g)")
                        .succeeded())
                .isEqualTo(ids + "\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ":2",
                "",
                ":",
                "root",
                "1:",
                "1:2:3",
                "-1",
                "+1",
                " 1",
                "1 ",
                "0x1",
                "2147483648",
                "4294967296",
                "1:2147483648"
            })
    void whatIsNoUserNeverBecomesTheSuperuser(String user, Installation carafe) {
        carafe.oci("exec", "--user", user, id, "id").failed(255, "user");
    }

    @Test
    void aStoppedOrPausedContainerIsNotJoined(Installation carafe) {
        carafe.oci("pause", id).succeeded();
        carafe.oci("exec", id, "true").failed(255, "cannot exec in a paused container", "--ignore-paused");
        Call.Running waiting = carafe.call("oci", "exec", "--ignore-paused", id, "echo", "resumed")
                .start();
        Conditions.await(
                "it waits in the container's cgroup",
                () -> carafe.oci("ps", "--format", "json", id).succeeded().contains(","));
        assertThat(waiting.process().isAlive()).isTrue();
        carafe.oci("resume", id).succeeded();
        assertThat(waiting.await().succeeded()).isEqualTo("resumed\n");
        carafe.oci("kill", id, "KILL").succeeded();
        Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
        carafe.oci("exec", id, "true").failed(255, "cannot exec in a stopped container");
        carafe.oci("exec", id + "-not", "true").failed(255, "does not exist");
    }

    @Test
    void aContainerThatWaitsToBeStartedIsJoined(Installation carafe) {
        String created = carafe.newId();
        carafe.oci("create", "--bundle", bundle.folder().toString(), created).succeeded();
        assertThat(carafe.oci("exec", created, "echo", "in").succeeded()).isEqualTo("in\n");
        carafe.oci("delete", "--force", created).succeeded();
    }

    @Test
    void detachedItOutlivesItsCallerAndIsKnownByItsPidFile(Installation carafe) {
        Path pidFile = carafe.newPath("pid");
        carafe.oci("exec", "--detach", "--pid-file", pidFile.toString(), id, "sleep", "1000")
                .succeeded();
        String pid = Installation.read(pidFile);
        assertThat(carafe.oci("ps", "--format", "json", id).succeeded()).contains(pid);
        assertThat(Installation.read(Path.of("/proc/" + pid + "/cmdline"))).isEqualTo("sleep\0" + "1000\0");
        assertThat(carafe.oci("exec", "--detach", "--pid-file", pidFile + "2", id, "nosuch")
                        .status())
                .isEqualTo(255);
        assertThat(Path.of(pidFile + "2")).doesNotExist();
    }

    @Test
    void aTerminalOfTheContainersIsRelayed(Installation carafe) throws Exception {
        try (Terminal terminal = new Terminal(carafe.call("oci", "exec", "-t", id, "sh"), 33, 111)) {
            terminal.await("# ");
            terminal.type("stty size; tty; echo end\"ed\"\n");
            assertThat(terminal.await("ended")).contains("33 111", "/dev/pts/0");
            terminal.await("# ");
            terminal.type("sleep 1000\n");
            Conditions.await("it sleeps", () -> carafe.oci("ps", id).succeeded().contains("sleep 1000"));
            terminal.type("\u0003");
            terminal.await("# ");
            terminal.type("exit 5\n");
            assertThat(terminal.exitStatus()).isEqualTo(5);
        }
    }

    @Test
    void aDetachedTerminalNeedsSomebodyToHaveIt(Installation carafe) {
        carafe.oci("exec", "-t", "-d", id, "sh").failed(255, "needs --console-socket");
        carafe.oci("exec", "-d", "--console-socket", "/tmp/x", id, "sh").failed(255, "--console-socket");
        carafe.oci(
                        "exec",
                        "-t",
                        "-d",
                        "--console-socket",
                        carafe.newPath("none").toString(),
                        id,
                        "sh")
                .failed(255, "--console-socket", "no such file");
    }

    @Test
    void signalsToTheCallerReachIt(Installation carafe) {
        Call.Running call = carafe.call("oci", "exec", id, "sh", "-c", "trap 'exit 9' USR1; touch /ready; " + WAITS)
                .start();
        Conditions.await("it runs", () -> Files.exists(bundle.rootfs().resolve("ready")));
        Commands.succeed("kill -USR1 \"$0\"", Long.toString(call.process().pid()));
        call.await().ended(9);
    }

    @Test
    void descriptorsAreKeptIfTheyAreAskedFor(Installation carafe) {
        for (String[] tried : List.of(new String[] {"2", "0 1 2 3 4"}, new String[] {"0", "0 1 2"})) {
            String output = Commands.succeed(
                    "CARAFE_DATA=\"$1\" CARAFE_STATE=\"$2\" \"$0\" oci exec --preserve-fds \"$3\" \"$4\" sh -c 'ls /proc/$$/fd; true'"
                            + " 3</dev/null 4</dev/null 9</dev/null",
                    Installation.program().toString(),
                    carafe.data().toString(),
                    carafe.state().toString(),
                    tried[0],
                    id);
            assertThat(output.strip().replaceAll("\\s+", " ")).isEqualTo(tried[1]);
        }
    }

    @Test
    void aCgroupBelowTheContainersIsJoinedIfItIsThere(Installation carafe) {
        String first = Json.read(carafe.oci("state", id).succeeded(), ".pid");
        String folder = "/sys/fs/cgroup/pids"
                + Commands.succeed("sed -n 's/^[0-9]*:pids://p' /proc/$0/cgroup", first)
                        .strip() + "/below";
        Commands.succeed("mkdir \"$0\"", folder);
        assertThat(carafe.oci("exec", "--cgroup", "pids:below", id, "grep", ":pids:", "/proc/self/cgroup")
                        .succeeded())
                .contains("/below");
        carafe.oci("exec", "--cgroup", "pids:nosuch", id, "true").failed(255, "adding pid", "no such file");
        carafe.oci("exec", "--cgroup", "pids:../..", id, "true").failed(255, "--cgroup");
        carafe.oci("exec", "--cgroup", "pid:below", id, "true").failed(255, "--cgroup", "unknown controller pid");
    }

    @Test
    void inAUserNamespaceItIsWhoItIsThere(Installation carafe) {
        Bundle mapped = carafe.bundle(WAITS)
                .edit(
                        ".linux.namespaces += [{type: \"user\"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]"
                                + " | .linux.gidMappings = .linux.uidMappings");
        Commands.succeed(
                "chown -R 100000:100000 \"$0\"; chmod 711 \"$1\"",
                mapped.rootfs().toString(),
                mapped.folder().toString());
        String joined = start(carafe, mapped);
        assertThat(carafe.oci("exec", "-u", "5:6", joined, "sh", "-c", "echo $(id -u):$(id -g); cat /proc/self/uid_map")
                        .succeeded()
                        .replaceAll(" +", " "))
                .isEqualTo("5:6\n 0 100000 65536\n");
        carafe.oci("delete", "--force", joined).succeeded();
    }

    @Test
    void manyJoinAtOnce(Installation carafe) {
        List<Call.Running> calls = java.util.stream.IntStream.range(0, 8)
                .mapToObj(i ->
                        carafe.call("oci", "exec", id, "sh", "-c", "echo " + i).start())
                .toList();
        for (int i = 0; i < calls.size(); i++) {
            assertThat(calls.get(i).await().succeeded()).isEqualTo(i + "\n");
        }
    }
}
