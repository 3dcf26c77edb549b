package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.registry.Registries;
import dev.carafe.image.snapshot.Base;
import dev.carafe.image.snapshot.DriverKind;
import dev.carafe.image.snapshot.Key;
import dev.carafe.image.snapshot.Preparation;
import dev.carafe.image.snapshot.RootFileSystem;
import dev.carafe.image.snapshot.Snapshot;
import dev.carafe.image.snapshot.Snapshots;
import dev.carafe.image.store.Store;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Reference;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Images that are made of snapshots and of other images. */
@Tag("root")
class CommitTest {

    private static final Reference BASE = Reference.parse("base:1");
    private static final Reference NEW = Reference.parse("new:1");

    private final Kernel kernel = Kernel.host();

    @TempDir
    private Path data;

    private Images images;

    private static Registries none() {
        throw new IllegalStateException("no registry is needed");
    }

    @BeforeEach
    void an_image_is_here() throws Exception {
        images = Images.open(
                data, kernel, folder -> Store.open(kernel, folder), name -> Optional.empty(), CommitTest::none);
        images.importArchive(
                "base",
                new ByteArrayInputStream(
                        tar(
                                "mkdir -p etc usr/bin; echo root >etc/passwd; echo gone >gone; chmod 711 usr; seq 200000 >usr/bin/tool")),
                BASE,
                Instructions.read(List.of("CMD [\"sh\"]", "ENV A=1 ", "USER nobody")));
    }

