package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images whose layers are here unpacked only, and go out as they came nevertheless. */
@SystemTest
class PackedLayersTest {

    /**
     * An image of some of this machine's own files and a shell, in one layer; and a second one that takes something away.
     *
     * @param program compresses its layers
     * @param type what their media type ends with
     * @return its layout
     */
    private static Path layout(Installation carafe, String program, String type) {
        Path folder = carafe.newFolder("layout");
        Commands.succeed("""
                cd "$0" && mkdir -p image/blobs/sha256 tree/usr two/usr
                cp -a "$1/." tree && mkdir -p tree/usr && cp /usr/bin/perl tree/usr/bin-perl
                ln tree/usr/bin-perl tree/usr/hard && truncate -s 3M tree/sparse && head -c 200000 /dev/urandom > tree/noise
                head -c 400000 /usr/bin/perl > two/usr/bin-perl && touch two/usr/.wh.hard
                digests= && layers=
                add() { d=$(sha256sum "$1" | cut -d' ' -f1); s=$(stat -c %s "$1"); mv "$1" image/blobs/sha256/$d; }
                for part in tree two; do
                  tar -C $part -cf l.tar . && digests="$digests,\\"sha256:$(sha256sum l.tar | cut -d' ' -f1)\\""
                  $2 < l.tar > l && add l
                  layers="$layers,{\\"mediaType\\":\\"application/vnd.oci.image.layer.v1.tar$3\\",\\"digest\\":\\"sha256:$d\\",\\"size\\":$s}"
                done
                echo "{\\"architecture\\":\\"$(dpkg --print-architecture)\\",\\"os\\":\\"linux\\",\\"config\\":{\\"Env\\":[\\"PATH=/bin\\"]},\\"rootfs\\":{\\"type\\":\\"layers\\",\\"diff_ids\\":[${digests#,}]}}" > c
                add c; config="{\\"mediaType\\":\\"application/vnd.oci.image.config.v1+json\\",\\"digest\\":\\"sha256:$d\\",\\"size\\":$s}"
                echo "{\\"schemaVersion\\":2,\\"mediaType\\":\\"application/vnd.oci.image.manifest.v1+json\\",\\"config\\":$config,\\"layers\\":[${layers#,}]}" > m
                add m; echo "{\\"schemaVersion\\":2,\\"manifests\\":[{\\"mediaType\\":\\"application/vnd.oci.image.manifest.v1+json\\",\\"digest\\":\\"sha256:$d\\",\\"size\\":$s,\\"annotations\\":{\\"org.opencontainers.image.ref.name\\":\\"latest\\"}}]}" > image/index.json
                echo '{"imageLayoutVersion":"1.0.0"}' > image/oci-layout
                """, folder.toString(), carafe.root().toString(), program, type);
        return folder.resolve("image");
    }

    private static String digest(String name) {
        return Commands.succeed(
                "skopeo inspect --tls-verify=false --format '{{.Digest}} {{.Layers}}' \"docker://$0\"", name);
    }

    private static int bigBlobs(Installation carafe) {
        return Commands.succeed(
                        "find \"$0/images/blobs\" -size +100k", carafe.data().toString())
                .lines()
                .toList()
                .size();
    }

    @ParameterizedTest
    @CsvSource({"cat, ''", "gzip, +gzip"})
    void whatWasDroppedGoesOutAsItCame(String program, String type, Installation carafe) {
        Path layout = layout(carafe, program, type);
        try (RegistryServer registry = RegistryServer.start(carafe.newFolder("registry"))) {
            carafe.execute("image", "load", "--name=app", "--progress=none", layout.toString())
                    .succeeded();
            String digest = carafe.execute("image", "list", "-q").succeeded();
            assertThat(bigBlobs(carafe)).isEqualTo(2);
            assertThat(carafe.execute("image", "prune", "--packed").succeeded()).contains("2 packed layers");
            assertThat(bigBlobs(carafe)).isZero();
            carafe.execute("image", "prune", "--unfinished").succeeded();

            String pushed = registry.name("team/pushed");
            carafe.execute("push", "--progress=none", "app", pushed).succeeded();
            assertThat(Commands.succeed(
                            "skopeo inspect --tls-verify=false --format '{{.Digest}}' \"docker://$0\"", pushed))
                    .isEqualTo(digest);
            Path archive = carafe.newPath("saved.tar");
            carafe.execute("image", "save", "-o", archive.toString(), "app").succeeded();
            Commands.succeed(
                    "cd \"$2\" && tar -xf \"$0\" && for b in \"$1\"/blobs/sha256/*; do cmp $b blobs/sha256/${b##*/}; done",
                    archive.toString(),
                    layout.toString(),
                    carafe.newFolder("unpacked").toString());
            assertThat(carafe.execute("image", "verify").succeeded()).contains("2 layers: all whole");

            // Nothing of it is fetched, as nothing is missing.
            Commands.succeed(
                    "rm -r \"$0\"/registry/docker/registry/v2/repositories/team/pushed/_layers",
                    registry.folder().toString());
            carafe.execute("pull", "--progress=none", pushed).succeeded();
            assertThat(bigBlobs(carafe)).isZero();
            assertThat(carafe.run("app", "sh", "-c", "ls /usr; wc -c < /sparse").succeeded())
                    .contains("bin-perl")
                    .doesNotContain("hard")
                    .endsWith("3145728\n");
        }
    }

