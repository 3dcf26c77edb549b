package dev.carafe.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Sockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code carafe oci}, as podman, containerd and people call it, on bundles as runC writes them. */
@SystemTest
class OciLifeCycleTest {

    private static final String WAITS = "trap 'exit 0' TERM; while :; do sleep 0.05; done";

    private static String create(Installation carafe, Bundle bundle, String... options) {
        String id = carafe.newId();
        List<String> words = new ArrayList<>(
                List.of("oci", "create", "--bundle", bundle.folder().toString()));
        words.addAll(List.of(options));
        words.add(id);
        carafe.execute(words.toArray(String[]::new)).succeeded();
        return id;
    }

    @Test
    void aContainerIsCreatedStartedStoppedAndDeleted(Installation carafe) {
        Bundle bundle = carafe.bundle("echo began > /began; " + WAITS).edit(".annotations = {\"a.b\": \"c\"}");
        Path pidFile = carafe.newPath("pid");
        String id = create(carafe, bundle, "--pid-file", pidFile.toString());
        String pid = Installation.read(pidFile);
        String state = carafe.oci("state", id).succeeded();
        assertThat(Json.read(state, ".id, .status, .pid, .bundle, .rootfs, .ociVersion, .annotations[\"a.b\"], .owner"))
                .isEqualTo(String.join(
                        "\n",
                        id,
                        "created",
                        pid,
                        bundle.folder().toString(),
                        bundle.rootfs().toString(),
                        "1.0.2-dev",
                        "c",
                        "root"));
        assertThat(Json.read(state, ".created")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d+Z");
        assertThat(bundle.rootfs().resolve("began")).doesNotExist();

        carafe.oci("start", id).succeeded();
        assertThat(carafe.status(id)).isEqualTo("running");
        Conditions.await("it has begun", () -> Files.exists(bundle.rootfs().resolve("began")));
        carafe.oci("start", id).failed(1, "cannot start an already running container");
        carafe.oci("delete", id).failed(1, id, "not stopped: running");

        carafe.oci("kill", id).succeeded();
        Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
        assertThat(Json.read(carafe.oci("state", id).succeeded(), ".pid")).isEqualTo("0");
        carafe.oci("kill", id, "KILL").failed(1, "container not running");
        carafe.oci("start", id).failed(1, "cannot start a container that has stopped");
        carafe.oci("delete", id).succeeded();
        carafe.oci("state", id).failed(1, "container " + id + " does not exist");
    }

    @ParameterizedTest
    @ValueSource(strings = {"state", "start", "kill", "delete"})
    void aContainerThatIsNotThereIsSaidSo(String command, Installation carafe) {
        String id = carafe.newId();
        carafe.oci(command, id).failed(1, "container " + id + " does not exist");
        carafe.oci("delete", "--force", id).succeeded();
    }

    @Test
    void underItsOtherNameTheProgramIsAnOciRuntime(Installation carafe) throws IOException {
        Bundle bundle = carafe.bundle("echo it works");
        Path link = Files.createSymbolicLink(carafe.newFolder("bin").resolve("carafe-oci"), Installation.program());
        for (Path program : List.of(Installation.runtimeProgram(), link)) {
            Call call = new Call(
                    carafe,
                    List.of(program.toString()),
                    List.of("run", "--bundle", bundle.folder().toString(), carafe.newId()));
            assertThat(call.execute().succeeded()).isEqualTo("it works\n");
            new Call(carafe, List.of(program.toString()), List.of("oci", "list"))
                    .execute()
                    .failed(1, "\"oci oci\"");
        }
        Path other = Files.createSymbolicLink(link.resolveSibling("runc"), Installation.program());
        new Call(carafe, List.of(other.toString()), List.of("list")).execute().failed(2, "\"list\"");
    }

    @Test
    void anIdIsTakenOnce(Installation carafe) {
        Bundle bundle = carafe.bundle("true");
        String id = create(carafe, bundle);
        carafe.oci("create", "--bundle", bundle.folder().toString(), id).failed(1, "container with id exists: " + id);
        carafe.oci("run", "--bundle", bundle.folder().toString(), id).failed(1, "container with id exists: " + id);
        assertThat(carafe.status(id)).isEqualTo("created");
        carafe.oci("delete", id).succeeded(); // as runC and crun do, one that was never started
    }

    @ParameterizedTest
    @ValueSource(strings = {"HUP", "INT", "QUIT", "TERM", "KILL"})
    void oneThatWaitsToBeStartedCanBeEnded(String signal, Installation carafe) {
        String id = create(carafe, carafe.bundle("true"));
        carafe.oci("kill", id, signal).succeeded();
        Conditions.await("it has ended", () -> carafe.status(id).equals("stopped"));
        carafe.oci("delete", id).succeeded();
    }

    @Test
    void ofManyWhoWantAnIdOneGetsIt(Installation carafe) {
        Bundle bundle = carafe.bundle("true");
        String id = carafe.newId();
        List<Call.Running> calls = IntStream.range(0, 5)
                .mapToObj(i -> carafe.call(
                                "oci", "create", "--bundle", bundle.folder().toString(), id)
                        .start())
                .toList();
        assertThat(calls.stream().map(call -> call.await().status()).sorted()).containsExactly(0, 1, 1, 1, 1);
        assertThat(carafe.status(id)).isEqualTo("created");
        List<Call.Running> starts = IntStream.range(0, 3)
                .mapToObj(i -> carafe.call("oci", "start", id).start())
                .toList();
        assertThat(starts.stream().map(call -> call.await().status()).sorted()).containsExactly(0, 1, 1);
        List<Call.Running> deletes = IntStream.range(0, 3)
                .mapToObj(i -> carafe.call("oci", "delete", "--force", id).start())
                .toList();
        deletes.forEach(call -> call.await().succeeded());
    }

    @ParameterizedTest
    @CsvSource({"KILL, 9", "SIGKILL, 9", "9, 9", "sigusr1, 10", "INT, 2"})
    void aSignalIsSentByNameOrNumber(String signal, int number, Installation carafe) {
        Path seen = carafe.newPath("seen");
        Bundle bundle = carafe.bundle("for s in 2 10; do trap \"echo $s > /seen; exit\" $s; done; touch /ready;"
                + " while :; do sleep 0.02; done");
        assertThat(seen).doesNotExist();
        String id = create(carafe, bundle);
        carafe.oci("start", id).succeeded();
        Conditions.await("it is ready", () -> Files.exists(bundle.rootfs().resolve("ready")));
        carafe.oci("kill", id, signal).succeeded();
        Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
        assertThat(Installation.read(bundle.rootfs().resolve("seen"))).isEqualTo(number == 9 ? "" : number + "\n");
        carafe.oci("delete", id).succeeded();
    }

    @Test
    void aSignalThatIsNoneIsRefused(Installation carafe) {
        String id = create(carafe, carafe.bundle("true"));
        for (String signal : List.of("NOSUCH", "-1", "65", "4294967305", "")) {
            carafe.oci("kill", id, signal).failed(1, signal);
        }
        carafe.oci("delete", "--force", id).succeeded();
    }

    @Test
    void killAllReachesWhatTheFirstProcessLeftBehind(Installation carafe) {
        // In the host's pid namespace the end of the first process is not that of the others.
        Bundle bundle = carafe.bundle("sleep 1000 & echo $! > /child")
                .edit(".linux.namespaces |= map(select(.type != \"pid\"))");
        String id = create(carafe, bundle);
        carafe.oci("start", id).succeeded();
        Conditions.await("the first process has ended", () -> carafe.status(id).equals("stopped"));
        String child = Installation.read(bundle.rootfs().resolve("child")).strip();
        Commands.succeed("kill -0 \"$0\"", child);
        carafe.oci("kill", "--all", id, "KILL").succeeded();
        Conditions.await(
                "the child has ended",
                () -> Commands.run("kill -0 \"$0\"", child).status() != 0);
        carafe.oci("delete", id).succeeded();
    }

    @Test
    void deleteByForceEndsARunningOneWithAllThatIsInIt(Installation carafe) {
        Bundle bundle = carafe.bundle("trap '' TERM INT HUP; sleep 1000 & sleep 1000")
                .edit(".linux.namespaces |= map(select(.type != \"pid\"))");
        String id = create(carafe, bundle);
        carafe.oci("start", id).succeeded();
        carafe.oci("delete", "--force", id).succeeded();
        assertThat(carafe.oci("list", "-q").succeeded()).isEmpty();
    }

    /** Whoever ran it sees its end, and removes it as well. */
    @Test
    void oneThatGoesWithItsEndIsDeletedByForceAllTheSame(Installation carafe) {
        Bundle bundle = carafe.bundle("exec sleep 1000");
        for (int round = 0; round < 5; round++) {
            String id = carafe.newId();
            Call.Running run = carafe.call(
                            "oci", "run", "--bundle", bundle.folder().toString(), id)
                    .start();
            Conditions.await(
                    "it runs",
                    () -> Files.exists(carafe.state(id).resolve("state.json"))
                            && carafe.status(id).equals("running"));
            carafe.oci("delete", "--force", id).succeeded();
            run.await().ended(137);
            assertThat(carafe.state(id)).doesNotExist();
        }
    }

    @Test
    void deleteWorksInTheEmptyEnvironmentThatPodmanGivesIt(Installation carafe) {
        String id = create(carafe, carafe.bundle("true"));
        carafe.call("oci", "delete", "--force", id)
                .withoutEnvironment()
                .execute()
                .succeeded();
    }

    @Test
    void containersAreListed(Installation carafe) {
        assertThat(carafe.oci("list", "--format", "json").succeeded().strip()).isEqualTo("[]");
        Bundle bundle = carafe.bundle(WAITS);
        String first = create(carafe, bundle);
        String second = create(carafe, bundle);
        carafe.oci("start", second).succeeded();
        assertThat(carafe.oci("list", "-q").succeeded()).isEqualTo(first + "\n" + second + "\n");
        assertThat(carafe.oci("list").succeeded().lines().map(line -> line.replaceAll(" +", " ")))
                .satisfiesExactly(
                        head -> assertThat(head).isEqualTo("ID PID STATUS BUNDLE CREATED OWNER"),
                        line -> assertThat(line).matches(first + " \\d+ created " + bundle.folder() + " \\S+Z root"),
                        line -> assertThat(line).matches(second + " \\d+ running " + bundle.folder() + " \\S+Z root"));
        assertThat(Json.read(carafe.oci("list", "-f", "json").succeeded(), ".[] | .id, .status, .owner"))
                .isEqualTo(String.join("\n", first, "created", "root", second, "running", "root"));
        carafe.oci("list", "-f", "xml").failed(1, "--format xml");
        carafe.oci("delete", "-f", first).succeeded();
        carafe.oci("delete", "-f", second).succeeded();
    }

    @Test
    void anotherRootIsAnotherWorld(Installation carafe) {
        String id = create(carafe, carafe.bundle("true"));
        Path root = carafe.newPath("root");
        assertThat(carafe.execute("oci", "--root", root.toString(), "list", "-q")
                        .succeeded())
                .isEmpty();
        carafe.execute("oci", "--root=" + root, "state", id).failed(1, "does not exist");
        // Only the cgroup's name is the same, and it is taken.
        String other = carafe.bundle("true").folder().toString();
        carafe.execute("oci", "--root=" + root, "create", "--bundle", other, id).failed(1, "/" + id);
        carafe.execute("oci", "--root=" + root, "delete", "--force", id).succeeded();
        assertThat(carafe.status(id)).isEqualTo("created");
        carafe.oci("delete", id).succeeded();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "../x", "a/b", "/", "a b", "a\nb", "ü", "a:b", "$(id)", "%s"})
    void anIdThatCouldBeAPathIsRefused(String id, Installation carafe) {
        Bundle bundle = carafe.bundle("true");
        carafe.execute("oci", "create", "--bundle", bundle.folder().toString(), "--", id)
                .failed(1, "invalid container id");
        List<String> commands = List.of("state", "start", "kill", "delete");
        carafe.execute("oci", commands.get(id.length() % commands.size()), "--", id)
                .failed(1, "invalid container id");
    }

