package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code carafe daemon}: quick where it can do what the caller's own Java would do, and not in the way where not. */
@SystemTest
class DaemonTest {

    private static final String EVERY_HIERARCHY = "for h in $(awk '$3 ~ /^cgroup2?$/ {print $2}' /proc/mounts); do ";
    private static final long MOST_MEMORY = 80 << 20;

    /**
     * Whether a call starts a Java of its own. The client is a static program; the C library of one that is not leaves a
     * file where it is told to.
     */
    private static boolean startsJava(Installation carafe, Call call) {
        Path trace = carafe.newFolder("trace");
        call.variable("LD_DEBUG", "files")
                .variable("LD_DEBUG_OUTPUT", trace.resolve("of").toString())
                .execute()
                .succeeded();
        return !Installation.list(trace).isEmpty();
    }

    /** Whether what a shell script calls as {@code $carafe}, with other programs before it or without, starts a Java. */
    private static boolean startsJava(Installation carafe, String script) {
        Path trace = carafe.newFolder("trace");
        carafe.shell("carafe=\"env LD_DEBUG=files LD_DEBUG_OUTPUT=" + trace.resolve("of") + " $0\"; " + script)
                .execute()
                .succeeded();
        return !Installation.list(trace).isEmpty();
    }

    @Test
    void callsAreAnsweredByTheDaemonWhereThereIsOne(Installation carafe) {
        assertThat(startsJava(carafe, carafe.call("version"))).as("without").isTrue();
        carafe.startDaemon();
        assertThat(startsJava(carafe, carafe.call("version"))).as("with").isFalse();
        assertThat(startsJava(carafe, carafe.call("version").variable("CARAFE_DAEMON", "no")))
                .as("without, on request")
                .isTrue();
        carafe.stopDaemon();
        assertThat(carafe.state().resolve("daemon.sock")).doesNotExist();
        assertThat(startsJava(carafe, carafe.call("version")))
                .as("without again")
                .isTrue();
    }

    @Test
    void itTellsOfItself(Installation carafe) {
        carafe.execute("daemon", "status").failed(1, "no daemon runs for " + carafe.state());
        carafe.execute("daemon", "stop").failed(1, "no daemon runs for " + carafe.state());
        carafe.startDaemon();
        String status = carafe.execute("daemon", "status", "--format", "json").succeeded();
        assertThat(Path.of("/proc/" + Json.read(status, ".pid") + "/comm")).hasContent("java");
        assertThat(Integer.parseInt(Json.read(status, ".uptime"))).isBetween(0, 60);
        assertThat(Long.parseLong(Json.read(status, ".memory"))).isBetween(10L << 20, MOST_MEMORY);
        assertThat(carafe.execute("daemon", "status").succeeded())
                .startsWith("runs as process " + Json.read(status, ".pid"));
        carafe.execute("daemon", "dance").failed(1, "daemon dance");
        assertThat(carafe.execute("daemon", "help").succeeded()).contains("CARAFE_DAEMON");
    }

    @Test
    void aFolderHasOneDaemon(Installation carafe) {
        carafe.startDaemon();
        carafe.execute("daemon", "start").failed(1, "a daemon runs for " + carafe.state());
        carafe.execute("daemon", "run").failed(1, "a daemon runs for " + carafe.state());
        Installation another = carafe.another();
        another.startDaemon();
        assertThat(another.daemon()).isNotEqualTo(carafe.daemon());
        another.end(false);
    }

