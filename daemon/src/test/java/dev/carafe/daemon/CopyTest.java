package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Files on their way between instances and the machine. */
@SystemTest
@WithDaemon
class CopyTest {

    /** Starts an instance of busybox alone, in which this has been done and which then waits. */
    private static void box(Installation carafe, String script, String... options) {
        Path tar = carafe.newPath("image.tar");
        Commands.succeed("tar -C \"$0\" -cf \"$1\" .", carafe.root().toString(), tar.toString());
        carafe.execute("image", "import", "-c", "ENV PATH=/bin", tar.toString(), "img")
                .succeeded();
        List<String> words = new ArrayList<>(List.of("run", "-d", "--network", "none", "--name", "box"));
        words.addAll(List.of(options));
        words.addAll(
                List.of("img", "sh", "-c", "mkdir -p /srv && cd /srv && " + script + "; touch /ready; sleep 1000"));
        carafe.execute(words.toArray(String[]::new)).succeeded();
        Conditions.await(
                "it is ready",
                () -> carafe.execute("exec", "box", "test", "-e", "/ready").status() == 0);
    }

    private static String inside(Installation carafe, String script) {
        return carafe.execute("exec", "box", "sh", "-c", script).succeeded();
    }

    private static void copy(Installation carafe, Object from, Object to) {
        carafe.execute("cp", from.toString(), to.toString()).succeeded();
    }

    private static Outcome copying(Installation carafe, Object from, Object to) {
        return carafe.execute("cp", from.toString(), to.toString());
    }

    private static Path file(Installation carafe, String name, String text) throws IOException {
        return Files.writeString(carafe.newFolder("files").resolve(name), text);
    }

    private static Path files(Installation carafe, String volume) {
        return carafe.data().resolve("volumes").resolve(volume).resolve("data");
    }

    private static void end(Installation carafe) {
        InstanceTest.remove(carafe, "box");
    }

    @Test
    void foldersAndFilesComeOutAsDockerHasIt(Installation carafe) throws IOException {
        box(
                carafe,
                "mkdir -p d/sub; echo a >d/a; echo b >d/sub/b; ln -s a d/l; ln -s d ld; chmod 640 d/a; chown 7:8 d/a");
        Path to = carafe.newFolder("to");
        copy(carafe, "box:/srv/d", to);
        assertThat(to.resolve("d/a")).hasContent("a");
        assertThat(to.resolve("d/sub/b")).hasContent("b");
        assertThat(Commands.succeed("cd \"$0\"; stat -c '%a %u:%g' d/a; readlink d/l", to.toString()))
                .isEqualTo("640 0:0\na\n");
        copy(carafe, "box:/srv/d/.", to.resolve("new"));
        copy(carafe, "box:srv/d", to.resolve("new2"));
        copy(carafe, "box:/srv/d/.", to);
        for (String place : List.of("new/a", "new2/a", "a")) {
            assertThat(to.resolve(place)).hasContent("a");
        }
        copy(carafe, "box:/srv/d/sub/b", to.resolve("renamed"));
        copy(carafe, "box:/srv/d/a", to.resolve("renamed"));
        assertThat(to.resolve("renamed")).hasContent("a");
        carafe.execute("cp", "-a", "box:/srv/d/a", to.resolve("owned").toString())
                .succeeded();
        assertThat(Commands.succeed("stat -c '%u:%g' \"$0/owned\"", to.toString()))
                .isEqualTo("7:8\n");
        copy(carafe, "box:/srv/ld", to);
        assertThat(Files.readSymbolicLink(to.resolve("ld"))).hasToString("d");
        Files.delete(to.resolve("ld"));
        carafe.execute("cp", "-qL", "box:/srv/ld", to.toString()).succeeded();
        assertThat(to.resolve("ld/a")).hasContent("a");
        carafe.call("cp", "box:/srv/d/a", "relative").in(to).execute().succeeded();
        assertThat(to.resolve("relative")).hasContent("a");

        copying(carafe, "box:/srv/nope", to).failed(1, "there is no /srv/nope in the instance \"box\"");
        copying(carafe, "box:/srv/d", to.resolve("a")).failed(1, "cannot copy the folder /srv/d to ");
        copying(carafe, "box:/srv/d/a", to + "/none/").failed(1, "there is no such folder");
        copying(carafe, "box:/srv/d/a", to + "/none/x").failed(1, "there is no such file or folder");
        copying(carafe, "box:/srv/d/a", "/dev/null").failed(1, "is neither a folder nor a regular file");
        copying(carafe, "box:/srv/d/a", "box:/x").failed(1, "cannot copy from instance to instance");
        copying(carafe, "./box:x", "/tmp").failed(1, "is in an instance");
        copying(carafe, "nobody:/x", "/tmp").failed(1, "there is no instance \"nobody\"");
        end(carafe);
    }

