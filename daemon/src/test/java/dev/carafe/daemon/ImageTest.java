package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images of registries, layouts and archives, from a pull to a program that runs, with others' tools at the other end. */
@SystemTest
class ImageTest {

    /**
     * An image of three layers: busybox; a folder and a file more; and then the file gone, the folder another one.
     *
     * @return its layout
     */
    static Path layout(Installation carafe) {
        Path folder = carafe.newFolder("layout");
        Commands.succeed("""
                cd "$0"
                umoci init --layout image && umoci new --image image:latest
                tar -C "$1" -cf base.tar . && umoci raw add-layer --image image:latest base.tar
                mkdir -p two/etc two/srv/data && echo two > two/etc/two && echo old > two/srv/data/old
                chmod 1777 two/srv && chown 7:8 two/etc/two && setfattr -n user.note -v kept two/etc/two
                tar -C two --xattrs --xattrs-include='*' -cf two.tar . && umoci raw add-layer --image image:latest two.tar
                mkdir -p three/etc three/srv/data && touch three/etc/.wh.two three/srv/data/.wh..wh..opq
                echo new > three/srv/data/new && ln -s new three/srv/data/link && ln three/srv/data/new three/srv/hard
                tar -C three -cf three.tar etc/.wh.two srv/data srv/hard && umoci raw add-layer --image image:latest three.tar
                umoci config --image image:latest --config.cmd=/bin/sh --config.cmd=-c --config.cmd='echo from the image' \\
                  --config.env PATH=/bin --config.env GREETING=hello --config.workingdir /srv/data
                """, folder.toString(), carafe.root().toString());
        return folder.resolve("image");
    }

    private static final String LOOK =
            "ls -A /srv/data; cat /srv/data/link; test ! -e /etc/two && echo gone; stat -c %a /srv;"
                    + " stat -c %h /srv/hard; echo $GREETING; pwd";

    private static final String SEEN = "link\nnew\nnew\ngone\n1777\n2\nhello\n/srv/data\n";

    @Test
    void anImageOfARegistryIsPulledAndRuns(Installation carafe) {
        try (RegistryServer registry = RegistryServer.start(carafe.newFolder("registry"))) {
            registry.push(layout(carafe), "latest", "team/app:1");
            String name = registry.name("team/app:1");
            Outcome run = carafe.run(name, "sh", "-c", LOOK);
            assertThat(run.ended(0).output()).isEqualTo(SEEN);
            assertThat(run.error()).startsWith("Pulling " + name);
            assertThat(carafe.run(name).succeeded()).isEqualTo("from the image\n");
            assertThat(carafe.execute("pull", "-q", name).succeeded()).startsWith("sha256:");
            assertThat(carafe.execute("pull", "--progress=none", name).succeeded())
                    .contains("  unchanged");

            String digest = carafe.execute("image", "list", "-q").succeeded().strip();
            assertThat(Commands.succeed(
                            "skopeo inspect --tls-verify=false --format '{{.Digest}}' \"docker://$0\"", name))
                    .isEqualTo(digest + "\n");
            carafe.execute("pull", "--progress=none", registry.name("team/app@" + digest))
                    .succeeded();
            assertThat(carafe.run(registry.name("team/app@" + digest)).succeeded())
                    .isEqualTo("from the image\n");

            carafe.execute("pull", registry.name("team/none")).failed(1, registry.name("team/none"), "404");
        }
    }