    @Test
    void anIdMayBeLongOrStrange(Installation carafe) {
        Bundle bundle = carafe.bundle("true");
        for (String id : List.of(carafe.newId() + "+._-", "-" + carafe.newId(), "..." + carafe.newId())) {
            carafe.execute("oci", "run", "--bundle", bundle.folder().toString(), "--", id)
                    .succeeded();
        }
        String tooLong = carafe.newId() + "x".repeat(1024);
        carafe.oci("run", "--bundle", bundle.folder().toString(), tooLong).failed(1, "invalid container id");
        String longForAFile = carafe.newId() + "x".repeat(250);
        Outcome outcome = carafe.oci("run", "--bundle", bundle.folder().toString(), longForAFile);
        outcome.failed(1, longForAFile.substring(0, 20));
    }

    @Test
    void aBundleThatIsNoneIsNamed(Installation carafe) {
        Path empty = carafe.newFolder("empty");
        carafe.oci("create", "--bundle", empty.toString(), carafe.newId())
                .failed(1, empty + "/config.json", "--bundle");
        carafe.oci("create", "--bundle", empty + "/none", carafe.newId()).failed(1, empty + "/none/config.json");
        carafe.call("oci", "create", carafe.newId()).in(empty).execute().failed(1, empty + "/config.json");
    }