    @Test
    void foldersAndFilesGoInAsDockerHasIt(Installation carafe) throws IOException {
        box(carafe, "mkdir d other; chmod 711 d; ln -s d ld; echo old >file; ln -s file lf");
        Path from = carafe.newFolder("from");
        Commands.succeed(
                "cd \"$0\"; mkdir -p t/sub; echo a >t/a; echo b >t/sub/b; ln -s a t/l; chown 7:8 t/a; chmod 4751 t/a",
                from.toString());
        Path tree = from.resolve("t");
        copy(carafe, tree, "box:/srv/d");
        copy(carafe, tree + "/.", "box:/srv/d");
        copy(carafe, tree, "box:/srv/new");
        copy(carafe, tree.resolve("a"), "box:/srv/renamed");
        copy(carafe, tree.resolve("a"), "box:/srv/lf");
        copy(carafe, tree.resolve("sub/b"), "box:/srv/ld");
        carafe.execute("cp", "-a", tree.resolve("a").toString(), "box:/srv/owned")
                .succeeded();
        carafe.execute("cp", "-L", tree.resolve("l").toString(), "box:/srv/other/")
                .succeeded();
        assertThat(inside(
                        carafe,
                        "cat d/t/a d/a new/a renamed file d/b other/l; readlink lf; readlink d/l; stat -c '%a %u:%g' d d/a owned"
                                .replace("cat ", "cd /srv; cat ")))
                .isEqualTo("a\na\na\na\na\nb\na\nfile\na\n711 0:0\n751 0:0\n4751 7:8\n");

        copying(carafe, tree, "box:/srv/file").failed(1, "cannot copy the folder");
        copying(carafe, tree.resolve("a"), "box:/srv/none/").failed(1, "there is no such folder");
        copying(carafe, tree.resolve("a"), "box:/srv/none/x").failed(1, "there is no \"/srv/none/\" in the instance");
        copying(carafe, from.resolve("nope"), "box:/srv").failed(1, "there is no such file");
        Files.createDirectory(from.resolve("file"));
        copying(carafe, from.resolve("file"), "box:/srv").failed(1, "cannot overwrite \"file\", which is no directory");
        Files.delete(from.resolve("file"));
        copying(carafe, file(carafe, "d", "x"), "box:/srv").failed(1, "cannot overwrite the directory \"d\"");
        assertThat(inside(carafe, "cat /srv/file")).isEqualTo("a\n");
        end(carafe);
    }

