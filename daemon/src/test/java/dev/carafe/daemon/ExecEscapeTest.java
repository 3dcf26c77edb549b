package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a container does to who joins it: by {@code exec}, or as another one in the same namespaces. */
@SystemTest
class ExecEscapeTest {

    private static final String MAY_TRACE = ".process.capabilities |= map_values(. + [\"CAP_SYS_PTRACE\"])";
    private static final String MAY_MOUNT = ".process.capabilities |= map_values(. + [\"CAP_SYS_ADMIN\"])";
    private static final String WAITS = "while :; do sleep 0.05; done";
    private static final String CANARY = "callers-secret";
    private static final int TRIES = 20;
    private static final long SEED = 20260101;

    private static String start(Installation carafe, Bundle bundle) {
        String id = carafe.newId();
        carafe.oci("run", "--detach", "--bundle", bundle.folder().toString(), id)
                .succeeded();
        return id;
    }

    private static Bundle attack(Installation carafe, String attack) {
        return carafe.bundle("").edit(".process.args = [\"attacker\", \"" + attack + "\"]");
    }

    /** Starts a container whose output can be read, and waits until it is ready. */
    private static Path watch(Installation carafe, Bundle bundle, String id) {
        Call.Running call = carafe.call(
                        "oci", "run", "--detach", "--bundle", bundle.folder().toString(), id)
                .start();
        call.await().ended(0);
        Conditions.await("the attacker is ready", () -> call.output().startsWith("ready\n"));
        return call.outputFile();
    }

    /** What the attacker found each time that it had got hold of a process of this name. */
    private static List<String> seized(Path output, String name) {
        return Arrays.stream(Installation.read(output).split("seized\n|refused\n", -1))
                .filter(found -> found.startsWith("Name:\t" + name + "\n") && found.endsWith("\n"))
                .toList();
    }

    private static void join(Installation carafe, String id) {
        Call call = carafe.call("oci", "exec", "--env", "A=" + CANARY, id, "true")
                .variable("B", CANARY)
                .in(carafe.folder());
        // The caller has a folder of the machine's open, and has not said that it is to be closed.
        Process process = call.startAs(
                List.of("sh", "-c", "exec \"$@\" 7</", "sh"),
                Redirect.DISCARD,
                Redirect.to(carafe.newPath("error").toFile()));
        assertThat(process.onExit().orTimeout(60, TimeUnit.SECONDS).join().exitValue())
                .isZero();
    }

    /** CVE-2016-9962: who joins was seized before it had given up what it came with. */
    @Test
    void whoJoinsNeverHasMoreThanItsProgram(Installation carafe) {
        Bundle bundle = attack(carafe, "watch").edit(MAY_TRACE);
        String root = carafe.newPath("runc").toString();
        String theirId = carafe.newId();
        Path theirs = carafe.newPath("theirs");
        Commands.succeed(
                "runc --root \"$0\" run --detach --bundle \"$1\" \"$2\" >\"$3\" 2>&1 </dev/null",
                root,
                bundle.folder().toString(),
                theirId,
                theirs.toString());
        for (int i = 0; i < TRIES && seized(theirs, "runc:[2:INIT]").isEmpty(); i++) {
            Commands.succeed("runc --root \"$0\" exec \"$1\" true", root, theirId);
        }
        Commands.succeed("runc --root \"$0\" delete --force \"$1\"", root, theirId);
        String all = Commands.succeed("grep ^CapPrm /proc/self/status");
        assertThat(seized(theirs, "runc:[2:INIT]"))
                .as("control: the attacker is quick enough for runC's exec")
                .anyMatch(found -> found.contains(all));

        String id = carafe.newId();
        Path output = watch(carafe, bundle, id);
        String own =
                carafe.oci("exec", id, "grep", "^CapPrm", "/proc/self/status").succeeded();
        assertThat(own).isNotEqualTo(all);
        for (int i = 0; i < TRIES && seized(output, "carafe").size() < 3; i++) {
            join(carafe, id);
        }
        carafe.oci("delete", "--force", id).succeeded();
        assertThat(seized(output, "carafe")).as("and for ours").isNotEmpty().allSatisfy(found -> {
            assertThat(found)
                    .contains(own, "cmdline=\n", "environ=\n", "exe=/memfd:carafe (deleted)\n")
                    .doesNotContain(CANARY);
            assertThat(found.lines().filter(line -> line.startsWith("fd/")))
                    .as("the way to its parent and nothing else")
                    .hasSizeLessThanOrEqualTo(1)
                    .allMatch(line -> line.contains("=socket:["));
        });
    }