    @Test
    void whatGoCompressedIsDroppedWithThePull(Installation carafe) {
        Path layout = layout(carafe, "cat", "");
        try (RegistryServer registry = RegistryServer.start(carafe.newFolder("registry"))) {
            Commands.succeed(
                    "skopeo copy -q --dest-compress --dest-tls-verify=false \"oci:$0:latest\" \"docker://$1\"",
                    layout.toString(),
                    registry.name("app"));
            carafe.execute("pull", "--progress=none", "--discard-packed", registry.name("app"))
                    .succeeded();
            assertThat(bigBlobs(carafe)).isZero();
            Path archive = carafe.newPath("saved.tar");
            carafe.execute("image", "save", "-o", archive.toString(), registry.name("app"))
                    .succeeded();
            assertThat(Commands.succeed(
                            "skopeo inspect --format '{{.Digest}} {{.Layers}}' \"oci-archive:$0\"", archive.toString()))
                    .isEqualTo(digest(registry.name("app")));
            carafe.execute("pull", "--all-platforms", "--discard-packed", registry.name("app"))
                    .failed(1, "--all-platforms", "--discard-packed");
        }
    }

    @Test
    void whatCannotBeMadeAgainStaysAndIsToldOf(Installation carafe) {
        Path layout = layout(carafe, "xz -0", "");
        carafe.execute("image", "load", "--name=app", "--progress=none", layout.toString())
                .succeeded();
        assertThat(carafe.execute("image", "prune", "--packed").succeeded())
                .contains("0 packed layers", "stays sha256:", "it has xz data");
        assertThat(bigBlobs(carafe)).isEqualTo(2);
    }

    @Test
    void aLayerThatHasChangedIsNotGivenOutAndThePullAfterRepairsIt(Installation carafe) throws IOException {
        Path layout = layout(carafe, "gzip", "+gzip");
        Path archive = carafe.newPath("saved.tar");
        String[] load = {"image", "load", "--name=app", "--progress=none", layout.toString()};
        for (boolean verifies : new boolean[] {false, true}) {
            carafe.execute(load).succeeded();
            carafe.execute("image", "prune", "--packed").succeeded();
            Path file = Path.of(Commands.succeed(
                            "find \"$0/images/layers\" -path '*/usr/bin-perl' -size +1000k",
                            carafe.data().toString())
                    .strip());
            byte[] content = Files.readAllBytes(file);
            content[content.length / 2] ^= 1;
            Files.write(file, content);
            if (verifies) {
                assertThat(carafe.execute("image", "verify").ended(1).output())
                        .contains("layer sha256:", "has changed", "1 damaged");
            } else {
                carafe.execute("image", "save", "-o", archive.toString(), "app")
                        .failed(1, "in the layer's folder has changed", "pull its image again");
            }
            carafe.execute(load).succeeded();
            assertThat(carafe.execute("image", "verify").succeeded()).contains("2 layers: all whole");
        }
        carafe.execute("image", "save", "-o", archive.toString(), "app").succeeded();
    }

    @Test
    void aDropThatIsKilledAtAnyMomentLosesNothing(Installation carafe) throws Exception {
        Path layout = layout(carafe, "gzip", "+gzip");
        String[] load = {"image", "load", "--name=app", "--progress=none", layout.toString()};
        Random random = new Random(1);
        for (int round = 0; round < 3; round++) {
            carafe.execute(load).succeeded();
            Process victim = carafe.call("image", "prune", "--packed")
                    .variable("CARAFE_DAEMON", "no")
                    .start()
                    .process();
            if (!victim.waitFor(random.nextInt(1500, 3500), TimeUnit.MILLISECONDS)) {
                Commands.run("pkill -9 -P \"$0\"; kill -9 \"$0\"", Long.toString(victim.pid()));
            }
            assertThat(carafe.execute("image", "verify").succeeded()).contains("2 layers: all whole");
            carafe.execute("image", "prune", "--unfinished").succeeded();
            Path archive = carafe.newPath("saved.tar");
            carafe.execute("image", "save", "-o", archive.toString(), "app").succeeded();
            Commands.succeed("skopeo inspect \"oci-archive:$0\" > /dev/null && rm \"$0\"", archive.toString());
            carafe.execute("image", "rm", "app").succeeded();
        }
        carafe.execute("image", "prune", "--unfinished").succeeded();
        assertThat(Commands.succeed(
                        "find \"$0/images/recipes\" -type f", carafe.data().toString()))
                .isEmpty();
    }
}
