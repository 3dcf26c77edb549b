package dev.carafe.daemon;

import static dev.carafe.daemon.Installation.DEBIAN;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What somebody else reaches of Carafe's, who has an account on the machine, or the machine's network in a container. */
@SystemTest
class NeighbourTest {

    private static final String SOMEBODY = "setpriv --reuid 54321 --regid 54321 --clear-groups ";

    /** A line of {@code /proc/net/unix}: inode and name. */
    private static final Pattern ABSTRACT = Pattern.compile(".* +(\\d+) (@.*)");

    /** The abstract sockets that our processes have, in whatever network. */
    private static Set<String> abstractSockets(Installation carafe) {
        Set<String> names = new TreeSet<>();
        List<Long> processes = new ArrayList<>(carafe.ourProcesses());
        processes.add(carafe.daemon());
        for (long process : processes) {
            Set<String> own = new TreeSet<>();
            for (Path fd : Installation.list(Path.of("/proc/" + process + "/fd"))) {
                try {
                    own.add(Files.readSymbolicLink(fd).toString().replaceAll("^socket:\\[(\\d+)]$", "$1"));
                } catch (IOException gone) {
                    // Closed meanwhile.
                }
            }
            Installation.read(Path.of("/proc/" + process + "/net/unix"))
                    .lines()
                    .map(ABSTRACT::matcher)
                    .filter(line -> line.matches() && own.contains(line.group(1)))
                    .forEach(line -> names.add(line.group(2)));
        }
        return names;
    }

    /** CVE-2020-15257: who had the machine's network reached the socket of whoever looks after a container. */
    @Test
    void nobodyListensWhereTheNetworkIsEnough(Installation carafe) throws Exception {
        carafe.startDaemon();
        String id = carafe.newId();
        Bundle bundle = carafe.bundle("exec sleep 1000")
                .edit(".linux.namespaces |= map(select(.type != \"network\"))"
                        + " | .mounts |= map(select(.type != \"sysfs\"))");
        carafe.oci("run", "--detach", "--bundle", bundle.folder().toString(), id)
                .succeeded();
        Call.Running exec = carafe.call("oci", "exec", id, "sleep", "1001").start();
        String second = carafe.newId();
        Call.Running attached = carafe.call(
                        "oci", "run", "--bundle", bundle.folder().toString(), second)
                .start();
        Conditions.await(
                "all of them run",
                () -> carafe.ourProcesses().stream()
                                .filter(pid -> Installation.describe(pid).startsWith("sleep"))
                                .count()
                        == 3);
        assertThat(carafe.ourProcesses()).hasSizeGreaterThan(5);
        assertThat(abstractSockets(carafe)).isEmpty();

        String name = "carafe-control-" + id;
        Process control = new Call(carafe, List.of(carafe.attacker().toString()), List.of("abstract", name))
                .input(Redirect.PIPE)
                .start(Redirect.DISCARD, Redirect.DISCARD);
        try {
            Conditions.await(
                    "control: one is found", () -> abstractSockets(carafe).equals(Set.of("@" + name)));
        } finally {
            control.destroyForcibly().waitFor();
        }
        carafe.oci("delete", "--force", id).succeeded();
        carafe.oci("delete", "--force", second).succeeded();
        assertThat(exec.await().status()).isNotZero();
        assertThat(attached.await().status()).isNotZero();
    }

    /** CVE-2021-41103, CVE-2024-25621: folders of a runtime's were open to everybody, whatever the caller's umask. */
    @Test
    void foldersOfContainersAreClosedToOthers(Installation carafe) {
        Path own = carafe.newPath("own");
        String[] careless = {"sh", "-c", "umask 0; exec \"$@\"", "sh"};
        Bundle bundle = carafe.bundle("exec sleep 1000");
        Commands.succeed("chmod 755 \"$0\"", bundle.folder().toString());
        String id = carafe.newId();
        in(
                        own,
                        carafe.call(
                                "oci",
                                "run",
                                "--detach",
                                "--bundle",
                                bundle.folder().toString(),
                                id))
                .through(careless)
                .execute()
                .succeeded();
        String kept = "kept-" + id;
        in(
                        own,
                        carafe.call(
                                "run",
                                "--network",
                                "none",
                                "--name",
                                kept,
                                "host:",
                                "sh",
                                "-c",
                                "echo secret > /secret; chmod 4777 /secret"))
                .through(careless)
                .execute()
                .succeeded();
        assertThat(reached(own))
                .as("those that lead to what is made for a user that is not root, and nothing in it")
                .isSubsetOf(own.toString(), own + "/data", own + "/data/images", own + "/data/images/host");
        assertThat(reached(bundle.config())).as("control").isNotEmpty();
        in(own, carafe.call("rm", kept)).execute().succeeded();
        in(own, carafe.call("oci", "delete", "--force", id)).execute().succeeded();
        assertThat(Installation.list(own.resolve("data/instances"))).isEmpty();
    }

    private static Call in(Path folder, Call call) {
        return call.variable("CARAFE_DATA", folder + "/data").variable("CARAFE_STATE", folder + "/state");
    }

    /** What somebody can read, write, execute or enter, of all that is there. */
    private static List<String> reached(Path folder) {
        return Commands.succeed(
                        "find \"$0\" ! -type l | " + SOMEBODY
                                + "sh -c 'while read -r p; do if [ -r \"$p\" ] || [ -w \"$p\" ] || [ -x \"$p\" ]; then echo \"$p\"; fi; done'",
                        folder.toString())
                .lines()
                .toList();
    }

    /** CVE-2021-41091: a user of the machine ran programs of an image, with the rights that they have inside. */
    @Test
    void programsOfAnImageAreNotForUsersOfTheMachine(Installation carafe) {
        carafe.debian("true").succeeded();
        Path image = carafe.data().resolve("images/" + DEBIAN.replace(":debian/", "/debian."));
        String use = SOMEBODY + "test -x \"$0\"";
        String program = image.resolve("root/bin/su").toString();
        assertThat(Commands.succeed("stat -L -c %A \"$0\"", program)).contains("rws");
        Commands.run(use, program).ended(1);
        Commands.succeed("chmod 711 \"$0\"", image.toString());
        try {
            assertThat(Commands.run(use, program).status()).as("control").isZero();
        } finally {
            Commands.succeed("chmod 700 \"$0\"", image.toString());
        }
    }
}
