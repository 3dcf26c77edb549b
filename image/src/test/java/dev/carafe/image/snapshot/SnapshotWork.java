package dev.carafe.image.snapshot;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Kernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** A program that works with snapshots until somebody kills it, and says what it has done. */
final class SnapshotWork {

    private static final int KEPT = 6;

    private final Snapshots snapshots;
    private final Random random;
    private final String prefix;
    private final List<Key> committed = new ArrayList<>();

    private SnapshotWork(Snapshots snapshots, String prefix, Random random) {
        this.snapshots = snapshots;
        this.prefix = prefix;
        this.random = random;
    }

    public static void main(String[] arguments) throws IOException {
        Snapshots snapshots = Snapshots.open(
                Kernel.host(), Path.of(arguments[0]), Optional.of(DriverKind.valueOf(arguments[1])), () -> {
                    throw new IllegalStateException("nothing is of an image");
                });
        new SnapshotWork(snapshots, arguments[2], new Random(Long.parseLong(arguments[2]))).run();
    }

    /** Where the files of a snapshot are that nobody has mounted. */
    static Path tree(Snapshots snapshots, Snapshot snapshot) {
        return snapshots.folder(snapshot).resolve(snapshots.driver() == DriverKind.OVERLAY ? "upper" : "root");
    }

    private void run() throws IOException {
        System.out.println("begun");
        for (int i = 0; ; i++) {
            Base base = committed.isEmpty() || random.nextInt(3) == 0
                    ? new Base.Nothing()
                    : new Base.Committed(committed.get(random.nextInt(committed.size())));
            Key key = new Key("k" + prefix + "-" + i);
            Snapshot snapshot = snapshots.prepare(key, base, Preparation.PLAIN);
            Path tree = Files.createDirectories(tree(snapshots, snapshot).resolve("a/b/" + key));
            for (int file = 0; file < 5; file++) {
                Files.writeString(tree.resolve("f" + file), key.text());
            }
            if (random.nextInt(3) == 0) {
                snapshots.remove(snapshot);
                continue;
            }
            snapshots.commit(snapshot, key);
            committed.add(key);
            System.out.println("committed " + key);
            if (committed.size() > KEPT) {
                removeOne();
            }
        }
    }

    private void removeOne() {
        Key key = committed.remove(random.nextInt(committed.size()));
        System.out.println("removing " + key);
        try {
            snapshots.remove(snapshots.findCommitted(key).orElseThrow());
        } catch (ImageException needed) {
            committed.add(key);
            System.out.println("committed " + key);
        }
    }
}