    @Test
    void theBundleIsTheCurrentFolderUnlessNamed(Installation carafe) {
        Bundle bundle = carafe.bundle("echo here");
        Call call = carafe.call("oci", "run", carafe.newId()).in(bundle.folder());
        assertThat(call.execute().succeeded()).isEqualTo("here\n");
        assertThat(carafe.call("oci", "run", "--bundle", "../" + bundle.folder().getFileName(), carafe.newId())
                        .in(bundle.folder())
                        .execute()
                        .succeeded())
                .isEqualTo("here\n");
    }

    @Test
    void runEndsWithTheProgramsStatusAndLeavesNothing(Installation carafe) {
        carafe.runBundle(carafe.bundle("exit 3")).ended(3);
        carafe.runBundle(carafe.bundle("kill -9 $$; sh -c 'kill -9 $$'; exit $?"))
                .ended(137);
        assertThat(carafe.oci("list", "-q").succeeded()).isEmpty();
    }

    @Test
    void runKeepsItsContainerWhenAsked(Installation carafe) {
        Bundle bundle = carafe.bundle("exit 3");
        String id = carafe.newId();
        carafe.oci("run", "--keep", "--bundle", bundle.folder().toString(), id).ended(3);
        assertThat(carafe.status(id)).isEqualTo("stopped");
        assertThat(Installation.read(carafe.state(id).resolve("exit"))).startsWith("768 ");
        carafe.oci("delete", id).succeeded();
    }

