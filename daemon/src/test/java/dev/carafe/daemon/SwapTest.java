package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What lies in a root is moved and replaced while a container is made in it, by somebody who shares its folder. */
@SystemTest
class SwapTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    /** Tells where the kernel's settings can be written and what should be hidden can be seen. */
    private static final String LOOK = "for d in /proc /other; do cd $d; [ -e self/status ] || continue;"
            + " f=sys/kernel/core_pattern; (cat $f > $f) 2>/dev/null && echo wrote $d/$f;"
            + " [ \"$(head -c 1 timer_list 2>/dev/null)\" ] && echo saw $d/timer_list; done; echo looked";

    private static Bundle withOther(Installation carafe, String script) {
        Bundle bundle = carafe.bundle(script);
        Commands.succeed(
                "cd \"$0\"; mkdir -p proc other/self/fd", bundle.rootfs().toString());
        return bundle;
    }

    /**
     * As CVE-2023-27561, CVE-2023-28642, CVE-2019-19921: masks and read-only paths went elsewhere than proc. A hook comes
     * at the very moment: proc is mounted, and the masks are not.
     */
    @Test
    void masksFollowTheDirectoryThatProcWasMountedOn(Installation carafe) {
        Bundle bundle = withOther(carafe, LOOK);
        bundle.edit(
                ".hooks.prestart = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"cd $0 && mv proc aside && mv other proc && mv aside other\", $text]}]",
                bundle.rootfs().toString());
        Bundle astray = new Bundle(carafe.newFolder("astray"));
        Commands.succeed(
                "cp \"$0\" \"$1\"; ln -s proc \"$2\"/link",
                bundle.config().toString(),
                astray.folder().toString(),
                bundle.rootfs().toString());
        astray.edit(
                ".root.path = $text | .linux.readonlyPaths |= map(sub(\"^/proc/\"; \"/link/\"))",
                bundle.rootfs().toString());
        assertThat(carafe.runBundle(astray).succeeded())
                .as("control: those that are looked up by way of a link go astray")
                .isEqualTo("wrote /other/sys/kernel/core_pattern\nlooked\n");
        Commands.succeed(
                "cd \"$0\" && mv proc aside && mv other proc && mv aside other",
                bundle.rootfs().toString());
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("looked\n");
    }

    @Test
    void whoeverIsQuickFindsNoMomentBetweenProcAndItsMasks(Installation carafe) {
        Bundle bundle = withOther(carafe, LOOK);
        boolean looked = false;
        try (Racer racer = Racer.swap(
                carafe, bundle.rootfs().resolve("proc"), bundle.rootfs().resolve("other"))) {
            while (racer.again(looked)) {
                Outcome outcome = carafe.runBundle(bundle);
                assertThat(outcome.output()).doesNotContain("wrote", "saw");
                looked |= outcome.output().equals("looked\n");
            }
        }
    }

    /** CVE-2021-30465, CVE-2024-45310: what a mount goes on was swapped for a link that leads out. */
    @Test
    void targetsStayInTheRoot(Installation carafe) throws IOException {
        Path canary = carafe.newFolder("canary");
        Bundle bundle = carafe.bundle("true")
                .edit(".mounts += [range(40) | {destination: \"/race/to/\\(.)\", type: \"tmpfs\", source: \"tmpfs\"}]");
        Path race = bundle.rootfs().resolve("race");
        Path link = bundle.rootfs().resolve("link");
        Files.createDirectories(race.resolve("to"));
        Files.createDirectories(canary.resolve("to"));
        Files.createSymbolicLink(link, canary);
        String mounted = "grep -c \"" + canary + "\" /proc/self/mountinfo";
        try (Racer racer = Racer.swap(carafe, race, link)) {
            // What goes by a path goes astray, sooner or later.
            Commands.succeed(
                    "i=0; until [ \"$(ls -A \"$1\"/to)\" ]; do i=$((i + 1)); [ $i -lt 2000 ] || exit 1; mkdir -p \"$0\"/to/$i; done",
                    race.toString(),
                    canary.toString());
            Commands.succeed("rmdir \"$0\"/to/*", canary.toString());
            Commands.succeed("unshare --mount sh -c 'i=0; until " + mounted + " >/dev/null; do i=$((i + 1));"
                    + " [ $i -lt 2000 ] || exit 1; mount -t tmpfs none \"" + race + "/to\"; done'");
            while (racer.again(true)) {
                carafe.runBundle(bundle);
                assertThat(Installation.list(canary)).containsExactly(canary.resolve("to"));
                assertThat(Installation.list(canary.resolve("to"))).isEmpty();
            }
        }
        assertThat(Commands.run(mounted).output()).isEqualTo("0\n");
    }

    /** GHSA-3q8j-pf29-vwv8: a path was looked up for the mount, and again to make it read-only. */
    @Test
    void aBindThatIsReadOnlyIsSoWhereverItComesToStand(Installation carafe) {
        Path source = carafe.newFolder("source");
        Commands.succeed("touch \"$0\"/mark", source.toString());
        Bundle bundle = carafe.bundle("for d in /a /b; do cd $d; [ -e mark ] || continue; echo found;"
                + " (: > made) 2>/dev/null && echo wrote; done");
        Path a = bundle.rootfs().resolve("a");
        Path b = bundle.rootfs().resolve("b");
        Commands.succeed("mkdir \"$0\" \"$1\"", a.toString(), b.toString());
        bundle.edit(
                ".mounts += [{destination: \"/a\", source: $text, options: [\"bind\"]},"
                        + " {destination: \"/a\", source: $text, options: [\"bind\", \"remount\", \"ro\"]}]",
                source.toString());
        boolean found = false;
        try (Racer racer = Racer.swap(carafe, a, b)) {
            // Two calls that each look the path up leave it writable, sooner or later.
            Commands.succeed(
                    "unshare --mount sh -c 'i=0; until grep -E \" (" + a + "|" + b + ") rw\" /proc/self/mountinfo; do"
                            + " i=$((i + 1)); [ $i -lt 2000 ] || exit 1; umount -q \"" + a + "\" \"" + b + "\";"
                            + " mount --bind \"" + source + "\" \"" + a + "\"; mount -o remount,bind,ro \"" + a
                            + "\"; done 2>/dev/null; true'");
            while (racer.again(found)) {
                String output = carafe.runBundle(bundle).output();
                assertThat(output).doesNotContain("wrote");
                found |= output.startsWith("found\n");
            }
        }
        assertThat(Installation.list(source)).containsExactly(source.resolve("mark"));
    }

    /** A remount changed what a link of a volume led to by then. */
    @Test
    void aRemountMeansTheMountThatWasMade(Installation carafe) {
        Path volume = carafe.newFolder("volume");
        String look = "cut -d' ' -f5,6 /proc/self/mountinfo | grep \"^$d \" | cut -d' ' -f2 | cut -d, -f1";
        Bundle bundle = carafe.bundle("for d in /sys /turn/x; do " + look + "; done");
        Commands.succeed(
                "mkdir -p \"$0\"/turn/x; ln -s turn/x \"$0\"/data; ln -s /sys \"$1\"/x",
                bundle.rootfs().toString(),
                volume.toString());
        bundle.edit(
                ".mounts += [{destination: \"/data\", source: \"/usr\", options: [\"bind\", \"ro\"]},"
                        + " {destination: \"/turn\", source: $text, options: [\"bind\"]},"
                        + " {destination: \"/data\", options: [\"bind\", \"remount\", \"rw\"]}]",
                volume.toString());
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("ro\nrw\n");
        // Control: a link that is there from the beginning is where the mount is made, and changed.
        bundle.edit(".mounts[-1].destination = \"/turn/x\"");
        assertThat(carafe.runBundle(bundle).succeeded()).isEqualTo("rw\nro\n");
    }

    /** What takes the name of a file that is to be made is not opened: it may be a line that nobody writes to. */
    @Test
    void nobodyWaitsForAFifoThatTakesAName(Installation carafe) throws IOException {
        Path source = Files.writeString(carafe.newPath("file"), "source\n");
        Bundle bundle = carafe.bundle("true")
                .edit(
                        ".mounts += [range(60) | {destination: \"/line\", source: $text, options: [\"bind\", \"ro\"]}]",
                        source.toString());
        try (Racer racer = Racer.flip(carafe, bundle.rootfs().resolve("line"))) {
            assertThat(Commands.run(
                                    "i=0; while [ $i -lt 2000 ]; do i=$((i + 1)); timeout 0.2 sh -c ': >> \"$0\"' \"$0\" || exit; rm -f \"$0\"; done",
                                    bundle.rootfs().resolve("line").toString())
                            .status())
                    .as("control: whoever opens it waits, sooner or later")
                    .isEqualTo(124);
            while (racer.again(true)) {
                Call.Running call = carafe.call(
                                "oci", "run", "--bundle", bundle.folder().toString(), carafe.newId())
                        .start();
                assertThat(Conditions.comesTrue(() -> !call.process().isAlive(), SECOND.multipliedBy(15)))
                        .as("it does not wait")
                        .isTrue();
            }
        }
    }
}