    @Test
    void anImageIsPushedCopiedAndPulledAgain(Installation carafe) {
        try (RegistryServer registry = RegistryServer.start(carafe.newFolder("registry"))) {
            carafe.execute(
                            "image",
                            "load",
                            "--name=app",
                            "--progress=none",
                            layout(carafe).toString())
                    .succeeded();
            String digest = carafe.execute("image", "list", "-q").succeeded().strip();
            String pushed = registry.name("team/pushed:1");
            String copied = registry.name("other/copied:2");
            assertThat(carafe.execute("push", "--progress=none", "app", pushed).succeeded())
                    .isEqualTo(pushed + "  " + digest + "\n");
            carafe.execute("push", "--progress=none", "app", pushed).succeeded(); // of which nothing need be sent
            assertThat(carafe.execute("image", "copy", "--progress=none", pushed, copied)
                            .succeeded())
                    .isEqualTo(copied + "  " + digest + "\n");
            for (String name : List.of(pushed, copied)) {
                assertThat(Commands.succeed(
                                "skopeo inspect --tls-verify=false --format '{{.Digest}}' \"docker://$0\"", name))
                        .isEqualTo(digest + "\n");
            }
            carafe.execute("image", "rm", "app").succeeded();
            assertThat(carafe.run(copied).ended(0).output()).isEqualTo("from the image\n");
            carafe.execute("push", "none", pushed).failed(1, "there is no image \"none\" here");
        }
    }

    @Test
    void aPushGoesOnThoughItsNameIsTakenAwayMeanwhile(Installation carafe) {
        try (RegistryServer registry = RegistryServer.start(carafe.newFolder("registry"));
                FaultProxy proxy = FaultProxy.before(registry)) {
            carafe.execute(
                            "image",
                            "load",
                            "--name=app",
                            "--progress=none",
                            layout(carafe).toString())
                    .succeeded();
            proxy.on("POST .*/blobs/uploads/.*", 1, asked -> {
                carafe.execute("image", "rm", "app").succeeded();
                carafe.execute("image", "prune", "--unfinished").succeeded();
                asked.send(asked.answer().bytes());
            });
            carafe.execute("push", "--progress=none", "app", proxy.name("team/app:1"))
                    .succeeded();
            assertThat(carafe.execute("image", "list", "-q").succeeded()).isEmpty();
            assertThat(carafe.execute("image", "prune", "--unfinished").succeeded())
                    .as("what only the push still needed")
                    .contains("5 blobs");
            assertThat(carafe.run(registry.name("team/app:1")).ended(0).output())
                    .isEqualTo("from the image\n");
        }
    }

    @Test
    void whatARegistryHoldsIsListedAndDeleted(Installation carafe) {
        try (RegistryServer registry = RegistryServer.start(carafe.newFolder("registry"))) {
            Path layout = layout(carafe);
            for (String tag : List.of("1", "2", "latest")) {
                registry.push(layout, "latest", "team/app:" + tag);
            }
            String name = registry.name("team/app");
            assertThat(carafe.execute("registry", "tags", "-q", name)
                            .succeeded()
                            .lines())
                    .containsExactlyInAnyOrder("1", "2", "latest");
            assertThat(Json.read(
                            carafe.execute("registry", "tags", "--format=json", name)
                                    .succeeded(),
                            "sort_by(.tag) | .[1].reference"))
                    .isEqualTo(name + ":2");
            assertThat(carafe.execute("registry", "referrers", "-q", name).succeeded())
                    .isEmpty();
            carafe.execute("registry", "rm", name).failed(1, name, "neither tag nor digest");
            String digest = Commands.succeed(
                            "skopeo inspect --tls-verify=false --format '{{.Digest}}' \"docker://$0:1\"", name)
                    .strip();
            carafe.execute("registry", "rm", name + "@" + digest).succeeded();
            Commands.run("skopeo inspect --tls-verify=false \"docker://$0:1\"", name)
                    .ended(1);
            carafe.execute("registry", "rm", name + "@" + digest).failed(1, name, "404");
            carafe.execute("registry", "tags", registry.name("none")).failed(1, registry.name("none"), "404");
        }
    }