    /** Without that right, or with it in a user namespace only, who joins is not even looked into. */
    @ParameterizedTest
    @ValueSource(strings = {"no right", "a user namespace"})
    void whoJoinsIsOutOfReachUntilItIsItsProgram(String what, Installation carafe) {
        Bundle bundle = attack(carafe, "watch");
        if (!what.equals("no right")) {
            bundle.edit(MAY_TRACE + " | .linux.namespaces += [{type: \"user\"}]"
                    + " | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]"
                    + " | .linux.gidMappings = .linux.uidMappings");
            Commands.succeed(
                    "chown -R 100000:100000 \"$0\"; chmod 711 \"$1\"",
                    bundle.rootfs().toString(),
                    bundle.folder().toString());
        }
        String id = carafe.newId();
        Path output = watch(carafe, bundle, id);
        for (int i = 0; i < TRIES && !Installation.read(output).contains("comm=carafe\n"); i++) {
            join(carafe, id);
        }
        carafe.oci("delete", "--force", id).succeeded();
        assertThat(Installation.read(output))
                .as("it was seen and could not be seized, which the test above is the control of")
                .contains("refused\ncomm=carafe\ncmdline=\n")
                .doesNotContain(CANARY.substring(0, 9) + "\nB=");
        assertThat(seized(output, "carafe")).isEmpty();
    }

    /** CVE-2019-5736: the program that joins was overwritten from inside. */
    @Test
    void theProgramThatJoinsCannotBeOverwritten(Installation carafe) {
        String before = Installation.digestOfPrograms();
        Bundle bundle = attack(carafe, "overwrite").edit(MAY_TRACE);
        Commands.succeed(
                "cd \"$0\"; mkdir victim; cp bin/busybox victim/sleep; printf '#!/proc/self/exe\\n' > evil; chmod 755 evil",
                bundle.rootfs().toString());
        String id = carafe.newId();
        Path output = watch(carafe, bundle, id);
        for (int i = 0; i < TRIES && !seenAndOverwritten(Installation.read(output)); i++) {
            carafe.oci("exec", id, "/victim/sleep", "0.1");
        }
        Outcome evil = carafe.oci("exec", id, "/evil");
        Path joins = carafe.newFolder("joins").resolve("busybox");
        Commands.succeed("cp /bin/busybox \"$0\"", joins.toString());
        String pid = Json.read(carafe.oci("state", id).succeeded(), ".pid");
        boolean overwritten = false;
        for (int i = 0; i < TRIES && !overwritten; i++) {
            // It enters by itself: any other program of the machine's that did would be overwritten as well.
            Commands.run("\"$0\" nsenter -t \"$1\" -p \"$0\" sleep 0.1", joins.toString(), pid);
            overwritten = Commands.succeed("head -c 6 \"$0\" | tr -d '\\0'", joins.toString())
                    .equals("#!/evi");
        }
        carafe.oci("delete", "--force", id).succeeded();
        assertThat(overwritten)
                .as("control: a program on the machine's disk that joins is overwritten there")
                .isTrue();
        assertThat(evil.status()).isNotZero();
        assertThat(evil.output()).isEmpty();
        assertThat(Installation.read(output)).contains("held /memfd:carafe", "Operation not permitted");
        assertThat(Commands.succeed(
                        "head -c 8 \"$0\"/victim/sleep | tr -d '\\0'",
                        bundle.rootfs().toString()))
                .as("control: a program of its own can be overwritten so: %s", Installation.read(output))
                .isEqualTo("#!/evil\n");
        assertThat(Installation.digestOfPrograms()).isEqualTo(before);
    }

