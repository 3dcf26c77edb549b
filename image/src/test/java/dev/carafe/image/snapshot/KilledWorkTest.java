package dev.carafe.image.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carafe.linux.Kernel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is left when processes are killed and machines lose their power. */
@Tag("root")
class KilledWorkTest {

    private static final Kernel KERNEL = Kernel.host();
    private static final int ROUNDS = 6;
    private static final long SEED = 20261126;
    private static final long DISK = 600L << 20;

    private static LoopDisk disk(DriverKind kind) {
        return kind == DriverKind.BTRFS ? LoopDisk.btrfs(DISK) : LoopDisk.ext4(DISK);
    }

    private static Snapshots open(Path folder, DriverKind kind) {
        return Snapshots.open(KERNEL, folder, Optional.of(kind), () -> {
            throw new IllegalStateException("nothing is of an image");
        });
    }

    @ParameterizedTest
    @EnumSource(DriverKind.class)
    void whenever_a_process_is_killed_what_it_committed_is_whole_and_the_rest_is_swept(DriverKind kind)
            throws Exception {
        Random random = new Random(SEED);
        try (LoopDisk disk = disk(kind)) {
            Path folder = disk.folder().resolve("snapshots");
            Set<String> committed = new HashSet<>();
            for (int round = 0; round < ROUNDS; round++) {
                Set<String> unsure = new HashSet<>();
                work(folder, kind, round, random.nextInt(25), random.nextInt(20_000_000), committed, unsure);

                Snapshots snapshots = open(folder, kind);
                snapshots.sweep();
                check(snapshots, committed, unsure);
                SnapshotFolders folders = new SnapshotFolders(KERNEL, folder);
                assertThat(folders.names(SnapshotFolders.Place.UNFINISHED)).isEmpty();
                assertThat(folders.names(SnapshotFolders.Place.SWEPT)).isEmpty();
                snapshots.list().stream()
                        .filter(it -> it.kind() == Snapshot.Kind.WRITABLE)
                        .forEach(snapshots::remove);
            }
            assertThat(committed).isNotEmpty();
        }
    }

    /** Lets a process work, and kills it a moment after it has told so much. */
    private static void work(
            Path folder, DriverKind kind, int round, int lines, int nanos, Set<String> committed, Set<String> unsure)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dorg.sqlite.lib.path=" + System.getProperty("org.sqlite.lib.path"),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SnapshotWork.class.getName(),
                        folder.toString(),
                        kind.name(),
                        Integer.toString(round))
                .redirectErrorStream(true)
                .start();
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(said.readLine()).isEqualTo("begun");
            for (int i = 0; i < lines; i++) {
                note(said.readLine(), committed, unsure);
            }
            long end = System.nanoTime() + nanos;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            // Of the process itself, as what it has said is still to be read.
            process.toHandle().destroyForcibly();
            process.waitFor();
            for (String line = said.readLine(); line != null; line = said.readLine()) {
                note(line, committed, unsure);
            }
        }
    }

    private static void note(String line, Set<String> committed, Set<String> unsure) {
        String[] words = line.split(" ", 2);
        assertThat(words[0]).as(line).isIn("committed", "removing");
        if (words[0].equals("committed")) {
            committed.add(words[1]);
            unsure.remove(words[1]);
        } else {
            committed.remove(words[1]);
            unsure.add(words[1]);
        }
    }

    private static void check(Snapshots snapshots, Set<String> committed, Set<String> unsure) throws IOException {
        List<Snapshot> all = snapshots.list();
        assertThat(all.stream()
                        .filter(it -> it.kind() == Snapshot.Kind.COMMITTED)
                        .map(it -> it.key().text())
                        .filter(it -> !unsure.contains(it)))
                .containsAll(committed);
        for (Snapshot snapshot : all) {
            if (snapshot.base() instanceof Base.Committed(Key parent)) {
                assertThat(snapshots.findCommitted(parent))
                        .as("below %s", snapshot.key())
                        .isPresent();
            }
            if (snapshot.kind() == Snapshot.Kind.COMMITTED) {
                String key = snapshot.key().text();
                Path tree = SnapshotWork.tree(snapshots, snapshot).resolve("a/b/" + key);
                for (int file = 0; file < 5; file++) {
                    assertThat(Files.readString(tree.resolve("f" + file))).isEqualTo(key);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DriverKind.class,
            names = {"OVERLAY", "COPY"})
    void what_was_committed_survives_a_power_cut_and_what_was_not_need_not(DriverKind kind) throws Exception {
        try (LoopDisk disk = LoopDisk.ext4(DISK)) {
            Path folder = disk.folder().resolve("snapshots");
            Snapshots snapshots = open(folder, kind);
            Snapshot base = snapshots.prepare(new Key("base"), new Base.Nothing(), Preparation.PLAIN);
            Files.writeString(SnapshotWork.tree(snapshots, base).resolve("f"), "base");
            Snapshot done = snapshots.commit(base, new Key("base"));
            Snapshot next = snapshots.prepare(new Key("next"), new Base.Committed(done.key()), Preparation.PLAIN);
            Files.writeString(SnapshotWork.tree(snapshots, next).resolve("g"), "next");
            snapshots.commit(next, new Key("next"));
            Snapshot last = snapshots.prepare(new Key("last"), new Base.Committed(done.key()), Preparation.PLAIN);
            Files.writeString(SnapshotWork.tree(snapshots, last).resolve("g"), "last");
            disk.cutPower();

            assertThat(Files.exists(folder.resolve("active/last")))
                    .as("the power was really cut")
                    .isFalse();
            Snapshots after = open(folder, kind);
            assertThat(after.list()).extracting(it -> it.key().text()).containsExactly("base", "next");
            for (String key : List.of("base", "next")) {
                Snapshot one = after.findCommitted(new Key(key)).orElseThrow();
                assertThat(Files.readString(SnapshotWork.tree(after, one).resolve(key.equals("base") ? "f" : "g")))
                        .isEqualTo(key);
            }
            after.sweep();
            after.prepare(new Key("last"), new Base.Committed(new Key("next")), Preparation.PLAIN);
        }
    }
}
