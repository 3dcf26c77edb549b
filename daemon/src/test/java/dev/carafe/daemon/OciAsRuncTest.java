package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where the specification leaves things open and callers expect runC's way: what its own tests hold it to. */
@SystemTest
class OciAsRuncTest {

    private static final String NO_PID_NAMESPACE = ".linux.namespaces |= map(select(.type != \"pid\"))";
    private static final String WAITS = "while :; do sleep 0.05; done";

    private static String start(Installation carafe, Bundle bundle) {
        String id = carafe.newId();
        carafe.oci("run", "--detach", "--bundle", bundle.folder().toString(), id)
                .succeeded();
        return id;
    }

    @Test
    void whatCannotBeGivenIsSaidAndNoReasonToFail(Installation carafe) {
        Bundle bundle = carafe.bundle("grep CapBnd /proc/self/status")
                .edit(".process.capabilities = {bounding: [\"CAP_OF_TOMORROW\", \"CAP_KILL\"]}");
        Outcome outcome = carafe.runBundle(bundle).ended(0);
        assertThat(outcome.output()).isEqualTo("CapBnd:\t0000000000000020\n");
        assertThat(outcome.error())
                .isEqualTo("carafe: process.capabilities: CAP_OF_TOMORROW is unknown, and ignored\n");
    }

    @Test
    void whatCannotBeAmbientIsSaidAndNoReasonToFail(Installation carafe) {
        Bundle bundle = carafe.bundle("grep CapAmb /proc/self/status")
                .edit(".process.capabilities.inheritable = [\"CAP_KILL\"]"
                        + " | .process.capabilities.permitted += [\"CAP_KILL\", \"CAP_CHOWN\"]"
                        + " | .process.capabilities.ambient = [\"CAP_KILL\", \"CAP_CHOWN\"]");
        Outcome outcome = carafe.runBundle(bundle).ended(0);
        assertThat(outcome.output()).isEqualTo("CapAmb:\t0000000000000020\n");
        assertThat(outcome.error())
                .isEqualTo("carafe: process.capabilities.ambient: can't raise ambient capability CAP_CHOWN:"
                        + " it is not inheritable too, and ignored\n");
    }

    @Test
    void aCgroupThatIsNotNamedHasTheContainersName(Installation carafe) {
        Bundle bundle = carafe.bundle(WAITS).edit("del(.linux.cgroupsPath)");
        String id = start(carafe, bundle);
        String pid = Json.read(carafe.oci("state", id).succeeded(), ".pid");
        assertThat(Installation.read(Path.of("/proc/" + pid + "/cgroup"))).contains("/" + id + "\n");
        carafe.oci("delete", "--force", id).succeeded();
    }

    @Test
    void everyCommandTellsWhatItTakes(Installation carafe) {
        List<String> commands = carafe.oci("--help")
                .succeeded()
                .lines()
                .filter(line -> line.matches("  [a-z].*"))
                .map(line -> line.strip().split(" ", 2)[0])
                .toList();
        assertThat(commands).contains("create", "exec", "features");
        for (String command : commands) {
            for (String asking : List.of("-h", "--help")) {
                assertThat(carafe.oci("--criu", "/bin/true", command, asking).succeeded())
                        .startsWith("NAME:\n   carafe-oci " + command + " - ");
            }
        }
        assertThat(carafe.oci("create", "-h").succeeded()).contains("--bundle VALUE, -b VALUE", "--no-pivot\n");
        carafe.oci("foo", "-h").failed(1, "No help topic for 'foo'");
    }

    @Test
    void whoWaitsToBeStartedKeepsNothingOfTheCallersOpen(Installation carafe) throws Exception {
        Bundle bundle = carafe.bundle("true");
        String id = carafe.newId();
        Path open = carafe.newPath("open");
        Process create = carafe.call(
                        "oci", "create", "--bundle", bundle.folder().toString(), id)
                .startAs(
                        List.of("sh", "-c", "exec 9> \"$0\"; exec \"$@\"", open.toString()),
                        Redirect.INHERIT,
                        Redirect.INHERIT);
        assertThat(create.waitFor()).isZero();
        assertThat(open).as("control: it was open").exists();
        String pid = Json.read(carafe.oci("state", id).succeeded(), ".pid");
        assertThat(Commands.succeed("cd /proc/\"$0\"/fd; for n in *; do [ $n -le 2 ] || readlink $n; done", pid)
                        .lines())
                .as("what there is to be, and nothing more of the machine's")
                .allMatch(link -> link.matches("pipe:.*|socket:.*|anon_inode:.*|/.*/" + id + "/exec\\.fifo"))
                .anyMatch(link -> link.endsWith("/exec.fifo"));
        carafe.oci("delete", id).succeeded();
    }

    @Test
    void theCgroupIsThereUntilTheContainerIsDeleted(Installation carafe) {
        Bundle bundle = carafe.bundle("true");
        String id = carafe.newId();
        carafe.oci("run", "--keep", "--bundle", bundle.folder().toString(), id).succeeded();
        assertThat(carafe.left()).anyMatch(left -> left.startsWith("cgroup"));
        carafe.oci("delete", id).succeeded();
        assertThat(carafe.left()).noneMatch(left -> left.startsWith("cgroup"));
    }

    @Test
    void whatOutlivesTheFirstProcessInTheHostsPidNamespaceCanBeKilled(Installation carafe) {
        Bundle bundle = carafe.bundle("sleep 1000 & echo $! > /left; touch /go; " + WAITS)
                .edit(NO_PID_NAMESPACE);
        for (List<String> end : List.of(List.of("kill", "ID", "KILL"), List.of("delete", "ID"))) {
            String id = start(carafe, bundle);
            Conditions.await("it has begun", () -> Files.exists(bundle.rootfs().resolve("go")));
            String left = Installation.read(bundle.rootfs().resolve("left")).strip();
            Commands.succeed("kill -9 \"$0\"", Json.read(carafe.oci("state", id).succeeded(), ".pid"));
            Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
            assertThat(Path.of("/proc/" + left)).as("control").exists();
            carafe.oci(end.stream().map(word -> word.equals("ID") ? id : word).toArray(String[]::new))
                    .succeeded();
            Conditions.await("nothing is left", () -> !Files.exists(Path.of("/proc/" + left)));
            carafe.oci("delete", "--force", id).succeeded();
            Commands.succeed("rm \"$0\"/go", bundle.rootfs().toString());
        }
    }

    @Test
    void signalZeroToAllAsksOnlyWhetherThereIsAContainer(Installation carafe) {
        String id = start(carafe, carafe.bundle("true"));
        Conditions.await("it has stopped", () -> carafe.status(id).equals("stopped"));
        carafe.oci("kill", id, "0").failed(1, "container not running");
        carafe.oci("kill", "--all", id, "0").succeeded();
        carafe.oci("delete", id).succeeded();
        carafe.oci("kill", "--all", id, "0").failed(1, "does not exist");
    }

    @Test
    void aProgramWithoutItsInterpreterIsNotTakenForOneThatIsMissing(Installation carafe) throws IOException {
        Bundle bundle = carafe.bundle("").edit(".process.args = [\"/script\"]");
        Files.writeString(bundle.rootfs().resolve("script"), "#!/nowhere/sh\n");
        Commands.succeed("chmod 755 \"$0\"/script", bundle.rootfs().toString());
        carafe.runBundle(bundle).failed(1, "exec /script: no such file or directory", "its interpreter is missing");
        bundle.edit(".process.args = [\"/scripts\"]");
        carafe.runBundle(bundle).failed(1, "exec: \"/scripts\": no such file or directory");
    }
}
