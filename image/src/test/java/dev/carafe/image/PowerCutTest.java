package dev.carafe.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.image.SampleImages.Act;
import dev.carafe.image.failpoint.Failpoint;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the machine's next start finds. A process that is killed leaves what it wrote to the kernel, a power cut only what
 * has reached the disk: so the store is on a file system in a file, and what is looked at after the kill is a copy of
 * that file as it is at this moment. To the process that was killed the machine had started another time.
 */
@Tag("root")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PowerCutTest {

    private static final int KILLED = 128 + 9;
    private static final String BOOT_BEFORE = "00000000-0000-4000-8000-000000000000";
    private static final long DISK = 48 << 20;

    private Path folder = Path.of("");
    private SampleImages samples;
    private int disks;
    private Path disk = Path.of("");
    private Path mount = Path.of("");
    private Path copy = Path.of("");
    private Path again = Path.of("");

    @BeforeAll
    void makeImages(@TempDir(factory = InMemory.class) Path temporary) throws Exception {
        folder = temporary;
        samples = new SampleImages(temporary);
        Files.writeString(folder.resolve("boot_id"), BOOT_BEFORE + "\n");
        makeDisk(folder.resolve("empty"));
    }

    private static void makeDisk(Path file) throws Exception {
        try (FileChannel made = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            made.write(java.nio.ByteBuffer.allocate(1), DISK - 1);
        }
        run("mkfs.ext4", "-q", "-F", file.toString());
    }

    @AfterAll
    void stop() {
        samples.close();
    }

    @BeforeEach
    void mountDisk() throws Exception {
        disks++;
        disk = folder.resolve("disk-" + disks);
        copy = folder.resolve("copy-" + disks);
        mount = Files.createDirectory(folder.resolve("mount-" + disks));
        again = Files.createDirectory(folder.resolve("again-" + disks));
        run("cp", "--sparse=always", folder.resolve("empty").toString(), disk.toString());
        run("mount", "-o", "loop", disk.toString(), mount.toString());
    }

    @AfterEach
    void unmountDisks() throws Exception {
        run(
                "sh",
                "-c",
                "umount \"$0\"; umount \"$1\" 2>/dev/null; rm \"$2\" \"$3\"",
                mount.toString(),
                again.toString(),
                disk.toString(),
                copy.toString());
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(String.join(" ", command)).isZero();
    }

    /** Kills a process at a failpoint, and the power with it. */
    private Path cutAt(Failpoint point, Act act) throws Exception {
        Path data = samples.prepare(act, mount.resolve("data"));
        ImageDeed.Elsewhere killed = samples.deed(act)
                .start(
                        List.of(
                                "unshare",
                                "--mount",
                                "sh",
                                "-c",
                                "mount --bind \"$0\" /proc/sys/kernel/random/boot_id && exec \"$@\"",
                                folder.resolve("boot_id").toString()),
                        data,
                        Optional.of(point.text() + ":kill@" + FailpointTest.turn(point)));
        assertThat(killed.status()).as(killed::complaint).isEqualTo(KILLED);
        // The worst moment: what somebody else syncs takes along all names, and content that nobody has synced does
        // not.
        run("sh", "-c", "echo > \"$0\" && sync \"$0\"", mount.resolve("another").toString());
        run("cp", "--sparse=always", disk.toString(), copy.toString());
        run("mount", "-o", "loop", copy.toString(), again.toString());
        return again.resolve("data");
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.MATCH_ANY,
            names = {"PULL_.*", "BLOB_(?!DISTRUSTED).*", "LAYER_(?!DISTRUSTED).*", "NAMING_.*"})
    void whateverOfAPullHasReachedTheDiskTheStoreIsSoundAndPullingAgainSucceeds(Failpoint point) throws Exception {
        Path data = cutAt(point, Act.PULL);
        assertThat(StoreContent.damage(data)).isEmpty();
        assertThat(StoreContent.images(data))
                .as("of each of which all is there")
                .hasSize(point == Failpoint.NAMING_COMMITTED ? 2 : 1);
        samples.deed(Act.PULL).perform(data);
        assertThat(StoreContent.damage(data)).isEmpty();
        assertThat(StoreContent.images(data)).hasSize(2);
        ImageDeed.prune().perform(data);
        assertThat(StoreContent.of(data)).isEqualTo(StoreContent.of(undisturbed()));
    }

    private Path undisturbed() throws IOException {
        Path data = folder.resolve("undisturbed");
        if (!Files.exists(data)) {
            samples.deed(Act.PULL).perform(samples.prepare(Act.PULL, data));
            ImageDeed.prune().perform(data);
        }
        return data;
    }

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.MATCH_ANY,
            names = {"UNNAMING_.*", "COLLECTION_.*"})
    void whateverOfARemovalHasReachedTheDiskTheStoreIsSoundAndPullingAgainSucceeds(Failpoint point) throws Exception {
        Path data = cutAt(point, Act.REMOVE);
        assertThat(StoreContent.damage(data)).isEmpty();
        assertThat(StoreContent.images(data))
                .as("of each of which all is there")
                .hasSize(point == Failpoint.UNNAMING_NOTED ? 2 : 1);
        ImageDeed.pull(samples.two()).perform(data);
        assertThat(StoreContent.damage(data)).isEmpty();
        assertThat(StoreContent.images(data)).hasSize(2);
        ImageDeed.prune().perform(data);
        assertThat(StoreContent.of(data)).isEqualTo(StoreContent.of(undisturbed()));
    }
}