    @Test
    void archivesGoThroughTheStandardStreams(Installation carafe) throws IOException {
        box(
                carafe,
                "mkdir -p d/sub; echo a >d/a; ln d/a d/hard; echo b >d/sub/b; ln -s sub/b d/l; mkfifo d/pipe; mkdir in");
        Path tar = carafe.newPath("out.tar");
        carafe.shell("\"$0\" cp box:/srv/d - > " + tar).execute().succeeded();
        assertThat(Commands.succeed("tar -tf \"$0\"", tar.toString()))
                .isEqualTo("d/\nd/a\nd/hard\nd/l\nd/pipe\nd/sub/\nd/sub/b\n");
        assertThat(Commands.succeed("tar -xOf \"$0\" d/a d/sub/b", tar.toString()))
                .isEqualTo("a\nb\n");
        carafe.call("cp", "-", "box:/srv/in")
                .input(Redirect.from(tar.toFile()))
                .execute()
                .succeeded();
        // And by way of a pipe, with names that mean something in layers.
        Path from = carafe.newFolder("from");
        Commands.succeed("cd \"$0\"; touch .wh.a .wh..wh..opq", from.toString());
        carafe.shell("tar -C " + from + " -cf - . | \"$0\" cp - box:/srv/in/d")
                .execute()
                .succeeded();
        assertThat(inside(carafe, "cd /srv/in/d; cat a l; ls -A; [ -p pipe ]; [ a -ef hard ] && echo the same"))
                .isEqualTo("a\nb\n.wh..wh..opq\n.wh.a\na\nhard\nl\npipe\nsub\nthe same\n");
        carafe.call("cp", "-", "box:/srv/nope")
                .input(Redirect.from(tar.toFile()))
                .execute()
                .failed(1, "there is no \"/srv/nope\"");
        carafe.call("cp", "-", "box:/srv/d/a")
                .input(Redirect.from(tar.toFile()))
                .execute()
                .failed(1, "is no folder");
        carafe.call("cp", "-", "box:/srv/in")
                .input("no archive".repeat(100))
                .execute()
                .failed(1, "cannot unpack the archive");
        end(carafe);
    }

    @Test
    void whatIsMountedIsThereAndWhatTheKernelMakesUpIsNot(Installation carafe) throws IOException {
        Path shared = carafe.newFolder("shared");
        box(
                carafe,
                "echo v >/vol/file; echo m >/mem/file",
                "-v",
                "vol:/vol",
                "-v",
                "vol:/ro:ro",
                "-v",
                shared + ":/bind",
                "--tmpfs",
                "/mem");
        Path to = carafe.newFolder("to");
        Path file = file(carafe, "file", "x");
        copy(carafe, "box:/vol/file", to.resolve("v"));
        copy(carafe, "box:/mem/file", to.resolve("m"));
        assertThat(to.resolve("v")).hasContent("v");
        assertThat(to.resolve("m")).hasContent("m");
        copy(carafe, file, "box:/bind/");
        assertThat(shared.resolve("file")).hasContent("x");
        copying(carafe, file, "box:/ro/").failed(1, "cannot write \"file\"", "read-only file system");
        copying(carafe, "box:/proc/self", to).failed(1, "there is no /proc/self");
        copying(carafe, "box:/proc/1", to).failed(1, "what the kernel tells of itself");
        copying(carafe, file, "box:/proc/sys/kernel/hostname").failed(1, "cannot write to \".\"");
        Path all = carafe.newPath("all.tar");
        Outcome root = carafe.shell("\"$0\" cp box:/ - > " + all).execute().ended(0);
        assertThat(root.error()).contains("\"proc\": what is in it is left out", "\"sys\": what is in it is left out");
        assertThat(Commands.succeed("tar -tf \"$0\"", all.toString()).lines())
                .contains("./", "proc/", "sys/", "dev/null", "mem/file", "vol/file")
                .noneMatch(name -> name.startsWith("proc/1") || name.startsWith("sys/k"));

        carafe.execute("pause", "box").succeeded();
        copy(carafe, file, "box:/vol/paused");
        carafe.execute("unpause", "box").succeeded();
        carafe.execute("stop", "-t", "0", "box").succeeded();
        copy(carafe, "box:/vol/paused", to.resolve("paused"));
        copy(carafe, file, "box:/vol/stopped");
        copy(carafe, file, "box:/bind/stopped");
        copying(carafe, file, "box:/ro/").failed(1, "read-only file system");
        copying(carafe, "box:/mem/file", to).failed(1, "there is no /mem/file");
        assertThat(to.resolve("paused")).hasContent("x");
        assertThat(files(carafe, "vol").resolve("stopped")).hasContent("x");
        assertThat(shared.resolve("stopped")).hasContent("x");
        end(carafe);
    }

