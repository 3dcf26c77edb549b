package dev.carafe.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Sockets;
import dev.carafe.linux.SystemCallException;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code carafe daemon}, and what calls make of it.
 *
 * <p>Who answered a call is told by how much memory its client may have: no Java starts with so little, and a daemon has
 * its own.
 */
@SystemTest
class DaemonTest {

    private static final String WITHOUT_JAVA = "ulimit -v 40000; exec \"$0\" \"$@\"";
    private static final int MANY = 200;

    @BeforeEach
    void startTheDaemon(Installation carafe) {
        carafe.execute("daemon", "start").succeeded();
    }

    @AfterEach
    void stopIt(Installation carafe) {
        carafe.execute("daemon", "stop");
    }

    private static Call onlyByDaemon(Installation carafe, String... words) {
        return carafe.call(words).through("sh", "-c", WITHOUT_JAVA);
    }

    private static void answers(Installation carafe) {
        onlyByDaemon(carafe, "version").execute().succeeded();
    }

    private static String pid(Installation carafe) {
        return Json.read(carafe.execute("daemon", "status", "--format", "json").succeeded(), ".pid");
    }

    private static void strike(String pid, String signal) {
        Commands.succeed("kill -\"$1\" \"$0\"", pid, signal);
    }

    private static void awaitEnd(String pid) {
        Conditions.await("process " + pid + " has ended", () -> hasEnded(pid));
    }

    /** Whether or not whoever is its parent has taken note. */
    private static boolean hasEnded(String pid) {
        return Installation.read(Path.of("/proc/" + pid + "/cmdline")).isEmpty();
    }

    private static int descriptors(String pid) {
        return Installation.list(Path.of("/proc/" + pid + "/fd")).size();
    }

    private static int threads(String pid) {
        return Installation.list(Path.of("/proc/" + pid + "/task")).size();
    }