    private static boolean seenAndOverwritten(String output) {
        return output.contains("held /memfd:carafe")
                && output.contains("Operation not permitted")
                && output.contains("wrote\n");
    }

    /** CVE-2026-30892, CVE-2024-40635: what is no user, or a greater one than there can be, became the superuser. */
    @Test
    void noUserTurnsIntoTheSuperuser(Installation carafe) {
        Bundle bundle = carafe.bundle(WAITS);
        String id = start(carafe, bundle);
        for (String user : List.of(":2", "", "4294967295", "4294967296", "18446744073709551616", "1:4294967296")) {
            carafe.oci("exec", "--user", user, id, "id").failed(255, "user");
        }
        assertThat(carafe.oci("exec", "--user", "1", id, "id", "-u").succeeded())
                .as("control")
                .isEqualTo("1\n");
        carafe.oci("delete", "--force", id).succeeded();

        Map<Peer, String> fall = Map.of(Peer.RUNC, "4294967296", Peer.CRUN, "4294967295");
        fall.forEach((peer, user) -> {
            String theirs = carafe.newId();
            peer.call(carafe, "run", "--detach", "--bundle", bundle.folder().toString(), theirs)
                    .execute()
                    .succeeded();
            String became = peer.call(carafe, "exec", "--user", user, theirs, "id", "-u")
                    .execute()
                    .output();
            peer.call(carafe, "delete", "--force", theirs).execute().succeeded();
            peer.mustFallFor("user " + user, became.equals("0\n"));
        });
    }

    /** CVE-2024-21626: the working directory led out through a descriptor. */
    @Test
    void noWorkingDirectoryLeadsOut(Installation carafe) {
        String id = start(carafe, carafe.bundle(WAITS));
        assertThat(carafe.oci("exec", id, "sh", "-c", "cd /proc/self/fd; echo *")
                        .succeeded())
                .isEqualTo("0 1 2 3\n"); // 3 is what reads the folder
        List<Integer> numbers = IntStream.rangeClosed(3, 14).boxed().toList();
        for (int from = 0; from < numbers.size(); from += 4) {
            List<Call.Running> calls = new ArrayList<>();
            for (int number : numbers.subList(from, Math.min(from + 4, numbers.size()))) {
                calls.add(carafe.call("oci", "exec", "--cwd", "/proc/self/fd/" + number, id, "pwd")
                        .start());
            }
            calls.forEach(call -> call.await().failed(255, "process.cwd"));
        }
        assertThat(carafe.oci("exec", "--cwd", "/proc/self", id, "pwd").status())
                .as("no more than its own process")
                .isNotZero();
        assertThat(carafe.oci("exec", "--cwd", "/proc/1/cwd/bin", id, "pwd").succeeded())
                .as("control: a link of proc's that stays inside")
                .isEqualTo("/bin\n");
        carafe.oci("delete", "--force", id).succeeded();
    }

    /** CVE-2024-21626, the other way: a link of the image led execve out through what the caller had left open. */
    @ParameterizedTest
    @ValueSource(strings = {"run", "exec"})
    void noProgramOfTheMachinesIsExecutedThroughADescriptor(String command, Installation carafe) {
        Path outside = carafe.newFolder("outside");
        Commands.succeed("cp /bin/busybox \"$0\"", outside.toString());
        Bundle bundle = carafe.bundle(WAITS);
        Commands.succeed(
                "mkdir \"$0\"/way; ln -s /proc/self/fd/7/busybox \"$0\"/way/busybox",
                bundle.rootfs().toString());
        String id = start(carafe, bundle);
        bundle.edit(".process.args = [\"/way/busybox\", \"echo\", \"out\"]");
        for (boolean kept : new boolean[] {true, false}) {
            String fds = "--preserve-fds=" + (kept ? 5 : 0);
            Call call = command.equals("run")
                    ? carafe.call("oci", "run", fds, "--bundle", bundle.folder().toString(), carafe.newId())
                    : carafe.call("oci", "exec", fds, id, "/way/busybox", "echo", "out");
            Path output = carafe.newPath("output");
            Process process = call.startAs(
                    List.of("sh", "-c", "exec \"$@\" 3</dev/null 4<&3 5<&3 6<&3 7<" + outside, "sh"),
                    Redirect.to(output.toFile()),
                    Redirect.to(carafe.newPath("error").toFile()));
            process.onExit().orTimeout(60, TimeUnit.SECONDS).join();
            assertThat(Installation.read(output))
                    .as(kept ? "control: one that is to be kept is a way out" : "one that is not")
                    // Whoever joins looks for its program before there is a /proc/self.
                    .isEqualTo(kept && command.equals("run") ? "out\n" : "");
        }
        carafe.oci("delete", "--force", id).succeeded();
    }

