package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Volumes, and what else of files an instance is given. */
@SystemTest
class VolumeTest {

    /** Imports busybox with what a script adds to its root, as {@code img}; a daemon does what follows, quickly. */
    private static void image(Installation carafe, String script, String... instructions) {
        if (!Files.exists(carafe.data().resolve("volumes")) && !Files.exists(carafe.state())) {
            carafe.startDaemon();
        }
        Path folder = carafe.newFolder("image");
        Commands.succeed(
                "cp -a \"$1/.\" \"$0\" && cd \"$0\" && " + script
                        + " && tar --xattrs --xattrs-include='*' -cf \"$0.tar\" .",
                folder.toString(),
                carafe.root().toString());
        List<String> words = new ArrayList<>(List.of("image", "import", "-c", "ENV PATH=/bin"));
        for (String instruction : instructions) {
            words.add("-c");
            words.add(instruction);
        }
        words.add(folder + ".tar");
        words.add("img");
        carafe.execute(words.toArray(String[]::new)).succeeded();
    }

    private static String sh(Installation carafe, String script, String... options) {
        return shell(carafe, script, options).succeeded();
    }

    private static Outcome shell(Installation carafe, String script, String... options) {
        List<String> words = new ArrayList<>(List.of(options));
        words.addAll(List.of("img", "sh", "-c", script));
        return carafe.run(words.toArray(String[]::new));
    }

    private static Path files(Installation carafe, String volume) {
        return carafe.data().resolve("volumes").resolve(volume).resolve("data");
    }

    @Test
    void oneIsMadeListedAndRemoved(Installation carafe) throws IOException {
        assertThat(carafe.execute("volume", "create", "-l", "a=1", "db").succeeded())
                .isEqualTo("db\n");
        String random = carafe.execute("volume", "create").succeeded().strip();
        assertThat(random).matches("[0-9a-f]{64}");
        Files.writeString(files(carafe, "db").resolve("kept"), "x");
        assertThat(carafe.execute("volume", "create", "db").succeeded()).isEqualTo("db\n");
        assertThat(files(carafe, "db").resolve("kept")).exists();
        assertThat(carafe.execute("volume", "ls", "-q").succeeded().lines()).containsExactlyInAnyOrder("db", random);
        assertThat(carafe.execute("volume", "ls", "--format", "name,kind,labels")
                        .succeeded())
                .contains("db\tnamed\ta=1");
        String inspected = carafe.execute("volume", "inspect", "db").succeeded();
        assertThat(Json.read(inspected, ".[0].path"))
                .isEqualTo(files(carafe, "db").toString());
        assertThat(Json.read(inspected, ".[0].labels.a")).isEqualTo("1");
        assertThat(carafe.execute("volume", "rm", "db", random).succeeded()).isEqualTo("db\n" + random + "\n");
        assertThat(carafe.execute("volume", "ls", "-q").succeeded()).isEmpty();
        carafe.execute("volume", "rm", "db").failed(1, "there is no volume \"db\"");
        assertThat(carafe.execute("volume", "rm", "-f", "db").succeeded()).isEmpty();
        carafe.execute("volume", "inspect", "../x").failed(1, "is no name of a volume");
        carafe.execute("volume", "create", "a/b").failed(1, "is no name of a volume");
    }

    @Test
    void oneOutlivesItsInstancesAndTwoShareIt(Installation carafe) {
        image(carafe, "true");
        sh(carafe, "echo one > /data/file; chown 7:8 /data/file", "-v", "db:/data");
        assertThat(sh(carafe, "cat /other/file; stat -c %u:%g /other/file", "-v", "db:/other:ro"))
                .isEqualTo("one\n7:8\n");
        Outcome refused = shell(carafe, "echo two > /other/file", "-v", "db:/other:ro");
        assertThat(refused.error()).contains("Read-only file system");
        assertThat(files(carafe, "db").resolve("file")).hasContent("one");
        carafe.execute("volume", "rm", "db").succeeded();
    }