    @Test
    void oneThatDoesNotRunHasItsFilesToo(Installation carafe) throws IOException {
        Path file = file(carafe, "file", "x");
        Path to = carafe.newFolder("to");
        box(carafe, "echo kept >kept", "--read-only", "--tmpfs", "/srv", "-v", "vol:/ready");
        copying(carafe, file, "box:/").failed(1, "read-only file system");
        carafe.execute("stop", "-t", "0", "box").succeeded();
        copying(carafe, file, "box:/").failed(1, "read-only file system");
        end(carafe);
        carafe.execute("create", "--network", "none", "--name", "box", "-v", "vol:/new/vol", "img", "cat", "/file")
                .succeeded();
        copy(carafe, file, "box:/");
        copy(carafe, file, "box:/new/vol/");
        assertThat(files(carafe, "vol").resolve("file")).hasContent("x");
        assertThat(carafe.execute("start", "-a", "box").output()).isEqualTo("x");
        copy(carafe, "box:/bin/busybox", to);
        assertThat(Commands.run(
                                "cmp \"$0/busybox\" \"$1/bin/busybox\"",
                                to.toString(),
                                carafe.root().toString())
                        .status())
                .isZero();
        assertThat(Installation.read(Path.of("/proc/self/mounts")))
                .doesNotContain(carafe.data().toString());
        end(carafe);
    }

    @Test
    void whatGivesRightsDoesNotComeOutUnlessItIsAskedFor(Installation carafe) throws IOException {
        box(carafe, "mkdir d; echo a >d/a; chmod 6755 d/a; mkfifo d/fifo");
        Path to = carafe.newFolder("to");
        carafe.shell("mkdir -p $1; mknod $1/null c 1 3; \"$0\" cp $1/null box:/srv/d/".replace("$1", to + "/node"))
                .execute()
                .succeeded();
        Outcome outcome = copying(carafe, "box:/srv/d", to).ended(0);
        assertThat(outcome.error()).contains("\"d/null\": left out: it is a device");
        assertThat(Commands.succeed("cd \"$0/d\"; ls; stat -c %a a", to.toString()))
                .isEqualTo("a\nfifo\n755\n");
        carafe.execute("cp", "-a", "box:/srv/d", to.resolve("all").toString()).succeeded();
        assertThat(Commands.succeed("cd \"$0/all\"; ls; stat -c %a a; stat -c %t:%T null", to.toString()))
                .isEqualTo("a\nfifo\nnull\n6755\n1:3\n");
        end(carafe);
    }

    /** CVE-2018-15664, without the race: whatever leads to the machine's folders leads to the instance's. */
    @Test
    void noLinkOfAnInstanceLeadsOut(Installation carafe) throws IOException {
        Path secret = carafe.newFolder("secret");
        Files.writeString(secret.resolve("key"), "secret");
        box(
                carafe,
                "mkdir in; echo inside >in/key; ln -s '" + secret + "' out; ln -s ../../../../../../.." + secret
                        + " up;" + " ln -s /proc/1/root/" + secret + " magic; ln -s /srv/in inside; ln -s '" + secret
                        + "/key' key");
        Path to = carafe.newFolder("to");
        Path file = file(carafe, "file", "x");
        for (String state : List.of("running", "stopped")) {
            if (state.equals("stopped")) {
                carafe.execute("stop", "-t", "0", "box").succeeded();
            }
            for (String link : List.of("out", "up", "magic")) {
                copying(carafe, "box:/srv/" + link + "/key", to).ended(1);
                copying(carafe, "box:/srv/" + link + "/", to).ended(1);
                copying(carafe, file, "box:/srv/" + link + "/").ended(1);
                copying(carafe, file, "box:/srv/" + link + "/planted").ended(1);
            }
            copying(carafe, file, "box:/srv/key").ended(1);
            carafe.execute("cp", "-L", "box:/srv/key", to.toString()).failed(1, "there is no");
            assertThat(Installation.list(to)).as("nothing came out").hasSize(state.equals("running") ? 0 : 1);
            copy(carafe, "box:/srv/inside/key", to.resolve(state)); // control: one that stays inside is followed
            assertThat(to.resolve(state)).hasContent("inside");
            copy(carafe, "box:/srv/out", to);
            assertThat(Files.readSymbolicLink(to.resolve("out"))).isEqualTo(secret);
            Files.delete(to.resolve("out"));
        }
        assertThat(Installation.list(secret)).containsExactly(secret.resolve("key"));
        assertThat(secret.resolve("key")).hasContent("secret");
        end(carafe);
    }