    /** CVE-2025-52565: what a terminal is made from was replaced by something else. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "true",
                "mount -t tmpfs none /dev/pts; touch /dev/pts/ptmx /dev/pts/0",
                "mount -t tmpfs none /dev/pts; ln -s /proc/self/fd /dev/pts/ptmx",
                "mount --bind /dev/null /dev/pts/ptmx",
                "mkfifo /tmp/line; mount --bind /tmp/line /dev/pts/ptmx",
                "umount /dev/pts; rmdir /dev/pts; ln -s /proc/1/fd /dev/pts"
            })
    void aTerminalIsMadeOfDevptsOrNotAtAll(String replace, Installation carafe) throws Exception {
        Bundle bundle = carafe.bundle(replace + "; touch /ready; " + WAITS).edit(MAY_MOUNT);
        String id = start(carafe, bundle);
        Conditions.await("it is ready", () -> Files.exists(bundle.rootfs().resolve("ready")));
        try (Terminal terminal = new Terminal(carafe.call("oci", "exec", "--tty", id, "tty"), 20, 100)) {
            if (replace.equals("true")) {
                terminal.await("/dev/pts/0");
                assertThat(terminal.exitStatus()).as("control").isZero();
            } else {
                terminal.await("process.terminal");
                if (replace.contains("--bind")) {
                    terminal.await("ross-device"); // what stands in its place was not even opened
                }
                assertThat(terminal.exitStatus()).isEqualTo(255);
            }
        }
        carafe.oci("delete", "--force", id).succeeded();
    }

    /** CVE-2019-19921, CVE-2025-52881: what is written to in proc was somewhere else. Who joins needs no proc. */
    @Test
    void aProcThatIsNoneMisleadsNobody(Installation carafe) {
        Bundle bundle = carafe.bundle("mount -t tmpfs none /proc; mkdir -p /proc/self/attr /proc/self/fd;"
                        + " mkfifo /proc/self/oom_score_adj /proc/self/attr/exec; ln -s /nowhere /proc/self/exe;"
                        + " touch /ready; " + WAITS)
                .edit(MAY_MOUNT + " | .process.oomScoreAdj = 10");
        String id = start(carafe, bundle);
        Conditions.await("it is ready", () -> Files.exists(bundle.rootfs().resolve("ready")));
        assertThat(carafe.oci("exec", id, "sh", "-c", "! [ -e /proc/self/status ] && echo joined")
                        .succeeded())
                .isEqualTo("joined\n");
        carafe.oci("delete", "--force", id).succeeded();
    }

