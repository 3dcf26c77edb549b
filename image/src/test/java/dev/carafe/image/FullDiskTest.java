package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.image.SampleImages.Act;
import dev.carafe.image.error.ImageException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A disk that has no room, wherever that comes to light: so much is left free that it ends at the first step, then a
 * little more, and so on until it is enough. Each time it is said in a line, nothing half-made stays, and the same
 * succeeds when there is room.
 */
@Tag("root")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FullDiskTest {

    /** How a file system comes to be full. */
    enum Scarce {
        /** In memory, blocks. */
        MEMORY("tmpfs", "size=12m", 150 << 10, 300 << 10),
        /** In memory, inodes. */
        INODES("tmpfs", "size=24m,nr_inodes=400", 3, 21),
        /** On a disk, as most are. */
        DISK("ext4", "loop", 150 << 10, 400 << 10);

        private final String type;
        private final String options;
        /** Free bytes or inodes at first, and how many more each time. */
        private final int first;

        private final int step;

        Scarce(String type, String options, int first, int step) {
            this.type = type;
            this.options = options;
            this.first = first;
            this.step = step;
        }
    }

    private static final int TRIES_MOST = 40;

    private final Map<Act, StoreContent> undisturbed = new ConcurrentHashMap<>();
    private final List<Path> mounts = new ArrayList<>();
    private Path folder = Path.of("");
    private SampleImages samples;
    private int count;

    @BeforeAll
    void makeImages(@TempDir(factory = InMemory.class) Path temporary) throws Exception {
        folder = temporary;
        samples = new SampleImages(temporary);
    }

    @AfterAll
    void stop() {
        samples.close();
    }

    @AfterEach
    void unmount() throws Exception {
        for (Path mount : mounts) {
            run("umount", mount.toString());
        }
        mounts.clear();
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(String.join(" ", command)).isZero();
    }

    private Path mounted(Scarce scarce) throws Exception {
        Path mount = Files.createDirectory(folder.resolve("mount-" + ++count));
        Path device = folder.resolve("disk-" + count);
        if (scarce == Scarce.DISK) {
            run("truncate", "-s", "16M", device.toString());
            run("mkfs.ext4", "-q", "-F", "-m", "0", device.toString());
        }
        run("mount", "-t", scarce.type, "-o", scarce.options, device.toString(), mount.toString());
        mounts.add(mount);
        return mount;
    }

    private StoreContent undisturbed(Act act) {
        return undisturbed.computeIfAbsent(act, _ -> {
            Path data = samples.prepare(act, folder.resolve("data-" + ++count));
            samples.deed(act).perform(data);
            ImageDeed.prune().perform(data);
            return StoreContent.of(data);
        });
    }

    /** Takes all but so much. */
    private static void fill(Path mount, Scarce scarce, int free) throws IOException {
        Path ballast = Files.createTempDirectory(mount, "ballast");
        if (scarce == Scarce.INODES) {
            int files = 0;
            try {
                while (true) {
                    Files.createFile(ballast.resolve(Integer.toString(files)));
                    files++;
                }
            } catch (IOException full) {
                for (int i = files - free; i < files; i++) {
                    Files.delete(ballast.resolve(Integer.toString(i)));
                }
            }
            return;
        }
        Files.write(ballast.resolve("free"), new byte[free]);
        try (OutputStream out = Files.newOutputStream(ballast.resolve("rest"))) {
            byte[] block = new byte[4096];
            while (true) {
                out.write(block);
            }
        } catch (IOException full) {
            Files.delete(ballast.resolve("free"));
        }
    }

    private static void empty(Path mount) throws Exception {
        run("sh", "-c", "rm -rf \"$0\"/ballast*", mount.toString());
    }

    @ParameterizedTest
    @CsvSource({
        "MEMORY, FIRST_PULL",
        "MEMORY, PULL",
        "MEMORY, LOAD",
        "MEMORY, IMPORT",
        "INODES, FIRST_PULL",
        "INODES, LOAD",
        "INODES, IMPORT",
        "DISK, FIRST_PULL",
        "DISK, PULL",
        "DISK, IMPORT"
    })
    void whereverTheRoomEndsItIsSaidAndTheSameSucceedsWhenThereIsSome(Scarce scarce, Act act) throws Exception {
        List<String> said = new ArrayList<>();
        boolean enough = false;
        for (int i = 0; !enough; i++) {
            assertThat(i).as("it is enough at last: %s", said).isLessThan(TRIES_MOST);
            Path mount = mounted(scarce);
            Path data = samples.prepare(act, mount.resolve("data"));
            fill(mount, scarce, i == 0 ? 0 : scarce.first + (i - 1) * scarce.step);
            Optional<Exception> refused = refusal(samples.deed(act), data);
            refused.ifPresent(exception -> {
                said.add(exception.getMessage());
                assertThat(exception).isInstanceOf(ImageException.class);
                assertThat(exception.getMessage())
                        .hasLineCount(1)
                        .containsIgnoringCase("the disk is full")
                        .containsIgnoringCase("make room")
                        .contains(mount.toString());
            });
            enough = refused.isEmpty();
            empty(mount);
            assertThat(StoreContent.damage(data)).isEmpty();
            samples.deed(act).perform(data);
            ImageDeed.prune().perform(data);
            assertThat(StoreContent.damage(data)).isEmpty();
            assertThat(StoreContent.of(data)).isEqualTo(undisturbed(act));
            unmount();
        }
        assertThat(said).as("at first there is too little").isNotEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void whereNothingIsFreeThingsCanBeRemoved(Scarce scarce) throws Exception {
        Path mount = mounted(scarce);
        Path data = samples.prepare(Act.REMOVE, mount.resolve("data"));
        fill(mount, scarce, 0);
        samples.deed(Act.REMOVE).perform(data);
        assertThat(StoreContent.of(data)).isEqualTo(undisturbed(Act.REMOVE));
        assertThat(StoreContent.damage(data)).isEmpty();
        fill(mount, scarce, 0);
        ImageDeed.remove(samples.one()).perform(data);
        assertThat(StoreContent.images(data))
                .as("what was given up is kept once more")
                .isEmpty();
    }

    @Test
    void whereNothingMayBeWrittenThatIsSaid() throws Exception {
        Path mount = mounted(Scarce.MEMORY);
        Path data = samples.prepare(Act.PULL, mount.resolve("data"));
        run("mount", "-o", "remount,ro", mount.toString());
        for (Act act : List.of(Act.PULL, Act.LOAD, Act.IMPORT, Act.TAG, Act.REMOVE)) {
            ImageDeed deed = act == Act.REMOVE ? ImageDeed.remove(samples.one()) : samples.deed(act);
            assertThat(refusal(deed, data))
                    .as(act.name())
                    .hasValueSatisfying(exception -> assertThat(exception)
                            .isInstanceOf(ImageException.class)
                            .hasMessageContaining("the file system is read-only")
                            .hasMessageContaining(mount.toString()));
        }
        run("mount", "-o", "remount,rw", mount.toString());
        samples.deed(Act.PULL).perform(data);
        ImageDeed.prune().perform(data);
        assertThat(StoreContent.of(data)).isEqualTo(undisturbed(Act.PULL));
    }

    private static Optional<Exception> refusal(ImageDeed deed, Path data) {
        try {
            deed.perform(data);
            return Optional.empty();
        } catch (UncheckedIOException | IllegalStateException exception) {
            throw exception;
        } catch (RuntimeException exception) {
            return Optional.of(exception);
        }
    }
}
