package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.image.SampleImages.Act;
import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.oci.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
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

    private static final int KILLED = 128 + 9;

    private final Map<Act, StoreContent> undisturbed = new ConcurrentHashMap<>();
    private Path folder = Path.of("");
    private SampleImages samples;
    private int stores;

    @BeforeAll
    void makeImages(@TempDir(factory = InMemory.class) Path temporary) throws Exception {
        folder = temporary;
        samples = new SampleImages(temporary);
    }

    @AfterAll
    void stop() {
        samples.close();
    }

    private Path prepared(Act act) {
        return samples.prepare(act, folder.resolve("data-" + ++stores));
    }

    private StoreContent undisturbed(Act act) {
        return undisturbed.computeIfAbsent(act, _ -> {
            Path data = prepared(act);
            samples.deed(act).perform(data);
            ImageDeed.prune().perform(data);
            return StoreContent.of(data);
        });
    }

    /** By what a failpoint is reached. Every one has to be here. */
    static Act act(Failpoint point) {
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
            case RECIPE_BEGUN,
                    RECIPE_WRITTEN,
                    RECIPE_MOVED,
                    RECIPE_NOTED,
                    RECIPE_COMMITTED,
                    PACKED_FORGOTTEN,
                    PACKED_SWEPT -> Act.DROP;
        };
    }

    /** In the middle of what comes in pieces. */
    static int turn(Failpoint point) {
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
        Path data = prepared(act(point));
        damageBefore(point, data);
        killAt(point, samples.deed(act(point)), data);
        mustBeSound(act(point), data);
    }

    @ParameterizedTest
    @EnumSource
    void whereverSomethingIsRefusedIsSaidInALineAndTheSameDoneAgainSucceeds(Failpoint point) throws Exception {
        Path data = prepared(act(point));
        damageBefore(point, data);
        ImageDeed.Elsewhere refused = samples.deed(act(point)).start(data, point, "EIO@" + turn(point));
        assertThat(refused.status()).as(refused::complaint).isEqualTo(1);
        assertThat(refused.complaint()).hasLineCount(1).contains("EIO");
        mustBeSound(act(point), data);
    }

    /** No kernel that tests run on need have quotas. */
    @ParameterizedTest
    @EnumSource(names = {"BLOB_PART_WRITTEN", "BLOB_RECEIVED", "BLOB_MOVED", "LAYER_PART_UNPACKED", "LAYER_MOVED"})
    void aQuotaThatIsUsedUpIsCalledThat(Failpoint point) {
        Path data = prepared(Act.PULL);
        ImageDeed.Elsewhere refused = samples.deed(Act.PULL).start(data, point, "EDQUOT@" + turn(point));
        assertThat(refused.status()).as(refused::complaint).isEqualTo(1);
        assertThat(refused.complaint())
                .hasLineCount(1)
                .startsWith("carafe: " + data + "/images/")
                .contains("the disk's quota is used up");
        mustBeSound(Act.PULL, data);
    }

    private void killAt(Failpoint point, ImageDeed deed, Path data) {
        ImageDeed.Elsewhere killed = deed.start(data, point, "kill@" + turn(point));
        assertThat(killed.status()).as(killed::complaint).isEqualTo(KILLED);
    }

    private void mustBeSound(Act act, Path data) {
        if (act == Act.VERIFY) {
            ImageDeed.verify().perform(data); // and finds what was damaged before
        }
        assertThat(StoreContent.damage(data)).isEmpty();
        if (act != Act.VERIFY) {
            assertThat(StoreContent.images(data))
                    .as("of each of which all is there")
                    .hasSizeLessThan(3);
        }
        if (act == Act.REMOVE || act == Act.VERIFY) {
            ImageDeed.pull(samples.two()).perform(data);
            assertThat(StoreContent.images(data)).hasSize(2);
        }
        Map<Digest, Long> here = StoreContent.bytesOfBlobs(data);
        samples.registry().asked();
        samples.deed(act).perform(data);
        for (SmallRegistry.Asked asked : samples.registry().asked()) {
            assertThat(asked.offset())
                    .as("where %s is gone on with", asked.blob())
                    .isEqualTo(here.getOrDefault(asked.blob(), 0L));
        }
        ImageDeed.prune().perform(data);
        assertThat(StoreContent.damage(data)).isEmpty();
        assertThat(StoreContent.of(data)).isEqualTo(undisturbed(act));
    }

    /** What a failpoint is about that is reached only when something is wrong. */
    private void damageBefore(Failpoint point, Path data) throws IOException, SQLException {
        switch (point) {
            case STORE_PART_DISTRUSTED -> {
                killAt(Failpoint.PULL_FETCHED, samples.deed(Act.PULL), data);
                String file = data.resolve("images/index.db").toString();
                try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + file);
                        Statement statement = database.createStatement()) {
                    statement.executeUpdate("UPDATE blobs SET boot = 'earlier' WHERE boot IS NOT NULL");
                    statement.executeUpdate("UPDATE layers SET boot = 'earlier' WHERE boot IS NOT NULL");
                }
            }
            case BLOB_DISTRUSTED -> flip(largest(data.resolve("images/blobs/sha256")));
            case LAYER_DISTRUSTED -> flip(largest(data.resolve("images/layers/sha256")));
            default -> {}
        }
    }

    private static Path largest(Path below) throws IOException {
        try (Stream<Path> files = Files.walk(below)) {
            return files.filter(Files::isRegularFile)
                    .max(Comparator.comparingLong(file -> file.toFile().length()))
                    .orElseThrow();
        }
    }

    private static void flip(Path file) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[content.length / 2] ^= 1;
        Files.write(file, content);
    }

    // Two at once, of whom one is stopped in the middle

    @Test
    void whatIsUnpackedToBeComparedIsNotSweptByAnother() throws Exception {
        Path data = prepared(Act.VERIFY);
        ImageDeed.Elsewhere verifying = samples.deed(Act.VERIFY).start(data, Failpoint.LAYER_PART_UNPACKED, "stop@9");
        await(() -> isStopped(verifying));
        ImageDeed.prune().perform(data);
        goOn(verifying);
        assertThat(StoreContent.damage(data)).isEmpty();
        assertThat(StoreContent.of(data)).isEqualTo(undisturbed(Act.VERIFY));
    }

    @ParameterizedTest
    @EnumSource(names = {"COLLECTION_FORGOTTEN", "COLLECTION_SWEPT", "COLLECTION_PART_REMOVED"})
    void whatIsPulledWhileItIsBeingFreedIsThereAfterwards(Failpoint point) throws Exception {
        Path data = prepared(Act.REMOVE);
        ImageDeed.Elsewhere removing = samples.deed(Act.REMOVE).start(data, point, "stop");
        await(() -> isStopped(removing));
        ImageDeed.pull(samples.two()).perform(data);
        goOn(removing);
        assertThat(StoreContent.damage(data)).isEmpty();
        assertThat(StoreContent.images(data)).hasSize(2);
    }

    private static boolean isStopped(ImageDeed.Elsewhere elsewhere) {
        try {
            String status =
                    Files.readString(Path.of("/proc/" + elsewhere.process().pid() + "/stat"));
            return status.charAt(status.lastIndexOf(')') + 2) == 'T';
        } catch (IOException exception) {
            throw new AssertionError(elsewhere.complaint(), exception);
        }
    }

    private static void goOn(ImageDeed.Elsewhere stopped) throws Exception {
        new ProcessBuilder("kill", "-CONT", Long.toString(stopped.process().pid()))
                .start()
                .waitFor();
        assertThat(stopped.status()).as(stopped::complaint).isZero();
    }

    private static void await(BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - start)
                    .isLessThan(Duration.ofSeconds(60).toNanos());
            Thread.onSpinWait();
        }
    }
}