    @Test
    void aDetachedContainerIsLookedAfterByItsMonitor(Installation carafe) {
        Bundle bundle = carafe.bundle("while ! [ -e /go ]; do sleep 0.02; done; exit 42");
        String id = carafe.newId();
        Path pidFile = carafe.newPath("pid");
        carafe.oci("run", "-d", "--bundle", bundle.folder().toString(), "--pid-file", pidFile.toString(), id)
                .succeeded();
        String pid = Installation.read(pidFile);
        assertThat(Installation.read(Path.of("/proc/" + pid + "/cmdline"))).startsWith("sh\0-c\0");
        assertThat(Json.read(carafe.oci("state", id).succeeded(), ".pid, .status"))
                .isEqualTo(pid + "\nrunning");
        String parent = Commands.succeed("awk '/^PPid/ {print $2}' /proc/\"$0\"/status", pid)
                .strip();
        assertThat(Installation.read(Path.of("/proc/" + parent + "/comm"))).isEqualTo("carafe-monitor\n");
        // It holds nothing of its caller's.
        assertThat(Commands.succeed(
                        "readlink /proc/\"$0\"/cwd; for n in 0 1 2; do readlink /proc/\"$0\"/fd/$n; done", parent))
                .isEqualTo("/\n/dev/null\n/dev/null\n/dev/null\n");
        Commands.succeed("touch \"$0\"", bundle.rootfs().resolve("go").toString());
        Conditions.await(
                "its end is written down", () -> Files.exists(carafe.state(id).resolve("exit")));
        assertThat(Installation.read(carafe.state(id).resolve("exit"))).matches("10752 \\d+\\.\\d{9} 0\n");
        assertThat(carafe.status(id)).isEqualTo("stopped");
        carafe.oci("delete", id).succeeded();
    }

    @Test
    void aProgramThatCannotBeRunFailsTheCreation(Installation carafe) {
        for (String program : List.of("nope", "/etc/passwd", "/bin")) {
            Bundle bundle = carafe.bundle("").edit(".process.args = [$text]", program);
            carafe.oci("create", "--bundle", bundle.folder().toString(), carafe.newId())
                    .failed(1, "exec: \"" + program);
            carafe.runBundle(bundle).failed(1, "exec: \"" + program);
        }
    }

    @Test
    void aProgramThatIsNoneFailsTheStart(Installation carafe) throws IOException {
        Bundle bundle = carafe.bundle("").edit(".process.args = [\"/bin/none\"]");
        Path program = bundle.rootfs().resolve("bin/none");
        Files.writeString(program, "\u0001\u0002 this is no program");
        Commands.succeed("chmod 755 \"$0\"", program.toString());
        String id = create(carafe, bundle);
        carafe.oci("start", id).failed(1, id, "xec format error");
        Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
        carafe.oci("delete", id).succeeded();
        carafe.runBundle(bundle).failed(1, "xec format error");
    }