    @Test
    void anEmptyOneGetsWhatTheImageHasInItsPlace(Installation carafe) {
        image(
                carafe,
                "mkdir -p srv/db/sub && echo content > srv/db/sub/file && ln srv/db/sub/file srv/db/hard"
                        + " && ln -s sub/file srv/db/soft && chown -R 70:71 srv/db && chmod 2750 srv/db"
                        + " && chmod 4711 srv/db/sub/file && setfattr -n user.colour -v red srv/db/sub/file"
                        + " && ln -s srv/db by-link");
        String look = "cd /vol; stat -c '%a %u:%g %h' . sub/file; readlink soft; cat hard; ls";
        String expected = "2750 70:71 3\n4711 70:71 2\nsub/file\ncontent\nhard\nsoft\nsub\n";
        assertThat(sh(carafe, look.replace("/vol", "/srv/db"), "-v", "one:/srv/db"))
                .isEqualTo(expected);
        assertThat(Commands.succeed(
                        "getfattr --absolute-names -n user.colour --only-values \"$0/sub/file\"",
                        files(carafe, "one").toString()))
                .isEqualTo("red");
        // By a link of the image's, which is followed in the image.
        assertThat(sh(carafe, look.replace("/vol", "/by-link"), "-v", "two:/by-link"))
                .isEqualTo(expected);
        // One that is not empty stays as it is; neither does one that is not to be filled get anything.
        assertThat(sh(carafe, "rm -rf /vol/*; echo mine > /vol/mine; ls /vol", "-v", "one:/vol"))
                .isEqualTo("mine\n");
        assertThat(sh(carafe, "ls /srv/db", "-v", "one:/srv/db")).isEqualTo("mine\n");
        assertThat(sh(carafe, "ls /srv/db", "-v", "three:/srv/db:nocopy")).isEmpty();
        assertThat(sh(carafe, "ls /srv/db", "--mount", "source=four,target=/srv/db,volume-nocopy"))
                .isEmpty();
    }

    /** CVE-2022-23648. */
    @Test
    void noLinkOfAnImageBringsFilesOfTheMachineIntoAVolume(Installation carafe) throws IOException {
        Path secret = carafe.newFolder("secret");
        Files.writeString(secret.resolve("key"), "secret");
        image(
                carafe,
                "ln -s '" + secret + "' out && ln -s ../../../../../../../.." + secret + " up && mkdir -p in && ln -s '"
                        + secret + "/key' in/key");
        for (String place : List.of("/out", "/up")) {
            Outcome outcome = shell(carafe, "cat " + place + "/key", "-v", "vol:" + place);
            assertThat(outcome.output()).as(outcome::toString).doesNotContain("secret");
            carafe.execute("volume", "rm", "-f", "vol").succeeded();
        }
        assertThat(sh(carafe, "readlink /in/key; cat /in/key 2>/dev/null || true", "-v", "vol:/in"))
                .isEqualTo(secret + "/key\n");
        for (String volume : List.of("/out", "/up/../up", "/../../../.." + secret)) {
            image(
                    carafe,
                    "ln -s '" + secret + "' out && ln -s ../../../../../../../.." + secret + " up",
                    "VOLUME " + volume);
            Outcome outcome =
                    shell(carafe, "find / -xdev -name key; ls / /out /up; cat /out/key /up/key " + secret + "/key");
            assertThat(outcome.output()).as(outcome::toString).doesNotContain("secret\n", "key\n");
        }
        // Control: asked for, it is to be had.
        assertThat(sh(carafe, "cat /key/key", "-v", secret + ":/key:ro")).isEqualTo("secret");
    }

    @Test
    void aFolderInAVolumeIsInItWhateverLinksAreThere(Installation carafe) throws IOException {
        Path secret = carafe.newFolder("secret");
        Files.writeString(secret.resolve("key"), "secret");
        image(carafe, "true");
        sh(
                carafe,
                "mkdir -p /v/a/b; echo b > /v/a/b/file; ln -s '" + secret + "' /v/out; ln -s ../../../../../.." + secret
                        + " /v/up; ln -s a/b /v/inside; ln -s /proc/self/cwd /v/magic",
                "-v",
                "vol:/v");
        assertThat(sh(carafe, "cat /x/file", "--mount", "source=vol,target=/x,volume-subpath=a/b"))
                .isEqualTo("b\n");
        assertThat(sh(carafe, "cat /x/file", "--mount", "source=vol,target=/x,volume-subpath=inside"))
                .isEqualTo("b\n");
        for (String subpath : List.of("out", "up", "nope", "magic", "a/b/file/x")) {
            carafe.run("--mount", "source=vol,target=/x,volume-subpath=" + subpath, "img", "true")
                    .failed(125, "the volume vol has no " + subpath);
        }
        carafe.run("--mount", "source=vol,target=/x,volume-subpath=../x", "img", "true")
                .failed(125, "must lie below");
    }

