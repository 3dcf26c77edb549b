package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.image.archive.ImageWriter;
import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import dev.carafe.oci.image.Reference;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What becomes of a store whose process ends, or is refused something, at every moment that has a name.
 *
 * <p>After each: the store is sound, what has a name is whole, doing the same once more succeeds without fetching again
 * what had come, and in the end there is exactly what there is in a store that was never disturbed.
 */
@Tag("root")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FailpointTest {

    private static final String LOADED = "example.org/loaded:1";
    private static final String IMPORTED = "example.org/imported:1";

    /** What is done while a failpoint is reached. */
    private enum Act {
        /** A second image, of which the first has a layer. */
        PULL,
        /** Likewise into a folder where nothing is. */
        FIRST_PULL,
        LOAD,
        IMPORT,
        TAG,
        REMOVE,
        VERIFY
    }

    /** What a store has in the end. */
    private record Content(List<String> files, Map<String, String> images) {}

    private final Map<Act, Content> undisturbed = new EnumMap<>(Act.class);
    private final SmallRegistry registry = SmallRegistry.start();
    private final Reference one = registry.name("1");
    private final Reference two = registry.name("2");

    private Path folder = Path.of("");
    private Path rootArchive = Path.of("");
    private Path savedArchive = Path.of("");
    private int stores;

    @BeforeAll
    void makeImages(@TempDir(factory = InMemory.class) Path temporary) throws Exception {
        folder = temporary;
        byte[] base = layer("base", tree -> {
            for (int i = 0; i < 30; i++) {
                tree.file("etc/" + i, "file " + i);
            }
            tree.file("srv/old", "old").folder("tmp").mode("tmp", 01777);
        });
        byte[] large = layer("large", tree -> {
            tree.file("usr/noise", noise(400_000)).file("usr/gone", "to be removed");
            for (int i = 0; i < 30; i++) {
                tree.file("usr/lib/" + i, "library " + i);
            }
        });
        byte[] small = layer(
                "small",
                tree -> tree.file("usr/.wh.gone", "")
                        .file("srv/.wh..wh..opq", "")
                        .file("srv/new", "new")
                        .file("tmp/file", "in a folder that the base has"));
        registry.manifest("1", manifest(List.of(base)));
        registry.manifest("2", manifest(List.of(base, large, small)));

        Path data = newData();
        ImageDeed.pull(two).perform(data);
        ImageDeed.tag(two, LOADED).perform(data);
        savedArchive = folder.resolve("saved.tar.gz");
        try (LocalImages local = open(data).local();
                OutputStream out = new GZIPOutputStream(Files.newOutputStream(savedArchive));
                ImageWriter writer = ImageWriter.archive(out, "saved")) {
            local.save(List.of(local.find(LOADED)), writer);
        }
        for (Act act : Act.values()) {
            Path store = prepare(act);
            deed(act).perform(store);
            ImageDeed.prune().perform(store);
            undisturbed.put(act, content(act, store));
        }
    }

    @AfterAll
    void stop() {
        registry.close();
    }

    private interface Filling {
        void fill(Tree tree);
    }

    private byte[] layer(String name, Filling filling) throws IOException, InterruptedException {
        Path root = Files.createDirectory(folder.resolve(name));
        filling.fill(new Tree(root));
        rootArchive = folder.resolve(name + ".tar");
        Process tar = new ProcessBuilder("tar", "-C", root.toString(), "-cf", rootArchive.toString(), ".")
                .inheritIO()
                .start();
        assertThat(tar.waitFor()).isZero();
        return Files.readAllBytes(rootArchive);
    }

    private static String noise(int length) {
        byte[] bytes = new byte[length];
        new Random(7).nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private Manifest manifest(List<byte[]> layers) throws IOException {
        List<Descriptor> packed = new ArrayList<>();
        List<String> diffs = new ArrayList<>();
        for (byte[] layer : layers) {
            var bytes = new ByteArrayOutputStream();
            try (var gzip = new GZIPOutputStream(bytes)) {
                gzip.write(layer);
            }
            registry.blob(bytes.toByteArray());
            packed.add(Descriptor.of(MediaTypes.LAYER_GZIP, bytes.toByteArray()));
            diffs.add("\"" + Digest.of(layer) + "\"");
        }
        byte[] config = ("{\"architecture\":\"" + Images.platform().architecture()
                        + "\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":"
                        + diffs + "}}")
                .getBytes(StandardCharsets.UTF_8);
        registry.blob(config);
        return Manifest.of(MediaTypes.MANIFEST, Descriptor.of(MediaTypes.CONFIG, config), packed, Map.of());
    }

    private static Images open(Path data) {
        return Images.open(data, Kernel.host(), _ -> Optional.empty(), () -> {
            throw new IllegalStateException("nothing is pulled to be run");
        });
    }

    private Path newData() {
        return folder.resolve("data-" + ++stores);
    }

    /** What is there before. */
    private Path prepare(Act act) {
        Path data = newData();
        if (act != Act.FIRST_PULL) {
            ImageDeed.pull(one).perform(data);
        }
        if (act == Act.REMOVE || act == Act.VERIFY) {
            ImageDeed.pull(two).perform(data);
        }
        return data;
    }

    private ImageDeed deed(Act act) {
        return switch (act) {
            case PULL, FIRST_PULL -> ImageDeed.pull(two);
            case LOAD -> ImageDeed.load(savedArchive);
            case IMPORT -> ImageDeed.importing(rootArchive, IMPORTED);
            case TAG -> ImageDeed.tag(one, "example.org/further:1");
            case REMOVE -> ImageDeed.remove(two);
            case VERIFY -> ImageDeed.verify();
        };
    }

    /** By what a failpoint is reached. Every one has to be here. */
    private static Act act(Failpoint point) {
        return switch (point) {
            case STORE_FOLDERS_MADE, STORE_DATABASE_BEGUN -> Act.FIRST_PULL;
            case STORE_PART_DISTRUSTED,
                    PULL_BEGUN,
                    PULL_RESOLVED,
                    PULL_FETCHED,
                    BLOB_BEGUN,
                    BLOB_PART_WRITTEN,
                    BLOB_RECEIVED,
                    BLOB_MOVED,
                    BLOB_NOTED,
                    BLOB_COMMITTED,
                    LAYER_BEGUN,
                    LAYER_PART_UNPACKED,
                    LAYER_UNPACKED,
                    LAYER_MOVED,
                    LAYER_NOTED,
                    LAYER_COMMITTED,
                    NAMING_BEGUN,
                    NAMING_SYNCED,
                    NAMING_NOTED,
                    NAMING_COMMITTED -> Act.PULL;
            case LOAD_UNCOMPRESSED, LOAD_BEGUN, LOAD_FETCHED -> Act.LOAD;
            case IMPORT_BEGUN, IMPORT_PACKED, IMPORT_FETCHED -> Act.IMPORT;
            case TAG_BEGUN -> Act.TAG;
            case UNNAMING_NOTED,
                    UNNAMING_COMMITTED,
                    COLLECTION_BEGUN,
                    COLLECTION_MARKED,
                    COLLECTION_PART_FORGOTTEN,
                    COLLECTION_FORGOTTEN,
                    COLLECTION_PART_SWEPT,
                    COLLECTION_SWEPT,
                    COLLECTION_PART_REMOVED -> Act.REMOVE;
            case BLOB_DISTRUSTED, LAYER_DISTRUSTED, VERIFICATION_UNPACKED -> Act.VERIFY;
        };
    }

    /** In the middle of what comes in pieces. */
    private static int turn(Failpoint point) {
        return switch (point) {
            case BLOB_PART_WRITTEN -> 12;
            case LAYER_PART_UNPACKED -> 15;
            case BLOB_RECEIVED, BLOB_MOVED, BLOB_NOTED, BLOB_COMMITTED, BLOB_BEGUN ->
                2; // the first is the configuration
            case COLLECTION_PART_FORGOTTEN, COLLECTION_PART_SWEPT, COLLECTION_PART_REMOVED -> 2;
            default -> 1;
        };
    }

    @ParameterizedTest
    @EnumSource
    void whereverAProcessIsKilledTheStoreIsSoundAndTheSameDoneAgainSucceeds(Failpoint point) throws Exception {
        disturbed(point, "kill");
    }

    @ParameterizedTest
    @EnumSource
    void whereverSomethingIsRefusedIsSaidInALineAndTheSameDoneAgainSucceeds(Failpoint point) throws Exception {
        disturbed(point, "EIO");
    }

    private void disturbed(Failpoint point, String how) throws Exception {
        Act act = act(point);
        Path data = prepare(act);
        Path store = data.resolve("images");
        damageBefore(point, store);
        registry.asked();

        if (how.equals("kill")) {
            killAt(point, deed(act), data);
        } else {
            Path error = folder.resolve("error");
            assertThat(status(point.text() + ":" + how + "@" + turn(point), deed(act), data, error))
                    .as(() -> text(error))
                    .isEqualTo(1);
            assertThat(text(error)).hasLineCount(1).contains(how);
        }

        if (act == Act.VERIFY) {
            ImageDeed.verify().perform(data); // and finds what was damaged before
        }
        assertThat(damage(data)).isEmpty();
        if (act != Act.VERIFY) {
            images(data); // of each of which all is there
        }
        if (act == Act.PULL) {
            Map<Digest, Long> here = bytesOnDisk(store);
            registry.asked();
            deed(act).perform(data);
            for (SmallRegistry.Asked asked : registry.asked()) {
                assertThat(asked.offset())
                        .as("where %s is gone on with", asked.blob())
                        .isEqualTo(here.getOrDefault(asked.blob(), 0L));
            }
        } else if (act == Act.REMOVE || act == Act.VERIFY) {
            ImageDeed.pull(two).perform(data);
            assertThat(images(data)).hasSize(2);
            deed(act).perform(data);
        } else {
            deed(act).perform(data);
        }
        ImageDeed.prune().perform(data);
        assertThat(damage(data)).isEmpty();
        assertThat(content(act, data)).isEqualTo(undisturbed.get(act));
    }

    /** Two who do something at once, one of them in the middle of it. */
    @Test
    void whatIsUnpackedToBeComparedIsNotSweptByAnother() throws Exception {
        Path data = prepare(Act.VERIFY);
        Path error = folder.resolve("error");
        Process process =
                ImageDeed.verify().start(data, Optional.of(Failpoint.LAYER_PART_UNPACKED.text() + ":stop@9"), error);
        await(() -> state(process) == 'T');
        ImageDeed.prune().perform(data);
        kill("CONT", process);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(() -> text(error)).isZero();
        assertThat(damage(data)).isEmpty();
        assertThat(images(data)).hasSize(2);
        assertThat(content(Act.VERIFY, data)).isEqualTo(undisturbed.get(Act.VERIFY));
    }

    /** A collector has decided what nobody needs when somebody comes to need it. */
    @Test
    void whatIsPulledWhileItIsBeingFreedIsThereAfterwards() throws Exception {
        for (Failpoint point : List.of(
                Failpoint.COLLECTION_FORGOTTEN, Failpoint.COLLECTION_SWEPT, Failpoint.COLLECTION_PART_REMOVED)) {
            Path data = prepare(Act.REMOVE);
            Path error = folder.resolve("error");
            Process process = ImageDeed.remove(two).start(data, Optional.of(point.text() + ":stop"), error);
            await(() -> state(process) == 'T');
            ImageDeed.pull(two).perform(data);
            kill("CONT", process);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(() -> text(error)).isZero();
            assertThat(damage(data)).as(point.text()).isEmpty();
            assertThat(images(data)).as(point.text()).hasSize(2);
        }
    }

    private static char state(Process process) {
        String status = text(Path.of("/proc/" + process.pid() + "/stat"));
        return status.charAt(status.lastIndexOf(')') + 2);
    }

    private static void kill(String signal, Process process) throws Exception {
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    private static void await(BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - start)
                    .isLessThan(Duration.ofSeconds(60).toNanos());
            Thread.onSpinWait();
        }
    }

    private void killAt(Failpoint point, ImageDeed deed, Path data) throws Exception {
        Path error = folder.resolve("error");
        assertThat(status(point.text() + ":kill@" + turn(point), deed, data, error))
                .as(() -> text(error))
                .isEqualTo(128 + 9);
    }

    /** How a process ended that did something. */
    private static int status(String failpoint, ImageDeed deed, Path data, Path error) throws Exception {
        Process process = deed.start(data, Optional.of(failpoint), error);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    /** What a failpoint is about that is reached only when something is wrong. */
    private void damageBefore(Failpoint point, Path store) throws Exception {
        switch (point) {
            case STORE_PART_DISTRUSTED -> {
                Path data = store.resolveSibling(".").normalize();
                killAt(Failpoint.PULL_FETCHED, ImageDeed.pull(two), data);
                try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + store.resolve("index.db"));
                        Statement statement = database.createStatement()) {
                    statement.executeUpdate("UPDATE blobs SET boot = 'earlier' WHERE boot IS NOT NULL");
                    statement.executeUpdate("UPDATE layers SET boot = 'earlier' WHERE boot IS NOT NULL");
                }
            }
            case BLOB_DISTRUSTED -> flip(largest(store.resolve("blobs/sha256")));
            case LAYER_DISTRUSTED -> flip(largest(store.resolve("layers/sha256")));
            default -> {}
        }
    }

    private static Path largest(Path below) throws IOException {
        try (Stream<Path> files = Files.walk(below)) {
            return files.filter(Files::isRegularFile)
                    .max(java.util.Comparator.comparingLong(
                            file -> file.toFile().length()))
                    .orElseThrow();
        }
    }

    private static void flip(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[content.length / 2] ^= 1;
        Files.write(file, content);
    }

    private static List<String> damage(Path data) {
        List<String> damage = new ArrayList<>();
        try (LocalImages local = open(data).local()) {
            local.verify(damage::add);
        }
        return damage;
    }

    /** How many bytes of each blob have come, whole or not. */
    private static Map<Digest, Long> bytesOnDisk(Path store) throws IOException {
        Map<Digest, Long> bytes = new TreeMap<>(java.util.Comparator.comparing(Digest::toString));
        try (Stream<Path> files = Files.list(store.resolve("blobs/sha256"))) {
            for (Path file : files.toList()) {
                String hex = file.getFileName().toString().replace(".unfinished", "");
                bytes.merge(new Digest(Digest.Algorithm.SHA256, hex), Files.size(file), Math::max);
            }
        }
        return bytes;
    }

    private static Content content(Act act, Path data) throws IOException {
        Path store = data.resolve("images");
        try (Stream<Path> paths = Files.walk(store, 3)) {
            return new Content(
                    paths.map(path -> store.relativize(path).toString())
                            .filter(path -> !path.startsWith("index.db"))
                            // A configuration that is made tells the time, and so its digest.
                            .map(path ->
                                    act == Act.IMPORT ? path.replaceAll("^blobs/sha256/[0-9a-f]{64}$", "blob") : path)
                            .sorted()
                            .toList(),
                    images(data));
        }
    }

    /** What each image has, as a digest of all of it. */
    private static Map<String, String> images(Path data) {
        Map<String, String> images = new TreeMap<>();
        try (LocalImages local = open(data).local()) {
            for (LocalImages.Summary image : local.list()) {
                MessageDigest hash = MessageDigest.getInstance("SHA-256");
                local.export(image, new DigestOutputStream(OutputStream.nullOutputStream(), hash));
                images.put(
                        image.name().text().toLowerCase(Locale.ROOT),
                        HexFormat.of().formatHex(hash.digest()));
            }
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        } catch (java.security.NoSuchAlgorithmException exception) {
            throw new IllegalStateException(exception);
        }
        return images;
    }
}