    private static boolean isSocket(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
        } catch (IOException closed) {
            return false;
        }
    }

    /** A container that waits, and is the caller's to delete. */
    private static String container(Installation carafe) {
        String id = carafe.newId();
        Bundle bundle = carafe.bundle("exec sleep 1000");
        carafe.oci("run", "-d", "--bundle", bundle.folder().toString(), id).succeeded();
        return id;
    }

    @Test
    void itAnswersFromItsStartToItsEndUnlessACallerDoesWithoutIt(Installation carafe) {
        answers(carafe);
        onlyByDaemon(carafe, "version")
                .variable("CARAFE_DAEMON", "no")
                .execute()
                .ended(1);
        String pid = pid(carafe);
        assertThat(carafe.execute("daemon", "status").succeeded()).startsWith("runs as process " + pid + " for ");
        carafe.execute("daemon", "start")
                .failed(1, "runs", "already", carafe.state().toString());
        carafe.execute("daemon", "dance").ended(1);
        assertThat(pid(carafe)).isEqualTo(pid);

        carafe.execute("daemon", "stop").succeeded();
        assertThat(hasEnded(pid)).isTrue();
        assertThat(carafe.state().resolve("daemon.sock")).doesNotExist();
        onlyByDaemon(carafe, "version").execute().ended(1);
        carafe.execute("version").succeeded();
        carafe.execute("daemon", "status").failed(1, "no daemon runs");
        carafe.execute("daemon", "stop").failed(1, "no daemon runs");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void inTheForegroundItRunsUntilItIsSignalled(String signal, Installation carafe) {
        carafe.execute("daemon", "stop").succeeded();
        Call.Running daemon = carafe.call("daemon", "run").start();
        Conditions.await(
                "it answers", () -> onlyByDaemon(carafe, "version").execute().status() == 0);
        strike(Long.toString(daemon.process().pid()), signal);
        assertThat(daemon.await().status()).isZero();
        carafe.execute("daemon", "status").failed(1, "no daemon runs");
    }

    @Test
    void itsSocketIsForItsOwnerAlone(Installation carafe) {
        Path socket = carafe.state().resolve("daemon.sock");
        assertThat(Commands.succeed(
                        "stat -c '%a %u' \"$0\" \"$1\"", carafe.state().toString(), socket.toString()))
                .isEqualTo("700 0\n600 0\n");
        // Whom the modes let through, it does not answer.
        Commands.succeed("chmod 711 \"$0\"; chmod 666 \"$1\"", carafe.state().toString(), socket.toString());
        answers(carafe);
        String other = "setpriv --reuid 65534 --regid 65534 --clear-groups sh -c '" + WITHOUT_JAVA + "' \"$0\" \"$@\"";
        carafe.call("version").through("sh", "-c", other).execute().ended(1);
        answers(carafe);
    }

    /** Only perl is on every machine that the tests run on and listens at such a socket as somebody else. */
    @ParameterizedTest
    @ValueSource(ints = {0, 65534})
    void aClientTellsNobodyElseWhatItsCallerWants(int uid, Installation carafe) throws Exception {
        carafe.execute("daemon", "stop").succeeded();
        Path heard = Files.createFile(carafe.newPath("heard"));
        Path socket = carafe.state().resolve("daemon.sock");
        Commands.succeed("chmod 777 \"$0\"", carafe.state().toString());
        Process listener = new ProcessBuilder(
                        "setpriv",
                        "--reuid",
                        Integer.toString(uid),
                        "perl",
                        "-MSocket",
                        "-e",
                        "socket(S, PF_UNIX, SOCK_SEQPACKET, 0) && bind(S, sockaddr_un($ARGV[0])) && listen(S, 5)"
                                + " or die $!; accept(C, S); syswrite(STDOUT, 0 + sysread(C, $_, 100) . \"\\n\")",
                        socket.toString())
                .redirectOutput(heard.toFile())
                .redirectError(Redirect.INHERIT)
                .start();
        try {
            Conditions.await(
                    "somebody listens",
                    () -> Commands.run("grep -F \"$0\" /proc/net/unix", socket.toString())
                            .output()
                            .contains(" 00010000 "));
            carafe.execute("version").succeeded();
            assertThat(listener.waitFor()).isZero();
            assertThat(Files.readString(heard)).isEqualTo(uid == 0 ? "16\n" : "0\n");
        } finally {
            listener.destroyForcibly();
            Files.delete(socket);
        }
    }

    @Test
    void theCallersPlaceMaskAndEnvironmentAreItsOwn(Installation carafe) {
        Bundle bundle = carafe.bundle("cat /proc/self/cgroup; ulimit -n; grep CapPrm /proc/self/status")
                .edit(".linux.cgroupsPath = \"inner\" | del(.process.rlimits)");
        String place = "carafe-" + carafe.newId();
        // Into a cgroup of its own in every hierarchy; then a mask of its own.
        String moved = "for h in /sys/fs/cgroup /sys/fs/cgroup/*; do [ -e $h/cgroup.procs ] && [ ! -L $h ] || continue;"
                + " case $h in */cpuset) continue;; esac; mkdir -p $h/" + place + "; echo $$ > $h/" + place
                + "/cgroup.procs; done; umask 027; ulimit -n 500; ";
        List<String> outputs = new ArrayList<>();
        for (String daemon : List.of("no", "yes")) {
            Path log = carafe.newPath("log");
            String id = carafe.newId();
            Call call = carafe.call(
                            "oci",
                            "--log",
                            log.getFileName().toString(),
                            "run",
                            "--bundle",
                            bundle.folder().toString(),
                            id)
                    .in(carafe.folder())
                    .variable("CARAFE_DAEMON", daemon)
                    .through("sh", "-c", moved + (daemon.equals("no") ? "exec \"$0\" \"$@\"" : WITHOUT_JAVA));
            outputs.add(call.execute().succeeded());
            Path pidFile = carafe.newPath("pid");
            String other = carafe.newId();
            Bundle waiting = carafe.bundle("exec sleep 1000");
            carafe.call(
                            "oci",
                            "run",
                            "-d",
                            "--bundle",
                            waiting.folder().toString(),
                            "--pid-file",
                            pidFile.getFileName().toString(),
                            other)
                    .in(carafe.folder())
                    .variable("CARAFE_DAEMON", daemon)
                    .through("sh", "-c", "umask 027; " + (daemon.equals("no") ? "exec \"$0\" \"$@\"" : WITHOUT_JAVA))
                    .execute()
                    .succeeded();
            outputs.add(Commands.succeed("stat -c %a \"$0\"", pidFile.toString()));
            carafe.oci("delete", "--force", other).succeeded();
        }
        Commands.succeed("find /sys/fs/cgroup -depth -type d -path \"*/$0*\" -exec rmdir {} +", place);
        assertThat(outputs.get(2)).isEqualTo(outputs.get(0)).contains("/" + place + "/inner\n", "\n500\n");
        assertThat(outputs.get(3)).isEqualTo(outputs.get(1));
    }

    /** It would do otherwise than they could. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "unshare -m",
                "unshare -n",
                "unshare -C",
                "setpriv --groups 5",
                "setpriv --bounding-set -sys_admin"
            })
    void callersWhoStandElsewhereGoOnWithoutIt(String how, Installation carafe) {
        carafe.call("version")
                .through("sh", "-c", "exec " + how + " \"$0\" \"$@\"")
                .execute()
                .succeeded();
        carafe.call("version")
                .through("sh", "-c", "exec " + how + " sh -c '" + WITHOUT_JAVA + "' \"$0\" \"$@\"")
                .execute()
                .ended(1);
        answers(carafe);
    }

    @Test
    void aClientOfAnotherBuildGoesOnWithoutIt(Installation carafe) throws IOException {
        Path other = carafe.newFolder("other");
        Commands.succeed(
                "cd \"$0\" && mkdir bin lib && cp \"$1\" bin/ && ln -s \"${1%/bin/*}\"/lib/* lib/",
                other.toString(), Installation.program().toString());
        // The words that follow are of the program that it replaces.
        String[] through = {"sh", "-c", "ulimit -v 40000; exec " + other + "/bin/carafe \"$@\""};
        carafe.call("version").through(through).execute().succeeded();
        Path build = other.resolve("lib/build");
        Files.delete(build);
        Files.writeString(build, "another");
        carafe.call("version").through(through).execute().ended(1);
    }

    @Test
    void whereItIsKilledClientsGoOnOrSayWhatBecameOfTheirCall(Installation carafe) {
        String id = container(carafe);
        String pid = pid(carafe);
        Call.Running taken =
                onlyByDaemon(carafe, "oci", "events", "--interval", "1s", id).start();
        Conditions.await("it is answered", () -> !taken.output().isEmpty());
        strike(pid, "STOP");
        Call.Running waiting = carafe.call("oci", "state", id).start();
        Path open = Path.of("/proc/" + waiting.process().pid() + "/fd");
        Conditions.await("it asks", () -> Installation.list(open).stream().anyMatch(DaemonTest::isSocket));
        strike(pid, "KILL");
        assertThat(Json.read(waiting.await().succeeded(), ".status")).isEqualTo("running");
        Outcome ended = taken.await().ended(1);
        assertThat(ended.error())
                .contains("the daemon ended before it had answered")
                .hasLineCount(1);
        awaitEnd(pid);

        assertThat(carafe.status(id)).isEqualTo("running");
        assertThat(carafe.state().resolve("daemon.sock")).exists();
        carafe.execute("daemon", "start").succeeded();
        answers(carafe);
        carafe.oci("delete", "--force", id).succeeded();
    }

    @Test
    void aCallEndsWithItsClient(Installation carafe) {
        String id = container(carafe);
        String pid = pid(carafe);
        answers(carafe);
        int before = descriptors(pid);
        List<Call.Running> calls = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            calls.add(onlyByDaemon(carafe, "oci", "events", id).start());
        }
        calls.forEach(
                call -> Conditions.await("it is answered", () -> !call.output().isEmpty()));
        assertThat(descriptors(pid)).isGreaterThan(before + 10);
        calls.forEach(call -> call.process().destroyForcibly());
        Conditions.await("it holds nothing of them", () -> descriptors(pid) <= before);
        Call.Running interrupted = onlyByDaemon(carafe, "oci", "events", id).start();
        Conditions.await("it is answered", () -> !interrupted.output().isEmpty());
        strike(Long.toString(interrupted.process().pid()), "INT");
        interrupted.await();
        Conditions.await("it holds nothing of it", () -> descriptors(pid) <= before);
        carafe.oci("delete", "--force", id).succeeded();
    }

    @Test
    void manyCallsLeaveNothingInIt(Installation carafe) {
        Bundle bundle = carafe.bundle("true");
        String id = container(carafe);
        for (int i = 0; i < 5; i++) {
            answers(carafe);
            carafe.runBundle(bundle).succeeded();
            carafe.oci("exec", id, "true").succeeded();
        }
        String pid = pid(carafe);
        int descriptors = descriptors(pid);
        int threads = threads(pid);
        for (int i = 0; i < MANY / 5; i++) {
            answers(carafe);
            carafe.runBundle(bundle).succeeded();
            carafe.oci("exec", id, "true").succeeded();
            carafe.oci("state", "none").ended(1);
            carafe.execute("nonsense").ended(2);
        }
        Conditions.await("no descriptor is left", () -> descriptors(pid) <= descriptors);
        assertThat(threads(pid)).isLessThanOrEqualTo(threads + 2);
        assertThat(pid(carafe)).isEqualTo(pid);
        carafe.oci("delete", "--force", id).succeeded();
    }

    @Test
    void clientsWhoTalkNonsenseOrNothingHurtNobody(Installation carafe) {
        Kernel kernel = Kernel.host();
        Sockets sockets = kernel.sockets();
        answers(carafe);
        String pid = pid(carafe);
        int before = descriptors(pid);
        byte[] request = {1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
        try (Fd folder =
                        kernel.files().open(Fd.CWD, carafe.state().toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY);
                Fd zero = kernel.files().open(Fd.CWD, "/dev/zero", OpenFlags.RDONLY);
                Fd short0 = kernel.files().sealedMemory("test", "version".getBytes(UTF_8))) {
            List<Fd> silent = new ArrayList<>();
            for (byte[] text : List.of(new byte[1], new byte[16], new byte[5000], request)) {
                for (List<Fd> passed : List.of(
                        List.<Fd>of(),
                        List.of(zero),
                        List.of(zero, zero, zero, zero, zero),
                        List.of(zero, zero, zero, zero, short0),
                        List.of(zero, zero, zero, zero, zero, zero, zero))) {
                    Fd socket = sockets.open(Sockets.Type.SEQUENCED_PACKETS);
                    sockets.connect(socket, folder, "daemon.sock");
                    sockets.sendMessage(socket, text, passed);
                    silent.add(socket);
                }
            }
            for (int i = 0; i < 40; i++) {
                Fd socket = sockets.open(Sockets.Type.SEQUENCED_PACKETS);
                sockets.connect(socket, folder, "daemon.sock");
                silent.add(socket);
            }
            answers(carafe);
            silent.forEach(Fd::close);
        } catch (SystemCallException exception) {
            throw new AssertionError(exception);
        }
        Conditions.await("it holds nothing of them", () -> descriptors(pid) <= before);
        answers(carafe);
        assertThat(pid(carafe)).isEqualTo(pid);
        assertThat(Installation.read(carafe.state().resolve("daemon.log"))).hasLineCount(1);
    }
}