    /** CVE-2017-1002101, CVE-2021-25741. */
    @Test
    void whoeverExchangesAFolderOfAVolumeForALinkDoesNotGetOut(Installation carafe) throws IOException {
        Path secret = carafe.newFolder("secret");
        Files.createDirectory(secret.resolve("sub"));
        Files.writeString(secret.resolve("sub/key"), "secret");
        image(carafe, "true");
        sh(carafe, "mkdir /v/a /v/a/sub; ln -s '" + secret + "' /v/b", "-v", "vol:/v");
        Path volume = files(carafe, "vol");
        boolean seen = false;
        try (Racer racer = Racer.swap(carafe, volume.resolve("a"), volume.resolve("b"))) {
            while (racer.again(seen)) {
                Outcome outcome = shell(carafe, "ls /x", "--mount", "source=vol,target=/x,volume-subpath=a/sub");
                assertThat(outcome.output()).as(outcome::toString).doesNotContain("key");
                seen |= outcome.status() == 0;
            }
            String naive = "cat \"$0/a/sub/key\" 2>/dev/null || true";
            Conditions.await(
                    "control: a path goes astray",
                    () -> Commands.run(naive, volume.toString()).output().equals("secret"));
        }
    }

    @Test
    void thoseWithoutANameGoWithTheirInstance(Installation carafe) {
        image(carafe, "mkdir -p srv/a && echo a > srv/a/file", "VOLUME /srv/a", "VOLUME /srv/b");
        assertThat(sh(
                        carafe,
                        "cat /srv/a/file; echo x > /srv/b/x; mount | grep -c ' /srv/[ab] '; ls /extra",
                        "-v",
                        "/extra"))
                .isEqualTo("a\n2\n");
        assertThat(carafe.execute("volume", "ls", "-q").succeeded()).isEmpty();
        assertThat(Installation.list(carafe.data().resolve("volumes"))).isEmpty();
        // What is asked for takes the image's place.
        assertThat(sh(carafe, "ls /srv/a; mount | grep -c ' /srv/[ab] '", "--tmpfs", "/srv/a"))
                .isEqualTo("2\n");
        Outcome failed = carafe.run("img", "/nope");
        failed.ended(127);
        assertThat(Installation.list(carafe.data().resolve("volumes"))).isEmpty();
    }

