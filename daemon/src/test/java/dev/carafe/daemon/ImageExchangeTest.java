package dev.carafe.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Images between Carafe and the tools that others have for them: what one writes the other unpacks to the same tree, of
 * which types, modes, owners, times, links, contents, attributes and capabilities are compared.
 */
@SystemTest
@WithDaemon
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImageExchangeTest {

    /** How the layers are packed. */
    enum Packing {
        NONE("cat", "tar"),
        GZIP("gzip -n", "tar+gzip"),
        ZSTD("zstd -q", "tar+zstd");

        private final String program;
        private final String mediaType;

        Packing(String program, String mediaType) {
            this.program = program;
            this.mediaType = "application/vnd.oci.image.layer.v1." + mediaType;
        }
    }

    /** Describes the tree in the folder {@code $1}: all but the top's own time, which whoever unpacks it may make. */
    private static final String TREE = """
            tree() { (cd "$1" && bsdtar -cf - --format=mtree --options='!all,type,mode,uid,gid,link,size,sha256,time,nlink,device' . \\
              | sed 's,^\\(\\. .*\\)time=[0-9.]* ,\\1,' | sort &&
              find . -print0 | sort -z | xargs -0 getfattr -h -d -m '^(user|security)' -e hex); }
            """;

    private static final String NAME = "team/app:1";

    private RegistryServer registry;
    private Containerd containerd;
    private Dockerd docker;
    private Path images;

    /**
     * Three layers of busybox and of what is not met every day, packed in each way, and the tree that they make as
     * umoci unpacks it.
     */
    @BeforeAll
    void makeTheImages(Installation carafe) {
        images = carafe.newFolder("images");
        Commands.succeed("""
                cd "$0" && mkdir two three && cp -a "$1" one && cd one && mkdir -p srv/gone srv/opaque etc/"ein Ort" tmp
                chmod 1777 tmp && echo old > srv/gone/file && echo old > srv/opaque/old && echo 1 > srv/replaced && mkdir srv/folder
                echo text > etc/"ein Ort/ä:ö\\\\n*" && chown 7:8 etc/"ein Ort" && chmod 2750 etc/"ein Ort" && echo 1 > srv/linked && ln srv/linked srv/again
                mknod srv/device c 1 3 && mkfifo -m 600 srv/fifo && ln -s ../nowhere srv/dangling && chown -h 9:9 srv/dangling
                setfattr -n user.note -v kept srv/linked && cp bin/busybox srv/capable && setcap cap_net_raw+ep srv/capable && cp bin/busybox srv/setuid && chmod 4711 srv/setuid
                truncate -s 1M srv/sparse && printf end >> srv/sparse
                long=$(printf '%0120d' 0) && mkdir -p srv/$long/$long && echo deep > srv/$long/$long/$long && chown 1234567:7654321 srv/$long
                find . -exec touch -h -d '2001-02-03 04:05:06.789' {} +
                cd ../two && mkdir -p srv/opaque srv/replaced && touch srv/.wh.gone srv/opaque/.wh..wh..opq srv/.wh.folder
                echo new > srv/opaque/new && echo in > srv/replaced/in && chmod 700 srv
                cd ../three && mkdir srv && echo file > srv/folder && ln srv/folder srv/hard && chmod 711 srv && cd ..
                for layer in two three; do find $layer -exec touch -h -d '2002-03-04 05:06:07' {} +; done
                for layer in one two three; do tar -C $layer --format=pax --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \\
                  --xattrs --xattrs-include='*' -cf $layer.tar .; done
                """, images.toString(), carafe.root().toString());
        for (Packing packing : Packing.values()) {
            Commands.succeed("""
                    cd "$0" && mkdir -p $1/blobs/sha256 && diffs= && layers=
                    add() { d=$(sha256sum "$2" | cut -d' ' -f1); s=$(stat -c %s "$2"); mv "$2" $1/blobs/sha256/$d; }
                    for layer in one two three; do
                      diffs="$diffs,\\"sha256:$(sha256sum < $layer.tar | cut -d' ' -f1)\\""; $2 < $layer.tar > packed; add $1 packed
                      layers="$layers,{\\"mediaType\\":\\"$3\\",\\"digest\\":\\"sha256:$d\\",\\"size\\":$s}"
                    done
                    echo "{\\"architecture\\":\\"$(dpkg --print-architecture)\\",\\"os\\":\\"linux\\",\\"config\\":{\\"Env\\":[\\"PATH=/bin\\"],\\"Cmd\\":[\\"true\\"]},\\"rootfs\\":{\\"type\\":\\"layers\\",\\"diff_ids\\":[${diffs#,}]}}" > c
                    add $1 c; config="{\\"mediaType\\":\\"application/vnd.oci.image.config.v1+json\\",\\"digest\\":\\"sha256:$d\\",\\"size\\":$s}"
                    echo "{\\"schemaVersion\\":2,\\"mediaType\\":\\"application/vnd.oci.image.manifest.v1+json\\",\\"config\\":$config,\\"layers\\":[${layers#,}]}" > m
                    add $1 m; echo "{\\"schemaVersion\\":2,\\"manifests\\":[{\\"mediaType\\":\\"application/vnd.oci.image.manifest.v1+json\\",\\"digest\\":\\"sha256:$d\\",\\"size\\":$s,\\"annotations\\":{\\"org.opencontainers.image.ref.name\\":\\"1\\"}}]}" > $1/index.json
                    echo '{"imageLayoutVersion":"1.0.0"}' > $1/oci-layout
                    """, images.toString(), folder(packing), packing.program, packing.mediaType);
        }
        registry = RegistryServer.start(carafe.newFolder("registry"));
        PeerFolder folder = carafe.newPeerFolder();
        containerd = new Containerd(carafe, folder);
        docker = new Dockerd(carafe, folder, containerd);
        Commands.succeed(
                TREE + "cd \"$0\" && umoci unpack --image gzip:1 umoci >/dev/null && tree umoci/rootfs > tree",
                images.toString());
        assertThat(Installation.read(images.resolve("tree")))
                .as("what can be told apart")
                .contains(
                        "type=char", "type=fifo", "type=link", "nlink=2", "mode=4711", "uid=1234567", "link=../nowhere")
                .contains("user.note=0x6b657074", "security.capability=", "time=981173106.789000000");
    }

    @AfterAll
    void stopTheRegistry() {
        registry.close();
    }

    @AfterEach
    void removeWhatIsHere(Installation carafe) {
        carafe.execute("image", "list", "--format=reference")
                .succeeded()
                .lines()
                .forEach(name -> carafe.execute("image", "rm", name).succeeded());
        carafe.execute("image", "prune", "--unfinished").succeeded();
    }

    private static String folder(Packing packing) {
        return packing.name().toLowerCase(Locale.ROOT);
    }

    private Path layout(Packing packing) {
        return images.resolve(folder(packing));
    }

    /** Loads a layout, and saves and pushes it again. */
    private record Written(Path archive, Path layout, String name) {}

    private Written write(Installation carafe, Packing packing) {
        String name = registry.name("ours/" + folder(packing) + ":1");
        carafe.execute(
                        "image",
                        "load",
                        "--progress=none",
                        "--name=" + name,
                        layout(packing).toString())
                .succeeded();
        Path archive = carafe.newPath("saved.tar");
        carafe.execute("image", "save", "-o", archive.toString(), name).succeeded();
        Path layout = carafe.newPath("saved");
        carafe.execute("image", "save", "--format=layout", "-o", layout.toString(), name)
                .succeeded();
        carafe.execute("push", "--progress=none", name).succeeded();
        return new Written(archive, layout, name);
    }

    private void same(Installation carafe, String unpack, String... arguments) {
        String[] words = new String[arguments.length + 2];
        words[0] = images.resolve("tree").toString();
        words[1] = carafe.newFolder("tree").toString();
        System.arraycopy(arguments, 0, words, 2, arguments.length);
        Commands.succeed(TREE + unpack, words);
    }

    @ParameterizedTest
    @EnumSource(names = {"NONE", "GZIP"})
    void umociReadsTheLayoutThatWeWrite(Packing packing, Installation carafe) {
        same(
                carafe,
                "umoci unpack --image \"$2:1\" \"$1/u\" >/dev/null && tree \"$1/u/rootfs\" | diff -u \"$0\" -",
                write(carafe, packing).layout().toString());
    }

    @ParameterizedTest
    @EnumSource
    void skopeoCopiesWhatWeWriteFromAllThree(Packing packing, Installation carafe) {
        Written written = write(carafe, packing);
        same(carafe, """
                set -e; cd "$1"; skopeo copy -q "oci:$2:1" dir:l; skopeo copy -q "oci-archive:$3:1" dir:o
                skopeo copy -q --src-tls-verify=false "docker://$4" dir:r; skopeo copy -q "docker-archive:$3" dir:d
                diff -r l o; diff -r l r; test $(jq '.layers | length' d/manifest.json) = 3
                """, written.layout().toString(), written.archive().toString(), written.name());
    }

    @ParameterizedTest
    @EnumSource
    void containerdUnpacksWhatWePush(Packing packing, Installation carafe) {
        Written written = write(carafe, packing);
        containerd.succeed("image", "pull", "--plain-http", written.name());
        sameInContainerd(carafe, written.name());
    }

    @ParameterizedTest
    @EnumSource
    void containerdUnpacksTheArchiveThatWeSave(Packing packing, Installation carafe) {
        Written written = write(carafe, packing);
        assertThat(containerd.succeed("image", "import", written.archive().toString()))
                .contains(written.name());
        sameInContainerd(carafe, written.name());
    }

    private void sameInContainerd(Installation carafe, String name) {
        String mount = carafe.newFolder("mount").toString();
        containerd.succeed("image", "mount", name, mount);
        try {
            same(carafe, "tree \"$2\" | diff -u \"$0\" -", mount);
        } finally {
            containerd.execute("image", "unmount", "--rm", mount);
            containerd.succeed("image", "rm", "--sync", name);
        }
    }

    @ParameterizedTest
    @EnumSource
    void dockerUnpacksWhatWePush(Packing packing, Installation carafe) {
        dockerKnows(packing);
        Written written = write(carafe, packing);
        docker.succeed("pull", "--quiet", written.name());
        sameInDocker(carafe, written.name());
    }

    @ParameterizedTest
    @EnumSource
    void dockerUnpacksTheArchiveThatWeSave(Packing packing, Installation carafe) {
        dockerKnows(packing);
        Written written = write(carafe, packing);
        docker.succeed("load", "--quiet", "--input", written.archive().toString());
        sameInDocker(carafe, written.name());
    }

    private void dockerKnows(Packing packing) {
        String version = docker.succeed("version", "--format={{.Server.Version}}");
        assumeTrue(
                packing != Packing.ZSTD || Integer.parseInt(version.split("\\.", 2)[0]) >= 23,
                "docker " + version + " knows no layers that zstd has packed");
    }

    private void sameInDocker(Installation carafe, String name) {
        try {
            String driver = docker.succeed("image", "inspect", "--format={{.GraphDriver.Name}}", name);
            assumeTrue(driver.equals("overlay2"), "where " + driver + " has its layers is not known here");
            String folders = docker.succeed(
                    "image", "inspect", "--format={{.GraphDriver.Data.UpperDir}}:{{.GraphDriver.Data.LowerDir}}", name);
            same(
                    carafe,
                    "exec unshare --mount sh -c \"$3\" \"$0\" \"$1\" \"$2\"",
                    folders,
                    TREE + "mount -t overlay -o ro,lowerdir=\"$2\" overlay \"$1\" && tree \"$1\" | diff -u \"$0\" -");
        } finally {
            docker.succeed("image", "rm", "--force", name);
        }
    }

    private void weUnpackTheSame(Installation carafe, String name) {
        Path archive = carafe.newPath("exported.tar");
        carafe.execute("image", "export", "-o", archive.toString(), name).succeeded();
        same(
                carafe,
                "tar -C \"$1\" --numeric-owner --xattrs --xattrs-include='*' -xpf \"$2\" && tree \"$1\" | diff -u \"$0\" -",
                archive.toString());
        removeWhatIsHere(carafe);
    }

    private void weLoadTheSame(Installation carafe, Path from) {
        carafe.execute("image", "load", "--progress=none", "--name=" + NAME, from.toString())
                .succeeded();
        for (String name : carafe.execute("image", "list", "--format=reference")
                .succeeded()
                .lines()
                .toList()) {
            weUnpackTheSame(carafe, name);
        }
    }

    private void wePullTheSame(Installation carafe, String name) {
        carafe.execute("pull", "--progress=none", name).succeeded();
        weUnpackTheSame(carafe, name);
    }

    @ParameterizedTest
    @EnumSource
    void weReadWhatSkopeoWrites(Packing packing, Installation carafe) {
        Path folder = carafe.newFolder("skopeo");
        String name = registry.name("skopeo/" + folder(packing) + ":1");
        Commands.succeed("""
                set -e; cd "$0"; skopeo copy -q "oci:$1:1" oci:layout:1; skopeo copy -q "oci:$1:1" oci-archive:oci.tar:1
                case $1 in (*/zstd) ;; (*) skopeo copy -q "oci:$1:1" docker-archive:docker.tar:team/app:1;; esac
                skopeo copy -q --dest-tls-verify=false "oci:$1:1" "docker://$2"
                """, folder.toString(), layout(packing).toString(), name);
        weLoadTheSame(carafe, folder.resolve("layout"));
        weLoadTheSame(carafe, folder.resolve("oci.tar"));
        if (packing != Packing.ZSTD) { // which they refuse to write there
            weLoadTheSame(carafe, folder.resolve("docker.tar"));
        }
        wePullTheSame(carafe, name);
    }

    /** What umoci packs itself of the tree that it has unpacked; of times it writes seconds only. */
    @Test
    void weReadWhatUmociWrites(Installation carafe) {
        Path folder = carafe.newFolder("umoci");
        Commands.succeed("""
                set -e; cd "$0"; umoci init --layout new; umoci new --image new:1; umoci unpack --image new:1 b >/dev/null
                rmdir b/rootfs; cp -a "$1/umoci/rootfs" b/rootfs; umoci repack --image new:1 b >/dev/null
                """, folder.toString(), images.toString());
        carafe.execute("image", "load", "--progress=none", "--name=" + NAME, folder + "/new")
                .succeeded();
        carafe.execute("image", "export", "-o", folder + "/exported", NAME).succeeded();
        Commands.succeed(TREE + """
                set -e; cd "$0"; umoci unpack --image new:1 theirs >/dev/null; tree theirs/rootfs > tree; mkdir ours
                tar -C ours --numeric-owner --xattrs --xattrs-include='*' -xpf exported; tree ours | diff -u tree -
                """, folder.toString());
    }

    @ParameterizedTest
    @EnumSource
    void weReadWhatContainerdWrites(Packing packing, Installation carafe) {
        Path archive = carafe.newPath("ctr.tar");
        String name = registry.name("ctr/" + folder(packing) + ":1");
        Commands.succeed(
                "skopeo copy -q \"oci:$0:1\" \"oci-archive:$1.in:$2\"",
                layout(packing).toString(),
                archive.toString(),
                name);
        containerd.succeed("image", "import", "--no-unpack", archive + ".in");
        containerd.succeed("image", "push", "--plain-http", name);
        containerd.succeed("image", "export", archive.toString(), name);
        containerd.succeed("image", "rm", "--sync", name);
        weLoadTheSame(carafe, archive);
        wePullTheSame(carafe, name);
    }

    @ParameterizedTest
    @EnumSource
    void weReadWhatDockerWrites(Packing packing, Installation carafe) {
        dockerKnows(packing);
        Path archive = carafe.newPath("docker.tar");
        String name = registry.name("docker/" + folder(packing) + ":1");
        registry.push(layout(packing), "1", "docker/" + folder(packing) + ":1");
        docker.succeed("pull", "--quiet", name);
        docker.succeed("tag", name, name + "2");
        docker.succeed("push", "--quiet", name + "2");
        docker.succeed("save", "--output=" + archive, name);
        docker.succeed("image", "rm", "--force", name, name + "2");
        weLoadTheSame(carafe, archive);
        wePullTheSame(carafe, name + "2");
    }

    @ParameterizedTest
    @EnumSource
    void weReadWhatPodmanWrites(Packing packing, Installation carafe) {
        Path folder = carafe.newFolder("podman");
        String name = registry.name("podman/" + folder(packing) + ":1");
        // Podman wants paths that are short.
        Commands.succeed("""
                set -e; d=$(mktemp -d /tmp/carafe-XXXX); trap 'rm -rf "$d"' EXIT; cd "$0"
                podman() { command podman --root $d/root --runroot $d/run --tmpdir $d/tmp --storage-driver vfs "$@"; }
                podman pull -q "oci:$1:1"; id=$(podman images -q); podman tag $id "$2"
                podman save -q --format oci-archive -o oci.tar "$2"
                case $1 in (*/zstd) ;; (*) podman save -q --format docker-archive -o docker.tar "$2";; esac
                podman push -q --tls-verify=false "$2"
                """, folder.toString(), layout(packing).toString(), name);
        if (packing != Packing.ZSTD) { // which they refuse to write there
            weLoadTheSame(carafe, folder.resolve("docker.tar"));
        }
        weLoadTheSame(carafe, folder.resolve("oci.tar"));
        wePullTheSame(carafe, name);
    }
}