    @Test
    void allTagsOfARepositoryArePulledAndPushed(Installation carafe) {
        try (RegistryServer registry = RegistryServer.start(carafe.newFolder("registry"))) {
            Path layout = layout(carafe);
            for (String tag : List.of("1", "2")) {
                registry.push(layout, "latest", "team/app:" + tag);
            }
            String name = registry.name("team/app");
            assertThat(carafe.execute("pull", "-q", "-a", name).succeeded()).hasLineCount(2);
            assertThat(carafe.execute("image", "list", "--format=reference").succeeded())
                    .as("no more than the registry has")
                    .contains(name + ":1", name + ":2")
                    .doesNotContain("latest");
            carafe.execute("pull", "-a", name + ":1").failed(1, name + ":1", "--all-tags");

            String other = registry.name("team/other");
            carafe.execute("push", "--all-tags", other).failed(1, other, "tag");
            carafe.execute("image", "tag", name + ":1", other + ":a").succeeded();
            carafe.execute("image", "tag", name + ":2", other + ":b").succeeded();
            assertThat(carafe.execute("push", "-q", "--all-tags", other).succeeded())
                    .hasLineCount(2);
            assertThat(carafe.execute("registry", "tags", "-q", other)
                            .succeeded()
                            .lines())
                    .containsExactlyInAnyOrder("a", "b");
            carafe.execute("push", "-a", other, name).failed(1, "--all-tags", name);
        }
    }

    @Test
    void whoMayNotComesInWhenHeHasLoggedIn(Installation carafe) {
        Path folder = carafe.newFolder("registry");
        Commands.succeed("htpasswd -Bbn alice secret > \"$0/users\"", folder.toString());
        try (RegistryServer registry = RegistryServer.start(folder, folder.resolve("users"))) {
            String home = carafe.newFolder("home").toString();
            String host = registry.name("").replace("/", "");
            carafe.execute(
                            "image",
                            "load",
                            "--name=app",
                            "--progress=none",
                            layout(carafe).toString())
                    .succeeded();
            carafe.call("push", "--progress=none", "app", registry.name("app"))
                    .variable("HOME", home)
                    .execute()
                    .failed(1, host, "carafe login");
            carafe.call("login", "-u", "alice", "-p", "wrong", host)
                    .variable("HOME", home)
                    .execute()
                    .failed(1, host);
            carafe.call("login", "-u", "alice", "--password-stdin", host)
                    .variable("HOME", home)
                    .input("secret\n")
                    .execute()
                    .succeeded();
            carafe.call("push", "--progress=none", "app", registry.name("app"))
                    .variable("HOME", home)
                    .execute()
                    .succeeded();
            assertThat(Commands.succeed(
                            "HOME=\"$1\" skopeo inspect --tls-verify=false --authfile \"$1/.docker/config.json\" \"docker://$0\"",
                            registry.name("app"),
                            home))
                    .contains("Digest");
            carafe.call("logout", host).variable("HOME", home).execute().succeeded();
            carafe.call("pull", registry.name("app"))
                    .variable("HOME", home)
                    .execute()
                    .failed(1, host, "carafe login");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"oci:%s:latest", "oci-archive:%s.oci.tar", "docker-archive:%s.docker.tar"})
    void anImageOfALayoutOrAnArchiveRuns(String form, Installation carafe) {
        Path layout = layout(carafe);
        Commands.succeed("""
                skopeo copy -q "oci:$0:latest" "oci-archive:$0.oci.tar"
                skopeo copy -q "oci:$0:latest" "docker-archive:$0.docker.tar:example.org/app:1"
                """, layout.toString());
        String image = form.formatted(layout);
        assertThat(carafe.run(image, "sh", "-c", LOOK).succeeded()).isEqualTo(SEEN);
        assertThat(carafe.execute("image", "list", "-q").succeeded()).isEmpty();
        // Nobody uses it any more.
        assertThat(carafe.execute("image", "prune").succeeded()).contains("3 layers");
    }