    @Test
    void aTerminalGoesToTheConsoleSocket(Installation carafe) {
        Bundle bundle = carafe.bundle("tty; stty size; read line; echo got $line; exit 6")
                .edit(".process.terminal = true | .process.consoleSize = {height: 21, width: 77}");
        Kernel kernel = Kernel.host();
        Path folder = carafe.newFolder("console");
        try (Fd directory = kernel.files().open(Fd.CWD, folder.toString(), OpenFlags.PATH | OpenFlags.DIRECTORY);
                Fd listener = kernel.sockets().open(Sockets.Type.STREAM)) {
            kernel.sockets().bind(listener, directory, "socket");
            kernel.sockets().listen(listener, 1);
            String id = create(carafe, bundle, "--console-socket", folder + "/socket");
            try (Fd connection = kernel.sockets().accept(listener);
                    Sockets.Message message = kernel.sockets().receiveMessage(connection, 4096, 1)) {
                assertThat(new String(message.payload(), UTF_8)).isEqualTo("/dev/ptmx");
                Fd controller = message.descriptors().getFirst();
                assertThat(kernel.terminals().isTerminal(controller)).isTrue();
                carafe.oci("start", id).succeeded();
                kernel.files().write(controller, "hello\n".getBytes(UTF_8));
                StringBuilder shown = new StringBuilder();
                Conditions.await("it answers", () -> {
                    if (kernel.polling().awaitReadable(controller, java.time.Duration.ofMillis(50))) {
                        shown.append(new String(kernel.files().read(controller, 4096), UTF_8));
                    }
                    return shown.indexOf("got hello\r\n") >= 0;
                });
                assertThat(shown.toString()).contains("/dev/pts/0\r\n", "21 77\r\n");
            }
            Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
            carafe.oci("delete", id).succeeded();
        }
    }

    @Test
    void aTerminalWithNobodyToHaveItIsRefused(Installation carafe) {
        Bundle bundle = carafe.bundle("true").edit(".process.terminal = true");
        String folder = bundle.folder().toString();
        carafe.oci("create", "--bundle", folder, carafe.newId()).failed(1, "process.terminal", "--console-socket");
        carafe.oci("run", "-d", "--bundle", folder, carafe.newId()).failed(1, "process.terminal", "--console-socket");
        carafe.oci("create", "--bundle", folder, "--console-socket", "/nowhere/socket", carafe.newId())
                .failed(1, "/nowhere/socket");
        bundle.edit(".process.terminal = false");
        carafe.oci("create", "--bundle", folder, "--console-socket", "/nowhere/socket", carafe.newId())
                .failed(1, "--console-socket");
    }

    @Test
    void runRelaysATerminalOfItsOwn(Installation carafe) throws Exception {
        Bundle bundle =
                carafe.bundle("stty size; read line; echo got $line; exit 6").edit(".process.terminal = true");
        Call call = carafe.call("oci", "run", "--bundle", bundle.folder().toString(), carafe.newId());
        try (Terminal terminal = new Terminal(call, 22, 88)) {
            terminal.await("22 88\r\n");
            terminal.type("hello\n");
            terminal.await("got hello\r\n");
            assertThat(terminal.exitStatus()).isEqualTo(6);
        }
    }

    @Test
    void whatIsInTheTerminalWhenTheProgramEndsIsStillPassedOn(Installation carafe) {
        Bundle bundle = carafe.bundle("echo ready; until [ -e /go ]; do sleep 0.02; done;"
                        + " head -c 5000 /dev/zero | tr '\\0' x; echo; echo end")
                .edit(".process.terminal = true");
        Path pidFile = carafe.newPath("pid");
        Call.Running call = carafe.call(
                        "oci",
                        "run",
                        "--bundle",
                        bundle.folder().toString(),
                        "--pid-file",
                        pidFile.toString(),
                        carafe.newId())
                .start();
        Conditions.await("it is ready", () -> call.output().contains("ready"));
        String client = Long.toString(call.process().pid());
        Commands.succeed("kill -STOP \"$0\"", client);
        Commands.succeed("touch \"$0\"", bundle.rootfs().resolve("go").toString());
        Conditions.await("the program has ended", () -> hasEnded(Installation.read(pidFile)));
        Commands.succeed("kill -CONT \"$0\"", client);
        assertThat(call.await().succeeded()).matches("ready\\s+x{5000}\\s+end\\s+");
    }

    private static boolean hasEnded(String pid) {
        return !pid.isEmpty()
                && !Installation.read(Path.of("/proc/" + pid + "/stat")).matches("(?s).*\\) [^ZX] .*");
    }

    @Test
    void aConfigurationToStartFromIsWrittenAndWorks(Installation carafe) {
        Bundle bundle = carafe.bundle("");
        Commands.succeed("rm \"$0\"", bundle.config().toString());
        carafe.oci("spec", "--bundle", bundle.folder().toString()).succeeded();
        carafe.oci("spec", "--bundle", bundle.folder().toString()).failed(1, "config.json");
        bundle.edit(".process.terminal = false | .process.args = [\"echo\", \"it works\"]");
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("it works\n");
    }
}