    @Test
    void nobodyElseComesToItsFolderAndSocket(Installation carafe) throws IOException {
        carafe.startDaemon();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(carafe.state())))
                .isEqualTo("rwx------");
        assertThat(Installation.list(carafe.state()))
                .isNotEmpty()
                .allSatisfy(path -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                        .isEqualTo("rw-------"));
        carafe.stopDaemon();
        Commands.succeed("chmod 770 \"$0\"", carafe.state().toString());
        carafe.execute("daemon", "start").failed(1, carafe.state().toString(), "can be written to by others");
        Commands.succeed("chmod 700 \"$0\"; chown 12345 \"$0\"", carafe.state().toString());
        carafe.execute("daemon", "start").failed(1, carafe.state().toString(), "another user");
        Commands.succeed("chown 0 \"$0\"", carafe.state().toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT", "HUP"})
    void inTheForegroundItEndsInOrderOnASignal(String signal, Installation carafe) throws Exception {
        Call.Running daemon = carafe.call("daemon", "run").start();
        Conditions.await("it listens", () -> daemon.error().contains("listens in " + carafe.state()));
        assertThat(startsJava(carafe, carafe.call("version"))).isFalse();
        Commands.succeed("kill -\"$1\" \"$0\"", Long.toString(daemon.process().pid()), signal);
        assertThat(daemon.process().waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(daemon.process().exitValue()).isZero();
        assertThat(carafe.state().resolve("daemon.sock")).doesNotExist();
    }

    @Test
    void inTheForegroundItEndsWithItsClient(Installation carafe) {
        Call.Running daemon = carafe.call("daemon", "run").start();
        Conditions.await("it listens", () -> daemon.error().contains("listens in " + carafe.state()));
        Commands.succeed("kill -9 \"$0\"", Long.toString(daemon.process().pid()));
        Conditions.await("it has ended", () -> carafe.ourProcesses().isEmpty());
    }

    @Test
    void itHoldsNothingOfWhoeverHasStartedIt(Installation carafe) throws Exception {
        Path folder = carafe.newFolder("holder");
        Process shell = carafe.shell("exec 9> lock && flock 9 && \"$0\" daemon start")
                .in(folder)
                .start(Redirect.to(folder.resolve("output").toFile()), Redirect.PIPE);
        assertThat(shell.getErrorStream().readAllBytes())
                .as("nobody has it open")
                .isEmpty();
        assertThat(shell.waitFor(20, TimeUnit.SECONDS)).isTrue();
        long daemon = carafe.daemon();
        assertThat(Commands.succeed("ls -l /proc/\"$0\"/fd /proc/\"$0\"/cwd", Long.toString(daemon)))
                .doesNotContain(folder.toString());
        Commands.succeed("flock -n \"$0\" true", folder.resolve("lock").toString());
        carafe.stopDaemon();
    }

    @Test
    void aFolderMayBeNamedRelativelyOrHaveALongPath(Installation carafe) {
        carafe.startDaemon();
        Call relative = carafe.call("version")
                .in(carafe.folder())
                .variable("CARAFE_STATE", "data/../" + carafe.state().getFileName());
        assertThat(startsJava(carafe, relative)).isFalse();
        carafe.stopDaemon();
        Path deep = carafe.folder().resolve(String.join("/", Collections.nCopies(20, "a-long-name")));
        String state = deep.toString();
        carafe.call("daemon", "start").variable("CARAFE_STATE", state).execute().succeeded();
        assertThat(startsJava(carafe, carafe.call("version").variable("CARAFE_STATE", state)))
                .isFalse();
        carafe.call("daemon", "stop").variable("CARAFE_STATE", state).execute().succeeded();
    }

    @Test
    void aRelativeCgroupsPathStartsAtTheCaller(Installation carafe) {
        String callers = "carafe-system-caller-" + carafe.newId();
        Bundle bundle = carafe.bundle("sleep 1000").edit(".linux.cgroupsPath = $text", "carafe-below");
        try {
            List<String> seen = new ArrayList<>();
            for (boolean daemon : List.of(false, true)) {
                if (daemon) {
                    carafe.startDaemon();
                }
                String id = carafe.newId();
                String create = EVERY_HIERARCHY + "mkdir -p $h/" + callers + "; [ ! -e $h/cpuset.cpus ] ||"
                        + " { cat $h/cpuset.cpus > $h/" + callers + "/cpuset.cpus;"
                        + " cat $h/cpuset.mems > $h/" + callers + "/cpuset.mems; };"
                        + " echo $$ > $h/" + callers + "/cgroup.procs; done;"
                        + " $carafe oci create --bundle '" + bundle.folder() + "' " + id;
                assertThat(startsJava(carafe, create)).isEqualTo(!daemon);
                String pid = Json.read(carafe.oci("state", id).succeeded(), ".pid");
                seen.add(Installation.read(Path.of("/proc/" + pid + "/cgroup")));
                carafe.oci("delete", "--force", id).succeeded();
            }
            assertThat(seen.get(0)).contains("/" + callers);
            assertThat(seen.get(1)).isEqualTo(seen.get(0));
        } finally {
            Commands.succeed("find /sys/fs/cgroup -depth -name '" + callers + "' -exec rmdir {} +");
        }
    }

    @Test
    void newFilesHaveThePermissionsOfTheCallersMask(Installation carafe) throws IOException {
        carafe.startDaemon();
        for (String[] mask : new String[][] {{"027", "rw-r-----"}, {"022", "rw-r--r--"}, {"000", "rw-rw-rw-"}}) {
            Path folder = carafe.newFolder("spec");
            assertThat(startsJava(carafe, "umask " + mask[0] + "; $carafe oci spec --bundle '" + folder + "'"))
                    .isFalse();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("config.json"))))
                    .as("umask %s", mask[0])
                    .isEqualTo(mask[1]);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "unshare --mount",
                "unshare --net",
                "unshare --cgroup",
                "unshare --time --fork",
                "unshare --user --map-root-user",
                "unshare --pid --fork --mount-proc",
                "setpriv --bounding-set=-mknod",
                "setpriv --groups 7",
                "setpriv --regid 7 --keep-groups",
                "chroot ROOT"
            })
    void whoMayDoOrSeesOtherThingsIsServedByAJavaOfHisOwn(String way, Installation carafe) {
        // All in a mount namespace of their own, for the sake of the other root.
        String root = carafe.newFolder("root").toString();
        Path trace = carafe.newFolder("trace");
        String traced = " env LD_DEBUG=files LD_DEBUG_OUTPUT=" + trace + "/";
        Process process = carafe.shell(
                        "mount --make-rprivate / && mount --rbind / '" + root + "' && \"$0\" daemon start"
                                + " &&" + traced + "control \"$0\" version"
                                + " && " + way.replace("ROOT", root) + traced + "other \"$0\" version"
                                + " && \"$0\" daemon stop")
                .startAs(List.of("unshare", "--mount"), Redirect.DISCARD, Redirect.INHERIT);
        assertThat(process.onExit().join().exitValue()).isZero();
        assertThat(Installation.list(trace))
                .as("who has started a Java")
                .isNotEmpty()
                .allSatisfy(path -> assertThat(path.getFileName().toString()).startsWith("other"));
    }

    @Test
    void anotherUserIsNotServed(Installation carafe) {
        carafe.startDaemon();
        assertThat(startsJava(carafe, "setpriv --reuid 0 $carafe version"))
                .as("control")
                .isFalse();
        Commands.succeed(
                "chmod 711 \"$0\"; chmod 666 \"$0\"/daemon.sock", carafe.state().toString());
        String other = "setpriv --reuid 12345 --clear-groups ";
        Commands.succeed(
                other + "test -w \"$0\"", carafe.state().resolve("daemon.sock").toString());
        Path trace = carafe.newFolder("trace");
        Commands.succeed("chmod 777 \"$0\"", trace.toString());
        carafe.shell(other + "env LD_DEBUG=files LD_DEBUG_OUTPUT=" + trace + "/of \"$0\" version")
                .execute()
                .succeeded();
        assertThat(Installation.list(trace)).as("who has started a Java").isNotEmpty();
    }

    private static Call callOf(Installation carafe, Path other, String... arguments) {
        return new Call(carafe, List.of(other.resolve("bin/carafe").toString()), List.of(arguments));
    }

    @Test
    void aClientOfAnotherBuildIsServedByItsOwn(Installation carafe) {
        Path other = carafe.newPath("other");
        Commands.succeed(
                "cp -a \"$(dirname \"$(dirname \"$0\")\")\" \"$1\" && printf other > \"$1/lib/build\"",
                Installation.program().toString(),
                other.toString());
        carafe.startDaemon();
        assertThat(startsJava(carafe, callOf(carafe, other, "version"))).isTrue();
        // Which daemon there is and its end are not a matter of builds.
        callOf(carafe, other, "daemon", "start").execute().failed(1, "a daemon runs");
        callOf(carafe, other, "daemon", "status").execute().succeeded();
        callOf(carafe, other, "daemon", "stop").execute().succeeded();
        carafe.execute("daemon", "status").failed(1, "no daemon runs");
        carafe.startDaemon();
    }

    @Test
    void aSignalEndsItsOwnCallOnly(Installation carafe) throws Exception {
        carafe.startDaemon();
        Bundle bundle = carafe.bundle("sleep 1000");
        String id = carafe.newId();
        carafe.oci("run", "-d", "--bundle", bundle.folder().toString(), id).succeeded();
        List<Call.Running> calls = IntStream.range(0, 3)
                .mapToObj(i ->
                        carafe.call("oci", "events", "--interval", "100ms", id).start())
                .toList();
        for (Call.Running call : calls) {
            Conditions.await("it tells", () -> call.output().contains("stats"));
        }
        Commands.succeed(
                "kill -INT \"$0\"", Long.toString(calls.get(0).process().pid()));
        Commands.succeed("kill -9 \"$0\"", Long.toString(calls.get(1).process().pid()));
        assertThat(calls.get(0).process().waitFor(20, TimeUnit.SECONDS)).isTrue();
        int told = calls.get(2).output().length();
        Conditions.await("the third goes on", () -> calls.get(2).output().length() > told);
        carafe.oci("delete", "--force", id).succeeded();
        assertThat(calls.get(2).process().waitFor(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void manyCallsLeaveNeitherDescriptorsNorThreadsNorMemoryBehind(Installation carafe) {
        carafe.startDaemon();
        Bundle bundle = carafe.bundle("true");
        long daemon = carafe.daemon();
        for (int i = 0; i < 20; i++) {
            carafe.runBundle(bundle).succeeded();
        }
        long descriptors = count(daemon, "fd");
        for (int i = 0; i < 100; i++) {
            carafe.runBundle(bundle).succeeded();
            carafe.oci("state", "none").failed(1, "does not exist");
        }
        List<Call.Running> together = IntStream.range(0, 50)
                .mapToObj(i -> carafe.call("version").start())
                .toList();
        together.forEach(call -> call.await().succeeded());
        Conditions.await("its descriptors are as many as before", () -> count(daemon, "fd") == descriptors);
        assertThat(count(daemon, "task")).as("threads").isLessThan(17 + 50);
        String status = carafe.execute("daemon", "status", "--format", "json").succeeded();
        assertThat(Long.parseLong(Json.read(status, ".memory"))).isLessThan(MOST_MEMORY);
    }

    private static long count(long pid, String folder) {
        return Installation.list(Path.of("/proc/" + pid + "/" + folder)).size();
    }

    @Test
    @Timeout(180)
    void whenItIsKilledNobodyIsHurt(Installation carafe) {
        Bundle bundle = carafe.bundle("exec sleep 1000");
        int failed = 0;
        for (int round = 0; round < 8; round++) {
            carafe.startDaemon();
            List<String> ids = Stream.generate(carafe::newId).limit(6).toList();
            List<Call.Running> calls = ids.stream()
                    .map(id -> carafe.call(
                                    "oci",
                                    "run",
                                    "-d",
                                    "--bundle",
                                    bundle.folder().toString(),
                                    id)
                            .start())
                    .toList();
            Conditions.pause(Duration.ofMillis(5L + 25L * round));
            carafe.killDaemon();
            for (int i = 0; i < calls.size(); i++) {
                Outcome outcome = calls.get(i).await();
                if (outcome.status() == 0) {
                    assertThat(carafe.status(ids.get(i))).isEqualTo("running");
                } else {
                    failed++;
                    outcome.failed(1, "the daemon ended before it had answered");
                }
                carafe.oci("delete", "--force", ids.get(i)).succeeded();
            }
            carafe.mustHaveLeftNothing();
        }
        assertThat(failed).as("calls that were cut short").isPositive();
    }

    /** systemd itself reads it, where it is installed. */
    @Test
    void itsUnitIsOneOfSystemds(Installation carafe) throws IOException {
        String unit = carafe.execute("daemon", "unit").succeeded();
        assertThat(unit)
                .contains("ExecStart=" + Installation.program() + " daemon run\n")
                .contains("CARAFE_STATE=" + carafe.state())
                .contains("KillMode=process\n");
        Path file = Files.writeString(carafe.newFolder("units").resolve("carafe-test.service"), unit);
        Commands.succeed("! command -v systemd-analyze > /dev/null || systemd-analyze verify \"$0\"", file.toString());
    }
}
