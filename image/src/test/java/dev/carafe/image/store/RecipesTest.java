package dev.carafe.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.Compression;
import dev.carafe.image.layer.LayerForm;
import dev.carafe.image.layer.LayerUnpacker;
import dev.carafe.image.layer.TarOutput;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Blobs that were dropped, and are here nevertheless. */
class RecipesTest {

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

    @Test
    void aBlobThatWasDroppedIsHereAndGivenOut() throws IOException {
        Packed packed = image("one");
        long before = size();
        assertThat(store.blobs().drop(packed.layer)).isInstanceOf(Recipes.Dropped.class);
        reopen();
        assertThat(before - size()).as("freed").isGreaterThan(packed.bytes.length * 9L / 10);
        assertThat(file(packed)).doesNotExist();
        assertThat(store.blobs().hasFile(packed.digest())).isFalse();
        assertThat(store.blobs().has(packed.digest())).isTrue();
        try (InputStream made = store.blobs().open(packed.digest())) {
            assertThat(made.readAllBytes()).isEqualTo(packed.bytes);
        }
        store.blobs().fetch(packed.layer.blob(), nothing(), Watcher.NONE);
        assertThat(store.blobs().<byte[]>fetch(packed.layer.blob(), nothing(), Watcher.NONE, InputStream::readAllBytes))
                .isEqualTo(packed.bytes);
    }

    @Test
    void aLayerThatIsNotKnownToBeOnTheDiskIsNothingToMakeABlobOf() {
        Packed packed = packed("one");
        assertThat(store.blobs().drop(packed.layer)).isEqualTo(new Recipes.Stays("it is not unpacked"));
        unpack(packed);
        assertThat(store.blobs().drop(packed.layer)).isEqualTo(new Recipes.Stays("it is not unpacked"));
        store.sync();
        assertThat(store.blobs().drop(packed.layer)).isInstanceOf(Recipes.Dropped.class);
    }

    @Test
    void aBlobWhoseLayerHasChangedStays() throws IOException {
        Packed packed = image("one");
        Files.writeString(store.layers().folder(packed.layer.chain()).resolve("file"), "other");
        assertThat(store.blobs().drop(packed.layer)).isInstanceOf(Recipes.Stays.class);
        assertThat(file(packed)).exists();
        assertThat(folder.resolve("recipes/sha256")).isEmptyDirectory();
    }

    @Test
    void whatIsNeededToMakeABlobStaysAsLongAsTheBlobIsNeeded() {
        Packed packed = image("one");
        store.blobs().drop(packed.layer);
        store.collect(Duration.ZERO);
        assertThat(store.blobs().has(packed.digest())).isTrue();
        store.forget("one");
        try (Lease lease = store.lease()) {
            lease.hold(List.of(packed.digest()));
            store.collect(Duration.ZERO);
            assertThat(store.blobs().has(packed.digest())).as("held by a lease").isTrue();
        }
        store.collect(Duration.ZERO);
        assertThat(store.blobs().has(packed.digest())).isFalse();
        assertThat(folder.resolve("recipes/sha256")).isEmptyDirectory();
        assertThat(folder.resolve("layers/sha256")).isEmptyDirectory();
    }

    @Test
    void aLayerThatHasChangedIsFoundOutAndComesAnew() throws IOException {
        Packed packed = image("one");
        store.blobs().drop(packed.layer);
        Path file = store.layers().folder(packed.layer.chain()).resolve("file");
        byte[] content = Files.readAllBytes(file);
        content[100_000] ^= 1;
        Files.write(file, content);

        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() ->
                        store.blobs().fetch(packed.layer.blob(), nothing(), Watcher.NONE, InputStream::readAllBytes))
                .withMessageContaining(packed.digest().toString())
                .withMessageContaining("\"file\" in the layer's folder has changed; pull its image again");