    @Test
    void whatWeSaveOthersRead(Installation carafe) {
        Path layout = layout(carafe);
        carafe.execute("image", "load", "--name=example.org/app:1", "--progress=none", layout.toString())
                .succeeded();
        Path archive = carafe.newPath("saved.tar");
        carafe.execute("image", "save", "-o", archive.toString(), "example.org/app:1")
                .succeeded();
        Path folder = carafe.newPath("saved");
        carafe.execute("image", "save", "--format=layout", "-o", folder.toString(), "example.org/app:1")
                .succeeded();
        Commands.succeed(
                """
                umoci unpack --image "$0:latest" "$3/before" >/dev/null
                umoci unpack --image "$1:1" "$3/layout" >/dev/null
                skopeo copy -q "oci-archive:$2:1" "oci:$3/a:1" && umoci unpack --image "$3/a:1" "$3/oci" >/dev/null
                skopeo copy -q "docker-archive:$2" "oci:$3/d:1" && umoci unpack --image "$3/d:1" "$3/docker" >/dev/null
                tree() { bsdtar -C "$1/rootfs" -cf - --format=mtree --options='mtree:!all,mtree:type,mtree:mode,mtree:uid,mtree:gid,mtree:link,mtree:size,mtree:sha256,mtree:time,mtree:nlink' . | sort; }
                tree "$3/before" > "$3/tree"
                for other in layout oci docker; do tree "$3/$other" | diff -u "$3/tree" -; done
                """,
                layout.toString(),
                folder.toString(),
                archive.toString(),
                carafe.newFolder("work").toString());
    }

