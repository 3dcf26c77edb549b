package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What other runtimes were escaped by. */
@SystemTest
class EscapeTest {

    /** CVE-2024-21626: a descriptor of the host's was left open, and the working directory led through it. */
    @Test
    void noDescriptorLeadsOut(Installation carafe) {
        assertThat(carafe.runBundle(carafe.bundle("cd /proc/self/fd; echo *")).succeeded())
                .isEqualTo("0 1 2 3\n"); // 3 is what reads the folder
        Bundle bundle = carafe.bundle("echo escaped to $(pwd); ls ../../../../etc/debian_version");
        List<Integer> numbers = IntStream.rangeClosed(0, 20).boxed().toList();
        for (int from = 0; from < numbers.size(); from += 4) {
            List<Call.Running> calls = new ArrayList<>();
            for (int number : numbers.subList(from, Math.min(from + 4, numbers.size()))) {
                Bundle copy = new Bundle(carafe.newFolder("fd" + number));
                Commands.succeed(
                        "cp \"$0\" \"$1\"",
                        bundle.config().toString(),
                        copy.folder().toString());
                copy.edit(".root.path = \"" + bundle.rootfs() + "\" | .process.cwd = \"/proc/self/fd/" + number + "\"");
                calls.add(carafe.call("oci", "run", "--bundle", copy.folder().toString(), carafe.newId())
                        .start());
            }
            calls.forEach(call -> call.await().failed(1, "process.cwd"));
        }
    }

    /** CVE-2019-5736: the program that enters a container was overwritten from inside. */
    @Test
    void theProgramCannotBeOverwrittenFromInside(Installation carafe) throws IOException {
        String before = Installation.digestOfPrograms();
        Bundle bundle = carafe.bundle("").edit(".process.args = [\"/evil\"]");
        Path evil = bundle.rootfs().resolve("evil");
        Files.writeString(evil, "#!/proc/self/exe\n");
        Commands.succeed("chmod 755 \"$0\"", evil.toString());
        Outcome outcome = carafe.runBundle(bundle);
        assertThat(outcome.status()).isNotZero();
        assertThat(outcome.output()).isEmpty();

        // One that waits to be started is still our program; another container in its pid namespace looks at it.
        Bundle waiting = carafe.bundle("true");
        Path pidFile = carafe.newPath("pid");
        String id = carafe.newId();
        carafe.oci("create", "--bundle", waiting.folder().toString(), "--pid-file", pidFile.toString(), id)
                .succeeded();
        String namespace = "/proc/" + Installation.read(pidFile) + "/ns/pid";
        String attack = "for f in exe mem; do (: > /proc/1/$f) 2>/dev/null && echo wrote $f; done;"
                + " for f in environ maps; do cat /proc/1/$f 2>/dev/null; done;"
                + " for f in root cwd; do ls /proc/1/$f/ 2>/dev/null; done; for f in /proc/1/exe /proc/1/fd/*; do readlink $f; done;"
                + " cat /proc/1/fd/* 2>/dev/null; echo tried";
        Bundle attacker = carafe.bundle(attack)
                .edit("(.linux.namespaces[] | select(.type == \"pid\")).path = \"" + namespace + "\"");
        assertThat(carafe.runBundle(attacker).succeeded()).isEqualTo("tried\n");
        // Control: as it becomes the program it may be looked at.
        Bundle looked = carafe.bundle("for f in exe environ root; do [ -r /proc/1/$f ] && echo $f; done");
        assertThat(carafe.runBundle(looked).succeeded()).isEqualTo("exe\nenviron\nroot\n");
        carafe.oci("delete", "--force", id).succeeded();
        assertThat(Installation.digestOfPrograms()).isEqualTo(before);
    }

    /** CVE-2022-29162: capabilities that were inheritable for no reason. */
    @Test
    void nothingIsInherited(Installation carafe) {
        assertThat(carafe.runBundle(carafe.bundle("grep -E '^Cap(Inh|Amb)' /proc/self/status"))
                        .succeeded())
                .isEqualTo("CapInh:\t0000000000000000\nCapAmb:\t0000000000000000\n");
        Bundle asked = carafe.bundle("grep -E '^Cap(Inh|Amb)' /proc/self/status")
                .edit(".process.capabilities.inheritable = .process.capabilities.bounding");
        assertThat(carafe.runBundle(asked).succeeded()).as("control").doesNotContain("0000000000000000");
    }

    /** Signals and looks stay inside, and a container in the host's pid namespace is told apart by its rights. */
    @Test
    void theClientAndJavaAreOutOfReach(Installation carafe) {
        Bundle bundle =
                carafe.bundle("for p in /proc/[0-9]*; do cat $p/comm; done").edit(".process.user.uid = 1000");
        assertThat(carafe.runBundle(bundle).succeeded()).doesNotContain("java").doesNotContain("carafe");
    }
}