    @Test
    void ofManyWhoFindOneEmptyEachSeesItWhole(Installation carafe) {
        image(carafe, "mkdir -p srv/db && for i in $(seq 500); do echo $i > srv/db/f$i; done");
        List<Call.Running> calls = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            calls.add(carafe.call("run", "--rm", "-v", "db:/srv/db", "img", "sh", "-c", "cat /srv/db/* | wc -l")
                    .start());
        }
        calls.forEach(call -> assertThat(call.await().succeeded()).isEqualTo("500\n"));
    }

    @Test
    void fillingThatWasCutShortIsDoneAgain(Installation carafe) throws IOException {
        image(carafe, "mkdir -p srv/db && echo whole > srv/db/a && echo whole > srv/db/b");
        carafe.execute("volume", "create", "db").succeeded();
        Files.writeString(files(carafe, "db").resolve("a"), "ha");
        Files.createFile(carafe.data().resolve("volumes/db/filling"));
        assertThat(sh(carafe, "cat /srv/db/*", "-v", "db:/srv/db")).isEqualTo("whole\nwhole\n");
        assertThat(carafe.data().resolve("volumes/db/filling")).doesNotExist();
    }

    @Test
    void whatDiedInTheMiddleIsSweptAndWhatIsDamagedIsNamed(Installation carafe) throws IOException {
        carafe.execute("volume", "create", "bad").succeeded();
        Path volumes = carafe.data().resolve("volumes");
        Files.createDirectories(volumes.resolve(".removed-0123/data/x"));
        Files.writeString(volumes.resolve("bad/volume.json"), "{");
        assertThat(carafe.execute("volume", "ls", "--format", "name,kind").succeeded())
                .isEqualTo("bad\tdamaged\n");
        assertThat(volumes.resolve(".removed-0123")).doesNotExist();
        assertThat(Json.read(carafe.execute("volume", "inspect", "bad").succeeded(), ".[0].trouble"))
                .contains("the record of the volume bad");
        carafe.execute("volume", "rm", "bad").succeeded();
        assertThat(Installation.list(volumes)).isEmpty();
    }

    @Test
    void thoseThatNobodyUsesArePruned(Installation carafe) throws IOException {
        image(carafe, "true");
        carafe.execute("volume", "create", "named").succeeded();
        carafe.execute("run", "--name", "kept", "-v", "/anonymous", "img", "true")
                .succeeded();
        carafe.keeps(1);
        assertThat(carafe.execute("volume", "ls", "-q").succeeded().lines()).hasSize(2);
        carafe.execute("volume", "prune", "-a").succeeded();
        assertThat(carafe.execute("volume", "ls", "-q").succeeded()).doesNotContain("named");
    }

    @Test
    void foldersOfTheMachineAreMadeWhereThatIsUsualAndMissedElsewhere(Installation carafe) {
        image(carafe, "true");
        Path missing = carafe.newPath("missing");
        carafe.run("--mount", "type=bind,source=" + missing + ",target=/x", "img", "true")
                .failed(125, "there is no " + missing + " on this machine");
        assertThat(missing).doesNotExist();
        sh(carafe, "echo made > /x/file", "-v", missing + "/deep:/x");
        assertThat(missing.resolve("deep/file")).hasContent("made");
        assertThat(sh(carafe, "cat /x", "-v", missing + "/deep/file:/x:ro")).isEqualTo("made\n");
        Outcome relative = carafe.call("run", "--rm", "-v", "./deep:/x", "img", "cat", "/x/file")
                .in(missing)
                .execute();
        assertThat(relative.succeeded()).isEqualTo("made\n");
    }

    @Test
    void readOnlyMeansAllThatIsMountedThere(Installation carafe) {
        image(carafe, "true");
        Path folder = carafe.newFolder("outer");
        Commands.succeed("mkdir \"$0/inner\" && mount -t tmpfs none \"$0/inner\"", folder.toString());
        try {
            String write = "for d in /x /x/inner; do touch $d/f 2>/dev/null && echo $d; done; true";
            assertThat(sh(carafe, write, "-v", folder + ":/x")).isEqualTo("/x\n/x/inner\n");
            assertThat(sh(carafe, write, "-v", folder + ":/x:ro")).isEmpty();
            String bind = "type=bind,source=" + folder + ",target=/x,readonly,bind-recursive=";
            assertThat(sh(carafe, write, "--mount", bind + "writable")).isEqualTo("/x/inner\n");
            assertThat(sh(carafe, "ls /x/inner", "--mount", bind + "disabled")).isEmpty();
        } finally {
            Commands.succeed("umount \"$0/inner\"", folder.toString());
        }
    }

    @Test
    void mountsTravelWhereThatIsAskedFor(Installation carafe) throws Exception {
        image(carafe, "true");
        Path folder = carafe.newFolder("shared");
        Commands.succeed(
                "mkdir \"$0/in\"; mount --bind \"$0\" \"$0\" && mount --make-shared \"$0\"", folder.toString());
        try {
            for (String propagation : List.of("rslave", "rprivate")) {
                Call.Running running = carafe.call(
                                "run",
                                "--rm",
                                "-v",
                                folder + ":/x:" + propagation,
                                "img",
                                "sh",
                                "-c",
                                "echo ready; while ! [ -e /x/go ]; do sleep 0.05; done; ls /x/in")
                        .start();
                Conditions.await("it looks", () -> running.output().startsWith("ready"));
                Commands.succeed(
                        "mount -t tmpfs none \"$0/in\" && touch \"$0/in/arrived\" \"$0/go\"", folder.toString());
                assertThat(running.await().succeeded())
                        .isEqualTo(propagation.equals("rslave") ? "ready\narrived\n" : "ready\n");
                Commands.succeed("umount \"$0/in\"; rm \"$0/go\"", folder.toString());
            }
        } finally {
            Commands.succeed("umount -R \"$0\"", folder.toString());
        }
    }

    @Test
    void memoryIsMountedAsAskedFor(Installation carafe) {
        image(carafe, "mkdir -m 1777 t");
        assertThat(sh(
                        carafe,
                        "grep -E ' /(t|u|dev/shm) ' /proc/mounts | cut -d' ' -f2-4; cp /bin/busybox /t/true && /t/true",
                        "--tmpfs",
                        "/t:size=8m,exec,mode=750",
                        "--tmpfs",
                        "/u",
                        "--shm-size",
                        "1m"))
                .contains("/t tmpfs rw,nosuid,nodev,relatime,size=8192k,mode=750")
                .contains("/u tmpfs rw,nosuid,nodev,noexec,relatime")
                .contains("/dev/shm tmpfs rw,nosuid,nodev,noexec,relatime,size=1024k");
        assertThat(shell(carafe, "cp /bin/busybox /u/true && /u/true", "--tmpfs", "/u")
                        .error())
                .contains("Permission denied");
        assertThat(shell(carafe, "touch /file /tmp/file", "--read-only", "--tmpfs", "/tmp")
                        .error())
                .contains("/file")
                .doesNotContain("/tmp/file");
    }
}