    @Test
    void whatWeSavePodmanLoads(Installation carafe) {
        carafe.execute(
                        "image",
                        "load",
                        "--name=example.org/app:1",
                        "--progress=none",
                        layout(carafe).toString())
                .succeeded();
        Path archive = carafe.newPath("saved.tar");
        carafe.execute("image", "save", "-o", archive.toString(), "example.org/app:1")
                .succeeded();
        // Podman wants paths that are short.
        assertThat(Commands.succeed("""
                        d=$(mktemp -d /tmp/carafe-XXXX); trap 'rm -rf "$d"' EXIT
                        podman() { command podman --root $d/root --runroot $d/run --tmpdir $d/tmp --storage-driver vfs "$@"; }
                        podman load -q -i "$0" && podman image inspect example.org/app:1 --format '{{.Config.Cmd}}'
                        """, archive.toString())).contains("example.org/app:1", "echo from the image");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cat", "gzip", "zstd", "xz"})
    void aRootFileSystemGoesOutAndComesInAgain(String compressor, Installation carafe) {
        carafe.execute(
                        "image",
                        "load",
                        "--name=app",
                        "--progress=none",
                        layout(carafe).toString())
                .succeeded();
        Path archive = carafe.newPath("root.tar");
        carafe.execute("image", "export", "-o", archive.toString(), "app").succeeded();
        Commands.succeed(compressor + " < \"$0\" > \"$0.packed\"", archive.toString());
        carafe.execute(
                        "image",
                        "import",
                        "-c",
                        "CMD [\"/bin/sh\", \"-c\", \"cat /srv/data/link; echo $A $0; pwd\", \"zero\"]",
                        "--change=ENV A=\"one two\"",
                        "-c",
                        "WORKDIR /srv",
                        "-c",
                        "ENV PATH=/bin",
                        archive + ".packed",
                        "imported:1")
                .succeeded();
        assertThat(carafe.run("imported:1").succeeded()).isEqualTo("new\none two zero\n/srv\n");
        Path again = carafe.newPath("again.tar");
        carafe.execute("image", "export", "-o", again.toString(), "imported:1").succeeded();
        assertThat(again).hasSameBinaryContentAs(archive);
        carafe.execute("image", "import", "-c", "RUN rm -rf /", archive.toString(), "x")
                .failed(1, "RUN rm -rf /", "CMD");
    }

    @Test
    void anImageOfOneLayerRunsAsTheOneWithSeveral(Installation carafe) {
        carafe.execute(
                        "image",
                        "load",
                        "--name=app",
                        "--progress=none",
                        layout(carafe).toString())
                .succeeded();
        String said = carafe.execute("image", "squash", "app", "--tag", "flat").succeeded();
        assertThat(said).matches("flat:latest  sha256:[0-9a-f]{64}\n");
        Path several = carafe.newPath("several.tar");
        Path one = carafe.newPath("one.tar");
        carafe.execute("image", "export", "-o", several.toString(), "app").succeeded();
        carafe.execute("image", "export", "-o", one.toString(), "flat").succeeded();
        assertThat(one).hasSameBinaryContentAs(several);
        carafe.execute("image", "rm", "app").succeeded();
        assertThat(carafe.run("flat").succeeded()).isEqualTo("from the image\n");
        carafe.execute("image", "squash", "flat").failed(1, "--tag");
    }

    @Test
    void oneFlippedBitIsFoundAndThePullAfterRepairsIt(Installation carafe) throws IOException {
        Path layout = layout(carafe);
        String[] load = {"image", "load", "--name=app", "--progress=none", layout.toString()};
        carafe.execute(load).succeeded();
        assertThat(carafe.execute("image", "verify").succeeded()).contains("3 layers: all whole");

        Path file = Path.of(Commands.succeed(
                        "find \"$0/images/layers\" -path '*/srv/data/new'",
                        carafe.data().toString())
                .strip());
        flip(file);
        assertThat(carafe.execute("image", "verify").ended(1).output())
                .contains("layer sha256:", "has changed", "1 damaged");
        carafe.execute(load).succeeded();
        assertThat(carafe.execute("image", "verify").succeeded()).contains("all whole");

        Path blob = Path.of(Commands.succeed(
                        "ls -S \"$0/images/blobs/sha256\"/* | head -1",
                        carafe.data().toString())
                .strip());
        flip(blob);
        assertThat(carafe.execute("image", "verify").ended(1).output()).contains("blob sha256:", "1 damaged");
        carafe.execute(load).succeeded();
        assertThat(carafe.execute("image", "verify").succeeded()).contains("all whole");
    }

    private static void flip(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[content.length / 2] ^= 1;
        Files.write(file, content);
    }

    @Test
    void whatAnInstanceRunsFromStaysUntilItHasEnded(Installation carafe) {
        carafe.execute(
                        "image",
                        "load",
                        "--name=app",
                        "--progress=none",
                        layout(carafe).toString())
                .succeeded();
        Call.Running running = carafe.call("run", "--rm", "app", "sh", "-c", "echo up; sleep 60; cat /srv/data/new")
                .start();
        Conditions.await("it runs", () -> running.output().equals("up\n"));
        carafe.execute("image", "rm", "app").succeeded();
        carafe.execute("image", "prune", "--unfinished").succeeded();
        assertThat(carafe.execute("image", "list", "-q").succeeded()).isEmpty();
        Commands.succeed(
                "for p in /proc/[0-9]*; do if grep -qa \"$0\" $p/mountinfo 2>/dev/null && grep -qx sleep $p/comm; then"
                        + " kill ${p#/proc/}; fi; done",
                carafe.data().toString());
        assertThat(running.await().output()).isEqualTo("up\nnew\n");
        assertThat(carafe.execute("image", "prune").succeeded()).contains("3 layers");
    }

    @Test
    void anImageOfMoreLayersThanAPageOfOptionsNamesRuns(Installation carafe) {
        Path folder = carafe.newFolder("many");
        Commands.succeed("""
                cd "$0" && mkdir -p image/blobs/sha256 layer && digests= && layers= && i=0
                add() { d=$(sha256sum "$1" | cut -d' ' -f1); s=$(stat -c %s "$1"); mv "$1" image/blobs/sha256/$d; }
                while [ $i -le 126 ]; do
                  if [ $i = 0 ]; then tar -C "$1" -cf l.tar .; else echo $i > layer/$i; tar -C layer -cf l.tar $i; fi
                  add l.tar; digests="$digests,\\"sha256:$d\\""
                  layers="$layers,{\\"mediaType\\":\\"application/vnd.oci.image.layer.v1.tar\\",\\"digest\\":\\"sha256:$d\\",\\"size\\":$s}"
                  i=$((i+1))
                done
                echo "{\\"architecture\\":\\"$(dpkg --print-architecture)\\",\\"os\\":\\"linux\\",\\"config\\":{\\"Env\\":[\\"PATH=/bin\\"]},\\"rootfs\\":{\\"type\\":\\"layers\\",\\"diff_ids\\":[${digests#,}]}}" > c
                add c; config="{\\"mediaType\\":\\"application/vnd.oci.image.config.v1+json\\",\\"digest\\":\\"sha256:$d\\",\\"size\\":$s}"
                echo "{\\"schemaVersion\\":2,\\"config\\":$config,\\"layers\\":[${layers#,}]}" > m
                add m; echo "{\\"schemaVersion\\":2,\\"manifests\\":[{\\"mediaType\\":\\"application/vnd.oci.image.manifest.v1+json\\",\\"digest\\":\\"sha256:$d\\",\\"size\\":$s}]}" > image/index.json
                echo '{"imageLayoutVersion":"1.0.0"}' > image/oci-layout
                """, folder.toString(), carafe.root().toString());
        assertThat(carafe.run("oci:" + folder.resolve("image"), "sh", "-c", "cat /1 /64 /126; echo x > /new; cat /new")
                        .succeeded())
                .isEqualTo("1\n64\n126\nx\n");
    }

    @Test
    void aPullThatIsKilledAtAnyMomentIsGoneOnWith(Installation carafe) throws Exception {
        Path layout = layout(carafe);
        try (RegistryServer registry = RegistryServer.start(carafe.newFolder("registry"))) {
            registry.push(layout, "latest", "app");
            String name = registry.name("app");
            Random random = new Random(1);
            for (int round = 0; round < 6; round++) {
                List<Call.Running> pulls = IntStream.range(0, 2)
                        .mapToObj(i -> carafe.call("pull", "--progress=none", name)
                                .variable("CARAFE_DAEMON", "no")
                                .start())
                        .toList();
                Process victim = pulls.getFirst().process();
                if (!victim.waitFor(random.nextInt(1200), TimeUnit.MILLISECONDS)) {
                    Commands.run("pkill -9 -P \"$0\"; kill -9 \"$0\"", Long.toString(victim.pid()));
                }
                pulls.getLast().await().succeeded();
                assertThat(carafe.execute("image", "verify").succeeded()).contains("3 layers: all whole");
                carafe.execute("image", "rm", name).succeeded();
                if (round % 4 == 3) {
                    carafe.execute("image", "prune", "--unfinished").succeeded();
                }
            }
            assertThat(carafe.run(name).ended(0).output()).isEqualTo("from the image\n");
        }
    }

    @Test
    void aFullDiskIsNamedAndNothingHalfMadeStays(Installation carafe) {
        Path big = carafe.newFolder("big");
        Commands.succeed("""
                cd "$0" && umoci init --layout image && umoci new --image image:latest && mkdir tree
                for i in 1 2 3 4; do head -c 20000000 /dev/urandom > tree/$i; done
                tar -C tree -cf layer.tar . && umoci raw add-layer --image image:latest layer.tar
                mkdir data && truncate -s 64M disk && mkfs.ext4 -q disk && mount -o loop disk data
                """, big.toString());
        try {
            UnaryOperator<Call> there =
                    call -> call.variable("CARAFE_DATA", big + "/data/carafe").variable("CARAFE_DAEMON", "no");
            there.apply(carafe.call("image", "load", "--name=big", "--progress=none", big + "/image"))
                    .execute()
                    .failed(1, "disk is full", big + "/data/carafe");
            assertThat(there.apply(carafe.call("image", "list", "-q")).execute().succeeded())
                    .isEmpty();
            there.apply(carafe.call("image", "prune", "--unfinished")).execute().succeeded();
            assertThat(Commands.succeed(
                            "find \"$0/data/carafe/images/\" -size +100k ! -name 'index.db*' ! -name 'reserve-*'",
                            big.toString()))
                    .isEmpty();
        } finally {
            Commands.run("umount \"$0/data\"", big.toString());
        }
    }

    @Test
    void whereThereIsNoRoomForAnArchiveThatIsSaidAndNothingOfItStays(Installation carafe) {
        carafe.execute(
                        "image",
                        "load",
                        "--name=app",
                        "--progress=none",
                        layout(carafe).toString())
                .succeeded();
        Path small = carafe.newFolder("small");
        Commands.succeed("mount -t tmpfs -o size=300k none \"$0\"", small.toString());
        try {
            for (String[] words : new String[][] {
                {"image", "save", "-o", small + "/a.tar", "app"},
                {"image", "save", "--format=layout", "-o", small + "/layout", "app"},
                {"image", "export", "-o", small + "/root.tar", "app"}
            }) {
                carafe.execute(words).failed(1, small.toString(), "the disk is full", "Make room");
                assertThat(Commands.succeed("find \"$0\" -type f -size +8k", small.toString()))
                        .isEmpty();
            }
            carafe.shell("\"$0\" image save app > /dev/full")
                    .execute()
                    .failed(1, "standard output", "the disk is full");
            Commands.succeed("mount -o remount,size=30m \"$0\"", small.toString());
            carafe.execute("image", "save", "-o", small + "/a.tar", "app").succeeded();
            Commands.succeed("mount -o remount,ro \"$0\"", small.toString());
            carafe.execute("image", "save", "-o", small + "/b.tar", "app").failed(1, small.toString(), "is read-only");
        } finally {
            Commands.succeed("umount \"$0\"", small.toString());
        }
    }

    @Test
    void aPullThatIsKilledHalfWayGoesOnFromThere(Installation carafe) {
        try (RegistryServer registry = RegistryServer.start(carafe.newFolder("registry"));
                FaultProxy proxy = FaultProxy.before(registry)) {
            registry.push(layout(carafe), "latest", "app");
            carafe.call("pull", "-q", proxy.name("app"))
                    .variable("CARAFE_DAEMON", "no")
                    .variable("CARAFE_FAILPOINT", "blob-part-written:kill@4")
                    .execute()
                    .failed(1, "killed");
            assertThat(carafe.execute("image", "verify").succeeded()).contains("all whole");
            proxy.behave();
            carafe.execute("pull", "-q", proxy.name("app")).succeeded();
            assertThat(proxy.requests("GET /v2/app/blobs/.*"))
                    .anyMatch(request -> request.header("Range").isPresent());
            assertThat(carafe.run(proxy.name("app")).ended(0).output()).isEqualTo("from the image\n");
        }
    }

    @Test
    void whatIsNoImageIsSaidSoInALine(Installation carafe) throws IOException {
        Path file = Files.writeString(carafe.newPath("no.tar"), "nothing");
        carafe.execute("image", "load", file.toString()).failed(1, file.toString(), "no tar archive");
        carafe.execute("image", "load", "/nonexistent").failed(1, "/nonexistent");
        carafe.execute("image", "load", carafe.newFolder("empty").toString()).failed(1, "no OCI image layout");
        carafe.execute("image", "inspect", "none").failed(1, "there is no image \"none\" here");
        carafe.execute("image", "tag", "none", "UPPER:tag").failed(1, "UPPER");
        carafe.execute("image", "list", "--format=nothing").failed(1, "--format nothing", "table, json");
        carafe.execute("image", "frobnicate").failed(1, "there is no command \"image frobnicate\"");
    }
}