        assertThat(store.blobs().has(packed.digest())).isFalse();
        assertThat(store.layers().has(packed.layer.chain())).isFalse();
        store.blobs().fetch(packed.layer.blob(), source(packed.bytes), Watcher.NONE);
        unpack(packed);
        store.sync();
        assertThat(store.blobs().drop(packed.layer)).as("by the old recipe").isInstanceOf(Recipes.Dropped.class);
        assertThat(store.blobs().has(packed.digest())).isTrue();
    }

    @Test
    void aRecipeThatHasChangedIsFoundOutAndItsBlobComesAnew() throws IOException {
        Packed packed = image("one");
        store.blobs().drop(packed.layer);
        Path recipe = folder.resolve("recipes/sha256/" + packed.digest().hex());
        byte[] content = Files.readAllBytes(recipe);
        content[content.length / 2] ^= 1;
        Files.write(recipe, content);

        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> store.blobs().open(packed.digest()))
                .withMessageContaining("its recipe is damaged; pull its image again");

        assertThat(store.blobs().has(packed.digest())).isFalse();
        assertThat(store.layers().has(packed.layer.chain())).isTrue();
        store.blobs().fetch(packed.layer.blob(), source(packed.bytes), Watcher.NONE);
        assertThat(file(packed)).exists();
    }

    @Test
    void whatWasBegunOfARecipeIsSweptOut() throws IOException {
        Packed packed = image("one");
        Path recipe = folder.resolve("recipes/sha256/" + packed.digest().hex());
        // As after kill -9: half a recipe, a whole one that no row tells of, and a blob that was swept before its row.
        Files.write(Path.of(recipe + Folders.UNFINISHED), new byte[100]);
        Files.write(recipe, new byte[100]);
        store.collect(Duration.ZERO);
        assertThat(folder.resolve("recipes/sha256")).isEmptyDirectory();
        Files.write(Path.of(recipe + Folders.UNFINISHED), new byte[100]);
        Files.write(recipe, new byte[100]);
        assertThat(store.blobs().drop(packed.layer)).isInstanceOf(Recipes.Dropped.class);
        try (InputStream made = store.blobs().open(packed.digest())) {
            assertThat(made.readAllBytes()).isEqualTo(packed.bytes);
        }
    }

    @Test
    void aStoreOfBeforeThereWereRecipesIsGoneOnWith() throws SQLException {
        Packed packed = image("one");
        store.close();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("index.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE recipes");
            statement.execute("PRAGMA user_version = 1");
        }
        open();
        assertThat(store.find("one")).isPresent();
        assertThat(store.blobs().drop(packed.layer)).isInstanceOf(Recipes.Dropped.class);
        assertThat(store.blobs().has(packed.digest())).isTrue();
    }

    private record Packed(
            Layers.Layer layer,
            @SuppressWarnings("ArrayRecordComponent") byte[] bytes) {
        Digest digest() {
            return layer.blob().digest();
        }
    }

    /** A layer that is here packed. */
    private Packed packed(String text) {
        Random random = new Random(1);
        byte[] content = new byte[300_000];
        random.nextBytes(content);
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarOutput archive = new TarOutput(tar)) {
            archive.file("file", content.length, new ByteArrayInputStream(content));
            archive.file("text", text.length(), new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
        try (OutputStream gzip = Compression.GZIP.compress(bytes)) {
            tar.writeTo(gzip);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
        Descriptor blob = Descriptor.of(MediaTypes.LAYER, bytes.toByteArray());
        store.blobs().fetch(blob, source(bytes.toByteArray()), Watcher.NONE);
        Digest diff = Digest.of(tar.toByteArray());
        return new Packed(new Layers.Layer(diff, diff, blob), bytes.toByteArray());
    }

    private void unpack(Packed packed) {
        store.layers().obtain(packed.layer, Watcher.NONE, into -> fill(packed, into));
    }

    private Layers.Filled fill(Packed packed, Fd into) {
        try (InputStream tar = Compression.decompressAny(new ByteArrayInputStream(packed.bytes))) {
            return new Layers.Filled(
                    LayerUnpacker.of(kernel, LayerForm.OVERLAY)
                            .unpack(tar, into)
                            .bytes(),
                    false);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** An image of one layer, unpacked, on the disk and with a name. */
    private Packed image(String name) {
        Packed packed = packed(name);
        unpack(packed);
        Descriptor config = store.blobs()
                .put(MediaTypes.CONFIG, """
                {"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["%s"]}}""".formatted(packed.layer.diff()).getBytes(StandardCharsets.UTF_8));
        Manifest manifest = Manifest.of(MediaTypes.MANIFEST, config, List.of(packed.layer.blob()), Map.of());
        store.blobs().put(MediaTypes.MANIFEST, manifest.bytes());
        store.name(name, manifest.descriptor());
        return packed;
    }

    private Path file(Packed packed) {
        return folder.resolve("blobs/sha256/" + packed.digest().hex());
    }

    private long size() throws IOException {
        long size = 0;
        for (String kind : List.of("blobs", "recipes", "swept")) {
            try (var files = Files.walk(folder.resolve(kind))) {
                size += files.filter(Files::isRegularFile)
                        .mapToLong(it -> it.toFile().length())
                        .sum();
            }
        }
        return size;
    }

    private static BlobSource source(byte[] content) {
        return (blob, offset) -> new ByteArrayInputStream(content, (int) offset, content.length - (int) offset);
    }

    private static BlobSource nothing() {
        return (blob, offset) -> {
            throw new IOException("it is here already");
        };
    }
}
