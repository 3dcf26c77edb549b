package dev.carafe.image.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("root")
class SpaceLimitTest {

    private static final Kernel KERNEL = Kernel.host();
    private static final long DISK = 600L << 20;
    private static final long LIMIT = 8L << 20;
    /** The right to go beyond limits is no container's. */
    private static final String FILL = "setpriv --bounding-set=-sys_resource head -c 20M /dev/urandom >file";

    private static final String WRITE = FILL + "; sync -f .";
    private static final String LITTLE = "head -c 2M /dev/urandom >little; sync -f .";

    @ParameterizedTest
    @EnumSource(DriverKind.class)
    void on_btrfs_what_a_snapshot_adds_is_limited(DriverKind kind) throws IOException {
        try (LoopDisk disk = LoopDisk.btrfs(DISK)) {
            limits(disk, kind);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DriverKind.class,
            names = {"OVERLAY", "COPY"})
    void on_ext4_that_counts_by_projects_too(DriverKind kind) throws IOException {
        try (LoopDisk disk = LoopDisk.ext4WithProjects(DISK)) {
            assumeProjects(disk);
            limits(disk, kind);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DriverKind.class,
            names = {"OVERLAY", "COPY"})
    void on_xfs_that_counts_by_projects_too(DriverKind kind) throws IOException {
        try (LoopDisk disk = LoopDisk.xfsWithProjects(DISK)) {
            assumeProjects(disk);
            limits(disk, kind);
        }
    }

    private static void assumeProjects(LoopDisk disk) {
        try (Fd folder =
                KERNEL.files().open(Fd.CWD, disk.folder().toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            KERNEL.projects().limit(folder, 77, 1 << 20);
        } catch (SystemCallException exception) {
            System.out.println("skipped, as this kernel counts nothing by projects here: " + exception.getMessage());
            Assumptions.abort("this kernel counts nothing by projects here: " + exception.getMessage());
        }
    }

    private static void limits(LoopDisk disk, DriverKind kind) throws IOException {
        Path folder = disk.folder().resolve("snapshots");
        Snapshots snapshots = Snapshots.open(KERNEL, folder, Optional.of(kind), () -> {
            throw new IllegalStateException("nothing is of an image");
        });
        try (Box box = new Box(Files.createDirectory(disk.folder().resolve("mounted")))) {
            Snapshot first = snapshots.prepare(new Key("first"), new Base.Nothing(), Preparation.PLAIN);
            box.in(snapshots, first, "head -c 5M /dev/urandom >below");
            Base base =
                    new Base.Committed(snapshots.commit(first, new Key("base")).key());

            Snapshot limited = snapshots.prepare(new Key("limited"), base, Preparation.PLAIN.limitedTo(LIMIT));
            // In one go, as a full one is read-only when it is mounted again.
            assertThat(box.in(
                            snapshots,
                            limited,
                            "if " + FILL + "; then exit 1; fi; rm file; sync -f .; " + LITTLE + "; stat -c %s little"))
                    // As xfs says it for projects.
                    .containsAnyOf("Disk quota exceeded", "No space left on device")
                    .endsWith("\n2097152\n");

            Snapshot free = snapshots.prepare(new Key("free"), base, Preparation.PLAIN);
            box.in(snapshots, free, WRITE);

            Snapshot other = snapshots.prepare(new Key("other"), base, Preparation.PLAIN.limitedTo(LIMIT));
            box.in(snapshots, other, LITTLE);
            assertThat(snapshots.usage(other).bytes()).isBetween(2L << 20, 8L << 20);
            Snapshot committed = snapshots.commit(other, new Key("more"));
            Snapshot above =
                    snapshots.prepare(new Key("above"), new Base.Committed(committed.key()), Preparation.PLAIN);
            box.in(snapshots, above, WRITE);
            for (Snapshot one : List.of(limited, free, above, committed)) {
                snapshots.remove(one);
            }
            assertThat(snapshots.list()).extracting(it -> it.key().text()).containsExactly("base");
        }
    }

    @Test
    void full_snapshots_can_be_committed_and_removed() throws IOException {
        try (LoopDisk disk = LoopDisk.btrfs(DISK)) {
            for (DriverKind kind : DriverKind.values()) {
                Path folder = disk.folder().resolve("of-" + kind);
                Snapshots snapshots = Snapshots.open(KERNEL, folder, Optional.of(kind), () -> {
                    throw new IllegalStateException("nothing is of an image");
                });
                try (Box box = new Box(Files.createDirectory(disk.folder().resolve("mounted-" + kind)))) {
                    for (String key : List.of("a", "b")) {
                        Snapshot full =
                                snapshots.prepare(new Key(key), new Base.Nothing(), Preparation.PLAIN.limitedTo(LIMIT));
                        box.failsIn(snapshots, full, WRITE);
                    }
                    Snapshot done =
                            snapshots.commit(snapshots.find(new Key("a")).orElseThrow(), new Key("a"));
                    snapshots.remove(done);
                    snapshots.remove(snapshots.find(new Key("b")).orElseThrow());
                    assertThat(snapshots.list()).isEmpty();
                }
            }
        }
    }

    @Test
    void elsewhere_a_limit_is_refused_by_name_and_without_one_a_snapshot_is_made() {
        try (LoopDisk disk = LoopDisk.ext4(DISK)) {
            refuses(disk.folder().resolve("snapshots"), "lies on ext4, which counts nothing by projects here");
        }
    }

    @Test
    void in_memory_a_limit_is_refused_by_name() throws IOException {
        Path folder = Files.createTempDirectory(Path.of("/dev/shm"), "carafe-limit-");
        try {
            refuses(folder, "lies on tmpfs; ");
        } finally {
            try (Fd parent = KERNEL.files().open(Fd.CWD, "/dev/shm", OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
                new dev.carafe.linux.TreeRemoval(KERNEL).remove(parent, String.valueOf(folder.getFileName()));
            }
        }
    }

    private static void refuses(Path folder, String reason) {
        for (DriverKind kind : List.of(DriverKind.OVERLAY, DriverKind.COPY)) {
            Snapshots snapshots = Snapshots.open(KERNEL, folder.resolve(kind.toString()), Optional.of(kind), () -> {
                throw new IllegalStateException("nothing is of an image");
            });
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() ->
                            snapshots.prepare(new Key("box"), new Base.Nothing(), Preparation.PLAIN.limitedTo(LIMIT)))
                    .withMessageStartingWith("cannot limit the snapshot box to 8388608 bytes: " + folder)
                    .withMessageContaining(reason)
                    .withMessageEndingWith("use a folder on btrfs or xfs")
                    .matches(it -> it.kind() == ImageException.Kind.UNAVAILABLE);
            snapshots.sweep();
            assertThat(new SnapshotFolders(KERNEL, folder.resolve(kind.toString()))
                            .names(SnapshotFolders.Place.UNFINISHED))
                    .isEmpty();
            snapshots.remove(snapshots.prepare(new Key("box"), new Base.Nothing(), Preparation.PLAIN));
        }
    }
}
