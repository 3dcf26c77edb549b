package dev.carafe.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreTest {

    private static final Duration AT_ONCE = Duration.ZERO;

    private final Kernel kernel = Kernel.host();

    @TempDir
    private Path folder;

    private Store store;

    @BeforeEach
    void open() {
        store = Store.open(kernel, folder);
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void reopen() {
        store.close();
        open();
    }

    // Blobs

    @Test
    void whatCameIsThereAgain() throws IOException {
        byte[] content = bytes(1, 300_000);
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, content);
        assertThat(store.blobs().has(blob.digest())).isFalse();

        store.blobs().fetch(blob, source(content), Watcher.NONE);
        reopen();

        assertThat(store.blobs().has(blob.digest())).isTrue();
        assertThat(store.blobs().read(blob.digest(), content.length)).isEqualTo(content);
    }

    @Test
    void aBlobIsReadInTheSamePassInWhichItComes() {
        byte[] content = bytes(2, 3_000_000);
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, content);
        byte[] seen = store.blobs().fetch(blob, source(content), Watcher.NONE, InputStream::readAllBytes);
        assertThat(seen).isEqualTo(content);
        byte[] again = store.blobs().fetch(blob, nothing(), Watcher.NONE, InputStream::readAllBytes);
        assertThat(again).as("from the disk").isEqualTo(content);
    }

    @Test
    void whatTheReaderLeavesIsCheckedAndKeptAsWell() throws IOException {
        byte[] content = bytes(3, 100_000);
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, content);
        store.blobs().fetch(blob, source(content), Watcher.NONE, InputStream::read);
        assertThat(store.blobs().read(blob.digest(), content.length)).isEqualTo(content);
    }

    @Test
    void aSourceThatLiesIsRefusedAndNothingStays() throws IOException {
        byte[] content = bytes(4, 100_000);
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, content);
        byte[] other = bytes(5, 100_000);

        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> store.blobs().fetch(blob, source(other), Watcher.NONE))
                .withMessageContaining(blob.digest().toString())
                .withMessageContaining("is not what its digest says");

        assertThat(store.blobs().has(blob.digest())).isFalse();
        store.blobs().fetch(blob, source(content), Watcher.NONE);
        assertThat(store.blobs().read(blob.digest(), content.length)).isEqualTo(content);
    }

    @Test
    void aSourceThatHasMoreIsReadNoFurther() throws IOException {
        byte[] content = bytes(6, 1000);
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, Digest.of(Arrays.copyOf(content, 900)), 900);
        store.blobs().fetch(blob, source(content), Watcher.NONE);
        assertThat(Files.size(file(blob.digest()))).isEqualTo(900);
    }

    @Test
    void aTransferThatWasCutGoesOnWhereItEnded() throws IOException {
        byte[] content = bytes(7, 1_000_000);
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, content);
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> store.blobs().fetch(blob, source(Arrays.copyOf(content, 400_000)), Watcher.NONE))
                .withMessageContaining("400000 of 1000000 bytes");
        reopen();

        List<Long> offsets = new ArrayList<>();
        byte[] seen = store.blobs()
                .fetch(
                        blob,
                        (asked, offset) -> {
                            offsets.add(offset);
                            return source(content).open(asked, offset);
                        },
                        Watcher.NONE,
                        InputStream::readAllBytes);

        assertThat(offsets).containsExactly(400_000L);
        assertThat(seen).isEqualTo(content);
    }

    @Test
    void whatWasKeptOfATransferAndIsWrongComesAnew() throws IOException {
        byte[] content = bytes(8, 1_000_000);
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, content);
        Files.write(Path.of(file(blob.digest()) + Folders.UNFINISHED), bytes(9, 500_000));

        store.blobs().fetch(blob, source(content), Watcher.NONE);

        assertThat(store.blobs().read(blob.digest(), content.length)).isEqualTo(content);
    }

    @Test
    void ofManyWhoWantABlobOneFetchesIt() throws Exception {
        byte[] content = bytes(10, 2_000_000);
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, content);
        AtomicInteger opened = new AtomicInteger();
        BlobSource counted = (asked, offset) -> {
            opened.incrementAndGet();
            return source(content).open(asked, offset);
        };
        try (Store other = Store.open(kernel, folder);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<byte[]>> results = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Store one = i % 2 == 0 ? store : other;
                results.add(threads.submit(
                        () -> one.blobs().fetch(blob, counted, Watcher.NONE, InputStream::readAllBytes)));
            }
            for (Future<byte[]> result : results) {
                assertThat(result.get()).isEqualTo(content);
            }
        }
        assertThat(opened).hasValue(1);
    }

    @Test
    void aSmallBlobThatHasChangedOnTheDiskIsNotGivenOut() throws IOException {
        Descriptor blob = store.blobs().put(MediaTypes.CONFIG, text("{}"));
        assertThat(store.blobs().read(blob.digest(), 2)).isEqualTo(text("{}"));
        Files.write(file(blob.digest()), text("[]"));
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> store.blobs().read(blob.digest(), 2))
                .withMessageContaining("has changed on the disk");
    }

    // Layers

    @Test
    void aLayerIsThereWhenAllOfItIs() {
        Layers.Layer layer = layer(1);
        store.layers().obtain(layer, Watcher.NONE, into -> {
            assertThat(store.layers().has(layer.chain())).isFalse();
            return fill(into, "file");
        });
        reopen();
        assertThat(store.layers().has(layer.chain())).isTrue();
        assertThat(store.layers().folder(layer.chain()).resolve("file")).hasContent("file");
    }

    @Test
    void ofALayerThatFailsNothingStays() throws IOException {
        Layers.Layer layer = layer(2);
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> store.layers().obtain(layer, Watcher.NONE, into -> {
                    fill(into, "file");
                    throw new IllegalStateException("broken");
                }));
        assertThat(store.layers().has(layer.chain())).isFalse();
        assertThat(names("layers/sha256")).isEmpty();
        assertThat(names("swept")).isEmpty();
    }

    @Test
    void whatSomebodyLeftBehindIsNoPartOfALayer() throws IOException {
        Layers.Layer layer = layer(3);
        Path leftBehind = Path.of(store.layers().folder(layer.chain()) + Folders.UNFINISHED);
        Files.createDirectories(leftBehind.resolve("a/b"));
        store.layers().obtain(layer, Watcher.NONE, into -> fill(into, "file"));
        assertThat(names("layers/sha256/" + layer.chain().hex())).containsExactly("file");
    }

    @Test
    void ofManyWhoWantALayerOneUnpacksIt() throws Exception {
        Layers.Layer layer = layer(4);
        AtomicInteger filled = new AtomicInteger();
        try (Store other = Store.open(kernel, folder);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> results = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Store one = i % 2 == 0 ? store : other;
                results.add(threads.submit(() -> one.layers().obtain(layer, Watcher.NONE, into -> {
                    filled.incrementAndGet();
                    return fill(into, "file");
                })));
            }
            for (Future<?> result : results) {
                result.get();
            }
        }
        assertThat(filled).hasValue(1);
    }

    // Names, and what they keep

    @Test
    void aNameLeadsToWhatItWasGivenLast() {
        Descriptor one = image("one").descriptor();
        Descriptor two = image("two").descriptor();
        store.name("docker.io/library/a:1", one);
        store.name("docker.io/library/b:1", one);
        store.name("docker.io/library/a:1", two);
        reopen();
        assertThat(store.names())
                .extracting(Name::text, name -> name.target().digest())
                .containsExactly(
                        tuple("docker.io/library/a:1", two.digest()), tuple("docker.io/library/b:1", one.digest()));
        assertThat(store.forget("docker.io/library/a:1")).isTrue();
        assertThat(store.forget("docker.io/library/a:1")).isFalse();
        assertThat(store.find("docker.io/library/a:1")).isEmpty();
    }

    @Test
    void whatANameLeadsToStaysAndTheRestIsFreed() throws IOException {
        Manifest kept = image("kept");
        Manifest dropped = image("dropped");
        store.name("kept", kept.descriptor());
        store.name("dropped", dropped.descriptor());
        assertThat(store.collect(AT_ONCE)).isEqualTo(new Freed(0, 0, 0));

        store.forget("dropped");
        long size = dropped.bytes().length
                + dropped.config().size()
                + dropped.layers().getFirst().size();
        assertThat(store.collect(AT_ONCE)).isEqualTo(new Freed(3, 1, size + 100));

        assertThat(names("blobs/sha256"))
                .containsExactlyInAnyOrder(
                        kept.digest().hex(),
                        kept.config().digest().hex(),
                        kept.layers().getFirst().digest().hex());
        assertThat(names("layers/sha256")).hasSize(1);
        assertThat(names("swept")).isEmpty();
    }

    @Test
    void whatALeaseHoldsStaysUntilItIsClosed() {
        byte[] content = bytes(20, 100);
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, content);
        try (Lease lease = store.lease()) {
            lease.hold(List.of(blob.digest()));
            store.blobs().fetch(blob, source(content), Watcher.NONE);
            assertThat(store.collect(AT_ONCE).blobs()).isZero();
            assertThat(store.blobs().has(blob.digest())).isTrue();
        }
        assertThat(store.collect(AT_ONCE)).isEqualTo(new Freed(1, 0, 100));
    }

    @Test
    void aLeaseOfAFileHoldsWhileThatExists() throws IOException {
        byte[] content = bytes(21, 100);
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, content);
        store.blobs().fetch(blob, source(content), Watcher.NONE);
        Path holder = Files.createFile(folder.resolve("holder"));
        store.lease(holder).hold(List.of(blob.digest()));
        reopen();
        assertThat(store.collect(AT_ONCE).blobs()).isZero();
        Files.delete(holder);
        assertThat(store.collect(AT_ONCE).blobs()).isEqualTo(1);
    }

    @Test
    void aLeaseOfAProcessThatHasEndedHoldsNothing() throws SQLException {
        byte[] content = bytes(22, 100);
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, content);
        store.blobs().fetch(blob, source(content), Watcher.NONE);
        try (Lease lease = store.lease()) {
            lease.hold(List.of(blob.digest()));
            change("UPDATE leases SET started = started + 1");
            assertThat(store.collect(AT_ONCE).blobs()).isEqualTo(1);
        }
    }

    @Test
    void whatIsOnItsWayIsGivenUpOnlyWhenNobodyIsAtItForLong() throws IOException {
        byte[] content = bytes(23, 1000);
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, content);
        store.blobs().fetch(blob, source(content), Watcher.NONE, in -> {
            in.readNBytes(500);
            assertThat(store.collect(AT_ONCE)).isEqualTo(new Freed(0, 0, 0));
            return true;
        });
        Descriptor cut = Descriptor.of(MediaTypes.LAYER, bytes(24, 1000));
        Files.write(Path.of(file(cut.digest()) + Folders.UNFINISHED), bytes(24, 300));
        store.lease(folder).hold(List.of(blob.digest()));
        assertThat(store.collect(Duration.ofDays(1)).blobs()).isZero();
        assertThat(store.collect(AT_ONCE)).isEqualTo(new Freed(1, 0, 300));
    }

    @Test
    void aManifestThatCannotBeReadKeepsAllThatThereIs() throws IOException {
        Manifest image = image("one");
        store.name("one", image.descriptor());
        Files.write(file(image.digest()), text("{}"));
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> store.collect(AT_ONCE))
                .withMessageContaining("has changed on the disk");
        assertThat(names("blobs/sha256")).hasSize(3);
        assertThat(names("layers/sha256")).hasSize(1);
    }

    @Test
    void collectingTakesNothingFromThoseWhoPullMeanwhile() throws Exception {
        byte[] shared = bytes(30, 50_000);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> pulls = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                String name = "image" + i;
                pulls.add(threads.submit(() -> {
                    for (int round = 0; round < 20; round++) {
                        pull(name, shared);
                        assertThat(whole(name)).isTrue();
                        store.forget(name);
                    }
                }));
            }
            while (pulls.stream().anyMatch(pull -> !pull.isDone())) {
                store.collect(AT_ONCE);
            }
            for (Future<?> pull : pulls) {
                pull.get();
            }
        }
        store.collect(AT_ONCE);
        assertThat(names("blobs/sha256")).isEmpty();
        assertThat(names("layers/sha256")).isEmpty();
    }

    // A machine that went down, a database that is none

    @Test
    void whatWasNotKnownToBeOnTheDiskWhenTheMachineWentDownIsCheckedAnew() throws Exception {
        byte[] content = bytes(40, 1000);
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, content);
        store.blobs().fetch(blob, source(content), Watcher.NONE);
        store.layers().obtain(layer(40), Watcher.NONE, into -> fill(into, "file"));
        Manifest safe = image("safe");
        store.name("safe", safe.descriptor());
        byte[] late = bytes(41, 1000);
        Descriptor lost = Descriptor.of(MediaTypes.LAYER, late);
        store.blobs().fetch(lost, source(late), Watcher.NONE);
        store.layers().obtain(layer(41), Watcher.NONE, into -> fill(into, "file"));

        change("UPDATE blobs SET boot = 'earlier' WHERE boot IS NOT NULL");
        change("UPDATE layers SET boot = 'earlier' WHERE boot IS NOT NULL");
        Files.write(file(lost.digest()), new byte[1000]);
        reopen();

        assertThat(store.blobs().has(blob.digest())).isTrue();
        assertThat(store.layers().has(layer(40).chain())).isTrue();
        assertThat(store.blobs().has(lost.digest())).isFalse();
        assertThat(store.layers().has(layer(41).chain())).isFalse();
        store.blobs().fetch(lost, source(late), Watcher.NONE);
        assertThat(store.blobs().read(lost.digest(), 1000)).isEqualTo(late);
    }

    @Test
    void ofManyWhoFindNoStoreEachHasOne() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 10; round++) {
                Path none = folder.resolve("none" + round);
                List<Future<List<Name>>> results = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    results.add(threads.submit(() -> {
                        try (Store opened = Store.open(kernel, none)) {
                            return opened.names();
                        }
                    }));
                }
                for (Future<List<Name>> result : results) {
                    assertThat(result.get()).isEmpty();
                }
            }
        }
    }

    @Test
    void aNewerDatabaseIsLeftAlone() throws SQLException {
        change("PRAGMA user_version = 99");
        store.close();
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> Store.open(kernel, folder))
                .withMessageContaining("was written by a newer Carafe (version 99, this one knows 2)");
        change("PRAGMA user_version = 2");
        open();
    }

    @Test
    void aFileThatIsNoDatabaseIsNamed() throws IOException {
        store.close();
        Files.write(folder.resolve("index.db"), bytes(50, 8192));
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> Store.open(kernel, folder))
                .withMessageContaining("index.db")
                .withMessageContaining("move it away");
        Files.delete(folder.resolve("index.db"));
        open();
    }

    // What the tests are written in

    private void pull(String name, byte[] shared) {
        Descriptor layer = Descriptor.of(MediaTypes.LAYER, shared);
        byte[] configuration = configuration(Digest.of(shared), name);
        Descriptor config = Descriptor.of(MediaTypes.CONFIG, configuration);
        Manifest manifest = Manifest.of(MediaTypes.MANIFEST, config, List.of(layer), Map.of());
        try (Lease lease = store.lease()) {
            lease.hold(List.of(manifest.digest(), config.digest(), layer.digest()));
            store.blobs().put(MediaTypes.CONFIG, configuration);
            store.blobs().put(MediaTypes.MANIFEST, manifest.bytes());
            store.layers().obtain(new Layers.Layer(layer.digest(), layer.digest(), layer), Watcher.NONE, into -> {
                store.blobs().fetch(layer, source(shared), Watcher.NONE, InputStream::readAllBytes);
                return fill(into, "file");
            });
            store.blobs().fetch(layer, source(shared), Watcher.NONE);
            store.name(name, manifest.descriptor());
        }
    }

    private boolean whole(String name) {
        Manifest manifest =
                (Manifest) store.document(store.find(name).orElseThrow().target());
        return store.blobs().has(manifest.config().digest())
                && manifest.layers().stream()
                        .allMatch(layer -> store.blobs().has(layer.digest())
                                && Files.exists(file(layer.digest()))
                                && store.layers().has(layer.digest())
                                && Files.exists(
                                        store.layers().folder(layer.digest()).resolve("file")));
    }

    /** An image of one layer of 100 bytes, unpacked. */
    private Manifest image(String name) {
        byte[] content = bytes(name.hashCode(), 1000);
        Descriptor layer = Descriptor.of(MediaTypes.LAYER, content);
        store.blobs().fetch(layer, source(content), Watcher.NONE);
        store.layers()
                .obtain(
                        new Layers.Layer(layer.digest(), layer.digest(), layer),
                        Watcher.NONE,
                        into -> fill(into, "file"));
        Descriptor config = store.blobs().put(MediaTypes.CONFIG, configuration(layer.digest(), name));
        Manifest manifest = Manifest.of(MediaTypes.MANIFEST, config, List.of(layer), Map.of());
        store.blobs().put(MediaTypes.MANIFEST, manifest.bytes());
        return manifest;
    }

    private static byte[] configuration(Digest diff, String name) {
        return text("""
                {"architecture":"amd64","os":"linux","author":"%s","rootfs":{"type":"layers","diff_ids":["%s"]}}""".formatted(name, diff));
    }

    private static Layers.Layer layer(int seed) {
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, bytes(seed, 100));
        return new Layers.Layer(blob.digest(), blob.digest(), blob);
    }

    private Layers.Filled fill(Fd into, String name) {
        try (Fd file = kernel.files().open(into, name, OpenFlags.CREAT | OpenFlags.WRONLY, 0644, 0)) {
            kernel.files().write(file, text(name));
        }
        return new Layers.Filled(100, false);
    }

    private Path file(Digest blob) {
        return folder.resolve("blobs/sha256/" + blob.hex());
    }

    private List<String> names(String below) throws IOException {
        try (Stream<Path> paths = Files.list(folder.resolve(below))) {
            return paths.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private void change(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("index.db"));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static BlobSource source(byte[] content) {
        return (blob, offset) -> new ByteArrayInputStream(content, (int) offset, content.length - (int) offset);
    }

    private static BlobSource nothing() {
        return (blob, offset) -> {
            throw new IOException("it is here already");
        };
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] bytes(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