    /** CVE-2018-15664. */
    @Test
    void whoeverExchangesAFolderForALinkDoesNotGetOut(Installation carafe) throws IOException {
        Path secret = carafe.newFolder("secret");
        Files.writeString(secret.resolve("key"), "secret");
        box(carafe, "mkdir /v/a; echo inside >/v/a/key; ln -s '" + secret + "' /v/b", "-v", "vol:/v");
        Path to = carafe.newFolder("to");
        Path file = file(carafe, "planted", "x");
        Path volume = files(carafe, "vol");
        boolean seen = false;
        boolean written = false;
        int race = 0;
        try (Racer racer = Racer.swap(carafe, volume.resolve("a"), volume.resolve("b"))) {
            while (racer.again(seen && written)) {
                Path out = to.resolve("key" + ++race);
                seen |= copying(carafe, "box:/v/a/key", out).status() == 0;
                if (Files.exists(out)) {
                    assertThat(out).hasContent("inside");
                }
                written |= copying(carafe, file, "box:/v/a/planted").status() == 0;
                copying(carafe, "box:/v", to.resolve("all" + race)).ended(0);
                assertThat(Commands.run("grep -r secret \"$0\"", to.toString()).output())
                        .isEmpty();
                assertThat(Installation.list(secret)).containsExactly(secret.resolve("key"));
            }
            Conditions.await(
                    "control: a path goes astray",
                    () -> Commands.run("cat \"$0/a/key\" 2>/dev/null || true", volume.toString())
                            .output()
                            .equals("secret"));
        }
        end(carafe);
    }

    @Test
    void noArchiveLeadsOutOfTheFolderThatItIsUnpackedIn(Installation carafe) throws IOException {
        box(carafe, "mkdir in; mkdir out");
        Path from = carafe.newFolder("from");
        Commands.succeed(
                "cd \"$0\"; echo x >key; ln -s /srv/out link; mkdir there; echo y >there/key;"
                        + " tar -P --transform='s,^,../out/,' -cf dots.tar key;"
                        + " tar -P --transform='s,^,/srv/out/,' -cf absolute.tar key;"
                        + " tar -cf through.tar link; tar --transform='s,^there,link,' -rf through.tar there/key;"
                        + " tar -cf good.tar link there",
                from.toString());
        unpack(carafe, from.resolve("dots.tar")).failed(1, "a name with .. in it may lead anywhere");
        unpack(carafe, from.resolve("through.tar")).failed(1, "links are not followed");
        unpack(carafe, from.resolve("absolute.tar")).succeeded();
        assertThat(inside(carafe, "ls /srv/out; cat /srv/in/srv/out/key")).isEqualTo("x\n");
        unpack(carafe, from.resolve("good.tar")).succeeded(); // control: a link is, and a folder, where none is used
        assertThat(inside(carafe, "readlink /srv/in/link; cat /srv/in/there/key"))
                .isEqualTo("/srv/out\ny\n");
        end(carafe);
    }

    private static Outcome unpack(Installation carafe, Path tar) {
        return carafe.call("cp", "-", "box:/srv/in")
                .input(Redirect.from(tar.toFile()))
                .execute();
    }
}
