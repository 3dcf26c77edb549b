package dev.carafe.image.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCall;
import dev.carafe.linux.SystemCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("root")
class DriverChoiceTest {

    private static final Kernel KERNEL = Kernel.host();
    /** One whose overlayfs refuses every folder. */
    private static final Kernel WITHOUT_OVERLAY;

    static {
        SystemCalls real = SystemCalls.ofKernel();
        WITHOUT_OVERLAY = Kernel.over((call, a, b, c, d, e, f) ->
                call == SystemCall.FSMOUNT ? -Errno.EINVAL.number() : real.call(call, a, b, c, d, e, f));
    }

    @TempDir
    private Path temporary;

    private static Snapshots open(Kernel kernel, Path folder, Optional<DriverKind> wanted) {
        return Snapshots.open(kernel, folder, wanted, () -> {
            throw new IllegalStateException("nothing is of an image");
        });
    }

    @Test
    void overlayfs_is_taken_where_it_works_and_is_remembered() throws IOException {
        Path folder = temporary.resolve("snapshots");
        assertThat(open(KERNEL, folder, Optional.empty()).driver()).isEqualTo(DriverKind.OVERLAY);
        assertThat(folder.resolve("driver")).hasContent("overlay\n");
        assertThat(open(WITHOUT_OVERLAY, folder, Optional.empty()).driver()).isEqualTo(DriverKind.OVERLAY);
        try (var swept = Files.list(folder.resolve("swept"))) {
            assertThat(swept).as("what was tried is gone").isEmpty();
        }
    }

    @Test
    void where_it_does_not_work_all_is_copied() {
        assertThat(open(WITHOUT_OVERLAY, temporary.resolve("s"), Optional.empty())
                        .driver())
                .isEqualTo(DriverKind.COPY);
    }

    @Test
    void where_it_does_not_work_and_there_is_btrfs_that_is_used() {
        try (LoopDisk disk = LoopDisk.btrfs(300L << 20)) {
            assertThat(open(WITHOUT_OVERLAY, disk.folder().resolve("s"), Optional.empty())
                            .driver())
                    .isEqualTo(DriverKind.BTRFS);
            assertThat(open(KERNEL, disk.folder().resolve("t"), Optional.empty())
                            .driver())
                    .isEqualTo(DriverKind.OVERLAY);
        }
    }

    @Test
    void a_driver_that_cannot_work_says_what_is_missing() {
        Path folder = temporary.resolve("snapshots");
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> open(KERNEL, folder, Optional.of(DriverKind.BTRFS)))
                .withMessageMatching("the driver btrfs cannot keep snapshots in " + folder + ": it lies on .+")
                .matches(it -> it.kind() == ImageException.Kind.UNAVAILABLE);
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> open(WITHOUT_OVERLAY, folder, Optional.of(DriverKind.OVERLAY)))
                .withMessageContaining("fsmount");
        assertThat(open(KERNEL, folder, Optional.of(DriverKind.COPY)).driver()).isEqualTo(DriverKind.COPY);
    }

    @Test
    void a_folder_changes_its_driver_only_while_it_has_no_snapshots() {
        Path folder = temporary.resolve("snapshots");
        Snapshots overlay = open(KERNEL, folder, Optional.empty());
        Snapshot box = overlay.prepare(new Key("box"), new Base.Nothing(), Preparation.PLAIN);
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> open(KERNEL, folder, Optional.of(DriverKind.COPY)))
                .withMessageContaining("are the driver overlay's, not copy's")
                .matches(it -> it.kind() == ImageException.Kind.CONFLICT);
        overlay.remove(box);
        assertThat(open(KERNEL, folder, Optional.of(DriverKind.COPY)).driver()).isEqualTo(DriverKind.COPY);
        assertThat(open(KERNEL, folder, Optional.empty()).driver()).isEqualTo(DriverKind.COPY);
    }

    @Test
    void a_driver_of_a_newer_version_is_not_touched() throws IOException {
        Path folder = temporary.resolve("snapshots");
        open(KERNEL, folder, Optional.empty());
        Files.writeString(folder.resolve("driver"), "zfs\n");
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(() -> open(KERNEL, folder, Optional.of(DriverKind.OVERLAY)))
                .withMessageContaining("the driver \"zfs\"'s");
    }
}