    private byte[] tar(String script) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory(data, "tar");
        Process process = new ProcessBuilder("sh", "-euc", script + "; tar -cf - .")
                .directory(folder.toFile())
                .start();
        byte[] tar = process.getInputStream().readAllBytes();
        assertThat(process.waitFor()).isZero();
        return tar;
    }

    private ImageConfig config(String name) {
        try (LocalImages local = images.local()) {
            return local.find(name).content().orElseThrow().config();
        }
    }

    private List<Path> folders(String name) {
        Path holder = data.resolve("holder");
        return images.resolve(ImageReference.parse(name), Fetching.IF_MISSING, holder, line -> {})
                .rootFileSystem()
                .layers();
    }

    /** The folder that changes land in where nothing is mounted. */
    private static Path tree(Snapshots snapshots, Snapshot snapshot) {
        return snapshots.folder(snapshot).resolve(snapshots.driver() == DriverKind.OVERLAY ? "upper" : "root");
    }

    private Snapshot changed(Snapshots snapshots, String key, Base base) throws IOException {
        Snapshot snapshot = snapshots.prepare(new Key(key), base, Preparation.PLAIN);
        Path tree = tree(snapshots, snapshot);
        Files.createDirectories(tree.resolve("srv/www"));
        Files.writeString(tree.resolve("srv/www/index.html"), "hello");
        return snapshot;
    }

    @ParameterizedTest
    @EnumSource(
            value = DriverKind.class,
            names = {"OVERLAY", "COPY"})
    void a_snapshot_becomes_an_image_with_one_layer_more(DriverKind kind) throws IOException {
        Snapshots snapshots = images.snapshots(Optional.of(kind));
        Base base = new Base.Layers(config("base:1").chainIds());
        Snapshot snapshot = changed(snapshots, "box", base);
        NewImage wanted = new NewImage(
                NEW,
                Optional.of("Ann"),
                Optional.of("a page"),
                it -> Instructions.change(it, List.of("ENV B=2", "LABEL x=y", "ENTRYPOINT [\"serve\"]")));
        images.commit(snapshots, snapshot, Optional.of("base:1"), wanted);

        ImageConfig config = config("new:1");
        assertThat(config.layers())
                .hasSize(2)
                .startsWith(config("base:1").layers().getFirst());
        assertThat(config.author()).contains("Ann");
        assertThat(config.execution().environment()).containsExactly("A=1", "B=2");
        assertThat(config.execution().user()).isEqualTo("nobody");
        assertThat(config.execution().entrypoint()).containsExactly("serve");
        assertThat(config.execution().command()).as("was another program's").isEmpty();
        assertThat(config.execution().labels()).containsEntry("x", "y");
        assertThat(config.history()).hasSize(2);
        assertThat(config.history().getLast().comment()).contains("a page");
        assertThat(config.history().getLast().author()).contains("Ann");
        assertThat(config.history().getLast().createdBy()).contains("carafe image commit");
        List<Path> folders = folders("new:1");
        assertThat(folders).hasSize(2);
        assertThat(folders.getFirst().resolve("srv/www/index.html")).hasContent("hello");
        assertThat(folders.getLast().resolve("etc/passwd")).hasContent("root");
    }

    @Test
    void the_same_changes_become_the_same_layer() throws IOException {
        Snapshots snapshots = images.snapshots(Optional.of(DriverKind.OVERLAY));
        Base base = new Base.Layers(config("base:1").chainIds());
        Snapshot snapshot = changed(snapshots, "box", base);
        images.commit(snapshots, snapshot, Optional.of("base:1"), NewImage.of(NEW));
        images.commit(snapshots, snapshot, Optional.of("base:1"), NewImage.of(Reference.parse("again:1")));
        assertThat(config("again:1").layers()).isEqualTo(config("new:1").layers());
    }

    @Test
    void an_image_whose_packed_layers_were_dropped_can_be_committed_on_and_squashed() throws IOException {
        try (LocalImages local = images.local()) {
            assertThat(local.dropPacked(local.list()).dropped()).isEqualTo(1);
        }
        Snapshots snapshots = images.snapshots(Optional.of(DriverKind.OVERLAY));
        Snapshot snapshot =
                changed(snapshots, "box", new Base.Layers(config("base:1").chainIds()));
        images.commit(snapshots, snapshot, Optional.of("base:1"), NewImage.of(NEW));
        images.squash("new:1", Reference.parse("flat:1"));
        assertThat(exported("flat:1")).isEqualTo(exported("new:1"));
    }

    @Test
    void each_snapshot_that_it_stands_on_is_a_layer() throws IOException {
        Snapshots snapshots = images.snapshots(Optional.empty());
        Snapshot first =
                changed(snapshots, "one", new Base.Layers(config("base:1").chainIds()));
        Snapshot done = snapshots.commit(first, new Key("done"));
        Snapshot second = snapshots.prepare(new Key("two"), new Base.Committed(done.key()), Preparation.PLAIN);
        Files.writeString(tree(snapshots, second).resolve("second"), "2");
        images.commit(snapshots, second, Optional.of("base:1"), NewImage.of(NEW));
        List<Path> folders = folders("new:1");
        assertThat(folders).hasSize(3);
        assertThat(folders.getFirst().resolve("second")).hasContent("2");
        assertThat(folders.get(1).resolve("srv/www/index.html")).hasContent("hello");
    }

    @Test
    void a_snapshot_of_folders_becomes_an_image_of_all_that_is_in_them() throws IOException {
        Snapshots snapshots = images.snapshots(Optional.empty());
        Path folder = Files.createDirectories(data.resolve("some/root"));
        Files.writeString(folder.resolve("file"), "x");
        Base base = new Base.Tree(new RootFileSystem.Directory(folder));
        images.commit(snapshots, changed(snapshots, "box", base), Optional.empty(), NewImage.of(NEW));
        List<Path> folders = folders("new:1");
        assertThat(folders).hasSize(2);
        assertThat(folders.getLast().resolve("file")).hasContent("x");
    }

    @Test
    void a_snapshot_is_not_committed_on_an_image_that_it_does_not_stand_on() throws Exception {
        images.importArchive(
                "other",
                new ByteArrayInputStream(tar("echo x >x")),
                Reference.parse("other:1"),
                ImageConfig.Execution.NONE);
        Snapshots snapshots = images.snapshots(Optional.empty());
        Snapshot snapshot =
                changed(snapshots, "box", new Base.Layers(config("base:1").chainIds()));
        for (Optional<String> wrong : List.of(Optional.of("other:1"), Optional.<String>empty())) {
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> images.commit(snapshots, snapshot, wrong, NewImage.of(NEW)))
                    .withMessageContaining("stands on other layers");
        }
        try (LocalImages local = images.local()) {
            assertThatExceptionOfType(ImageException.class).isThrownBy(() -> local.find("new:1"));
        }
    }

    @Test
    void all_layers_of_an_image_become_one_that_shows_the_same() throws Exception {
        Snapshots snapshots = images.snapshots(Optional.of(DriverKind.OVERLAY));
        Snapshot snapshot =
                changed(snapshots, "box", new Base.Layers(config("base:1").chainIds()));
        kernel.files()
                .makeNode(
                        dev.carafe.linux.Fd.CWD,
                        tree(snapshots, snapshot).resolve("gone").toString(),
                        dev.carafe.linux.FileStatus.TYPE_CHARACTER,
                        0);
        images.commit(snapshots, snapshot, Optional.of("base:1"), NewImage.of(NEW));
        images.squash("new:1", Reference.parse("flat:1"));

        ImageConfig config = config("flat:1");
        assertThat(config.layers()).hasSize(1);
        assertThat(config.execution()).isEqualTo(config("new:1").execution());
        assertThat(config.history()).hasSize(3);
        assertThat(config.history().stream().filter(it -> !it.emptyLayer())).hasSize(1);
        assertThat(exported("flat:1")).isEqualTo(exported("new:1"));
        Path flat = folders("flat:1").getFirst();
        assertThat(flat.resolve("gone")).doesNotExist();
        assertThat(flat.resolve("etc/passwd")).hasContent("root");
        assertThat(flat.resolve("srv/www/index.html")).hasContent("hello");
        images.squash("new:1", Reference.parse("flat:2"));
        assertThat(config("flat:2").layers()).isEqualTo(config.layers());
    }

    private String exported(String name) throws IOException {
        var out = new ByteArrayOutputStream();
        try (LocalImages local = images.local()) {
            local.export(local.find(name), out);
        }
        return new String(out.toByteArray(), StandardCharsets.ISO_8859_1);
    }

    @Test
    void pruning_keeps_the_layers_of_snapshots_and_takes_those_of_nobody() throws IOException {
        Snapshots snapshots = images.snapshots(Optional.of(DriverKind.OVERLAY));
        Snapshot snapshot =
                changed(snapshots, "box", new Base.Layers(config("base:1").chainIds()));
        try (LocalImages local = images.local()) {
            assertThat(local.remove(local.find("base:1")).layers()).isZero();
            assertThat(local.prune(true).layers()).isZero();
            snapshots.remove(snapshot);
            assertThat(local.prune(true).layers()).isEqualTo(1);
        }
    }
}