    /** CVE-2019-14271, CVE-2018-15664, as their kind: what is looked up in a container's files led elsewhere. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ln -s /proc/kmsg passwd",
                "ln -s /proc/1/root/../etc/passwd passwd",
                "ln -s passwd passwd",
                "mkfifo passwd",
                "mkdir passwd",
                "mknod passwd c 1 5",
                "touch passwd"
            })
    void whoeverIsAtHomeIsLookedUpInAFileOrNowhere(String replace, Installation carafe) {
        String id =
                start(carafe, carafe.bundle(WAITS).edit(".process.capabilities |= map_values(. + [\"CAP_MKNOD\"])"));
        Call home = carafe.call("oci", "exec", id, "sh", "-c", "echo $HOME");
        String make = "cd /etc; rm passwd; " + replace;
        carafe.oci(
                        "exec",
                        id,
                        "sh",
                        "-c",
                        "cd /etc; sed s,:/root:,:/here:, passwd > other; rm passwd; ln -s /etc/other passwd")
                .succeeded();
        assertThat(home.execute().succeeded())
                .as("control: a link that stays inside")
                .isEqualTo("/here\n");
        carafe.oci("exec", id, "sh", "-c", make).succeeded();
        Call.Running call = home.start();
        assertThat(Conditions.comesTrue(() -> !call.process().isAlive(), Duration.ofSeconds(20)))
                .as("it does not wait")
                .isTrue();
        assertThat(call.await().succeeded()).isEqualTo("/\n");
        carafe.oci("delete", "--force", id).succeeded();
    }

    /** The number of a container's process may be another's by now. */
    @Test
    void aNumberThatIsAnothersByNowIsNotJoinedNorKilled(Installation carafe) throws Exception {
        String id = start(carafe, carafe.bundle(WAITS));
        carafe.oci("exec", id, "true").succeeded();
        Process stranger = new ProcessBuilder("sleep", "1000").start();
        try {
            carafe.oci("kill", id, "KILL").succeeded();
            Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
            Path record = carafe.state(id).resolve("state.json");
            Files.writeString(
                    record, Files.readString(record).replaceFirst("\"pid\": ?\\d+", "\"pid\": " + stranger.pid()));
            assertThat(Files.readString(record)).contains("\"pid\": " + stranger.pid());
            carafe.oci("exec", id, "true").failed(255, "cannot exec in a stopped container");
            carafe.oci("kill", id, "KILL").failed(1, "container not running");
            carafe.oci("delete", "--force", id).succeeded();
            assertThat(stranger.isAlive()).isTrue();
        } finally {
            stranger.destroyForcibly().waitFor();
        }
    }

    /** Whoever calls may be killed at any moment: nobody is left in the container who has not become its program. */
    @Test
    void aCallerThatIsKilledLeavesNobodyHalfWay(Installation carafe) throws InterruptedException {
        String id = start(carafe, carafe.bundle("exec sleep 1000"));
        assertThat(carafe.oci("exec", "--detach", id, "sleep", "1001").status()).isZero();
        assertThat(names(carafe, id)).as("control").containsExactly("sleep", "sleep");
        Random random = new Random(SEED);
        for (int round = 0; round < 10; round++) {
            Call.Running call = carafe.call("oci", "exec", id, "sleep", "1002").start();
            Conditions.pause(Duration.ofMillis(random.nextInt(250)));
            call.process().destroyForcibly().waitFor();
            Conditions.await(
                    "whoever had joined has gone", () -> names(carafe, id).size() == 2);
        }
        carafe.oci("delete", "--force", id).succeeded();
    }

    private static List<String> names(Installation carafe, String id) {
        List<String> names = new ArrayList<>();
        for (String pid : Json.read(carafe.oci("ps", "--format", "json", id).succeeded(), ".[]")
                .lines()
                .toList()) {
            String name = Installation.read(Path.of("/proc/" + pid + "/comm")).strip();
            if (!name.isEmpty()) {
                names.add(name);
            }
        }
        return names;
    }

    @Test
    void whoJoinsWhileItIsDeletedGoesAlong(Installation carafe) {
        for (int round = 0; round < 3; round++) {
            String id = start(carafe, carafe.bundle("exec sleep 1000"));
            List<Call.Running> calls = IntStream.range(0, 4)
                    .mapToObj(
                            i -> carafe.call("oci", "exec", id, "sleep", "1001").start())
                    .toList();
            Conditions.pause(Duration.ofMillis(100L * round));
            carafe.oci("delete", "--force", id).succeeded();
            calls.forEach(call -> assertThat(call.await().status()).isNotZero());
            carafe.mustHaveLeftNothing();
        }
    }
}
