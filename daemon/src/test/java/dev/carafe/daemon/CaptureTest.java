package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is made of an instance's files: a list of changes, an archive, an image. */
@SystemTest
@WithDaemon
class CaptureTest {

    private static final String MADE = "mkdir /new; echo one > /new/file; rm /etc/old; chmod 700 /home/user";

    /** Starts an instance of busybox and some folders, in which this is done. */
    private static void box(Installation carafe, String script, String... options) {
        Path tar = carafe.newPath("image.tar");
        Commands.succeed(
                "mkdir -p \"$0/etc/kept\" \"$0/home/user\" && echo old > \"$0/etc/old\""
                        + " && echo passwd > \"$0/etc/kept/some\" && tar -C \"$0\" -cf \"$1\" .",
                carafe.root().toString(),
                tar.toString());
        carafe.execute(
                        "image",
                        "import",
                        "-c",
                        "ENV PATH=/bin",
                        "-c",
                        "CMD [\"sh\", \"-c\", \"echo image\"]",
                        tar.toString(),
                        "img")
                .succeeded();
        List<String> words = new ArrayList<>(List.of("run", "-d", "--network", "none", "--name", "box"));
        words.addAll(List.of(options));
        words.addAll(List.of("img", "sh", "-c", script));
        carafe.execute(words.toArray(String[]::new)).succeeded();
    }

    private static void ended(Installation carafe) {
        assertThat(carafe.execute("wait", "box").succeeded()).isEqualTo("0\n");
    }

    @Test
    void aListTellsWhatIsOtherThanInItsImage(Installation carafe) {
        box(carafe, MADE + "; rm -r /etc/kept; mkdir /etc/kept; echo x > /vol/file", "-v", "/vol");
        ended(carafe);
        assertThat(carafe.execute("diff", "box").succeeded().lines())
                .contains(
                        "A /new",
                        "A /new/file",
                        "D /etc/old",
                        "C /home/user",
                        "C /etc/kept",
                        "D /etc/kept/some",
                        "C /etc")
                .doesNotContain("A /vol/file", "C /bin", "A /proc");
        assertThat(carafe.execute("diff", "--format", "json", "box").succeeded())
                .contains("{\"kind\":\"D\",\"path\":\"/etc/old\"}");
        InstanceTest.remove(carafe, "box");
    }

    @Test
    void anUnchangedOneHasNoChanges(Installation carafe) {
        box(carafe, "true");
        ended(carafe);
        assertThat(carafe.execute("diff", "box").succeeded()).isEmpty();
        InstanceTest.remove(carafe, "box");
    }

    @Test
    void anArchiveHasAllFilesAsTheyAre(Installation carafe) {
        box(carafe, MADE + "; touch /ready; sleep 1000");
        Conditions.await(
                "it is ready",
                () -> carafe.execute("exec", "box", "test", "-e", "/ready").status() == 0);
        Path archive = carafe.newPath("box.tar");
        carafe.execute("export", "-o", archive.toString(), "box").succeeded();
        assertThat(Commands.succeed("tar -tf \"$0\"", archive.toString()).lines())
                .contains("bin/busybox", "new/file", "etc/kept/some")
                .doesNotContain("etc/old", "proc/1/");
        assertThat(Commands.succeed("tar -xOf \"$0\" new/file", archive.toString()))
                .isEqualTo("one\n");
        assertThat(InstanceTest.status(carafe, "box")).isEqualTo("running");
        InstanceTest.remove(carafe, "box");
    }

    @Test
    void anImageOfItRunsAsItDoes(Installation carafe) {
        box(
                carafe,
                MADE + "; cat /new/file; echo $A; pwd",
                "-e",
                "A=\"some\" words",
                "-w",
                "/home",
                "--label",
                "who=me");
        ended(carafe);
        String digest = carafe.execute("commit", "-m", "a change", "-a", "me", "box", "made:1")
                .succeeded();
        assertThat(digest).startsWith("sha256:");
        assertThat(carafe.execute("run", "--rm", "--network", "none", "made:1", "cat", "/new/file")
                        .succeeded())
                .isEqualTo("one\n");
        assertThat(carafe.execute("run", "--rm", "--network", "none", "made:1", "ls", "/etc/old")
                        .status())
                .isNotZero();
        String image = carafe.execute("image", "inspect", "made:1").succeeded();
        assertThat(image).contains("a change").contains("\"who\"").contains("A=\\\"some\\\" words");
        // The layers of the image that it stands on are not made anew.
        assertThat(Json.read(image, ".[0].layers | length")).isEqualTo("2");
        InstanceTest.remove(carafe, "box");
    }

    @Test
    void instructionsHoldOverHowItRan(Installation carafe) {
        box(carafe, "touch /ready; while :; do echo x >> /busy; done", "-w", "/home");
        Conditions.await(
                "it is busy",
                () -> carafe.execute("exec", "box", "test", "-e", "/busy").status() == 0);
        carafe.execute("commit", "-c", "CMD [\"pwd\"]", "-c", "WORKDIR /etc", "box", "made:2")
                .succeeded();
        assertThat(carafe.execute("run", "--rm", "--network", "none", "made:2").succeeded())
                .isEqualTo("/etc\n");
        assertThat(InstanceTest.status(carafe, "box")).isEqualTo("running");
        InstanceTest.remove(carafe, "box");
    }

    @Test
    void whoIsKilledWhileItStandsStillLeavesItRunning(Installation carafe) {
        box(carafe, "sleep 1000");
        Path pipe = carafe.newPath("pipe");
        Call.Running export = carafe.shell("mkfifo '" + pipe + "'; exec 3<>'" + pipe + "'; exec \"$0\" export box >&3")
                .start();
        Conditions.await(
                "it stands still", () -> InstanceTest.status(carafe, "box").equals("paused"));
        carafe.killDaemon();
        assertThat(export.await().status()).isNotZero();
        carafe.startDaemon();
        Conditions.await(
                "it goes on", // the daemon answers while it still looks at what there is
                () -> InstanceTest.status(carafe, "box").equals("running")
                        && Installation.list(carafe.state().resolve("still")).isEmpty());
        carafe.execute("pause", "box").succeeded();
        carafe.killDaemon();
        carafe.startDaemon();
        assertThat(InstanceTest.status(carafe, "box"))
                .as("who asked for that himself has it")
                .isEqualTo("paused");
        carafe.execute("unpause", "box").succeeded();
        InstanceTest.remove(carafe, "box");
    }

    @Test
    void theMachinesOwnFilesAreNotTakenAlong(Installation carafe) {
        carafe.execute("run", "--network", "none", "--name", "box", "host:", "touch", "/etc/made")
                .succeeded();
        assertThat(carafe.execute("export", "-o", carafe.newPath("x").toString(), "box")
                        .error())
                .contains("machine's own files");
        assertThat(carafe.execute("commit", "box", "x").error()).contains("machine's own files");
        assertThat(carafe.execute("diff", "box").succeeded()).isEqualTo("C /etc\nA /etc/made\n");
        InstanceTest.remove(carafe, "box");
    }
}
