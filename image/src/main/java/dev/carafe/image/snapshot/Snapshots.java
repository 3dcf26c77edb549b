package dev.carafe.image.snapshot;

import static dev.carafe.image.error.ImageException.Kind.CONFLICT;
import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.INVALID;
import static dev.carafe.image.error.ImageException.Kind.NOT_FOUND;
import static dev.carafe.image.error.ImageException.Kind.UNAVAILABLE;
import static dev.carafe.image.snapshot.SnapshotFolders.Place.ACTIVE;
import static dev.carafe.image.snapshot.SnapshotFolders.Place.COMMITTED;
import static dev.carafe.image.snapshot.SnapshotFolders.Place.GROUNDS;
import static dev.carafe.image.snapshot.SnapshotFolders.Place.SWEPT;
import static dev.carafe.image.snapshot.SnapshotFolders.Place.UNFINISHED;

import dev.carafe.image.error.DiskTrouble;
import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.LayerException;
import dev.carafe.image.layer.LayerWriter;
import dev.carafe.image.snapshot.SnapshotFolders.Place;
import dev.carafe.image.snapshot.SnapshotFolders.Unfinished;
import dev.carafe.image.store.Store;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The snapshots of a data folder.
 *
 * <p>A snapshot is {@linkplain #prepare prepared} on what it stands on, takes changes where whoever uses it has
 * {@linkplain #mounts mounted} it, and is removed, or {@linkplain #commit committed}: from then on it changes no more,
 * and others may stand on it. A {@linkplain #view view} shows what it stands on and takes no changes.
 *
 * {@snippet :
 * Snapshot base = snapshots.prepare(new Key("unpacking"), new Base.Nothing(), Preparation.PLAIN);
 * // mount snapshots.mounts(base, target), fill it, unmount it
 * Snapshot done = snapshots.commit(base, new Key("v1"));
 * Snapshot box = snapshots.prepare(new Key("box"), new Base.Committed(done.key()), Preparation.PLAIN);
 * }
 *
 * <p>Each call is wholly done or not at all, whatever ends the process, and a commit that has returned survives a power
 * cut. What was cut short is removed by {@link #sweep}. Thread-safe, and safe between processes that share a folder.
 */
public final class Snapshots {

    private static final String RELEASE = "/proc/sys/kernel/osrelease";
    private static final int RELEASE_MOST = 256;

    private final Kernel kernel;
    private final SnapshotFolders folders;
    private final Driver driver;
    private final Supplier<Store> stores;

    private Snapshots(Kernel kernel, SnapshotFolders folders, Driver driver, Supplier<Store> stores) {
        this.kernel = kernel;
        this.folders = folders;
        this.driver = driver;
        this.stores = stores;
    }

    /**
     * Opens the snapshots in a folder, which is made if there is none.
     *
     * @param folder absolute
     * @param wanted the driver; nothing for the one that the folder has, or the first that works on its file system
     * @param stores opens the store that has the layers of images; asked only for those, and closed here
     * @throws ImageException if the driver cannot work there, or the folder has another one
     */
    public static Snapshots open(Kernel kernel, Path folder, Optional<DriverKind> wanted, Supplier<Store> stores) {
        SnapshotFolders folders = new SnapshotFolders(kernel, folder);
        try {
            DriverKind kind = new DriverChoice(kernel, folders).choose(wanted);
            return new Snapshots(kernel, folders, Driver.of(kernel, kind), stores);
        } catch (SystemCallException exception) {
            throw new ImageException(
                    FAILED,
                    "cannot make the folder " + folder + " for snapshots: " + exception.getMessage()
                            + "; make it writable or name another data folder",
                    exception);
        }
    }

    /** Opens the snapshots in a folder if it has any. */
    public static Optional<Snapshots> find(Kernel kernel, Path folder, Supplier<Store> stores) {
        return new SnapshotFolders(kernel, folder).driver().map(any -> open(kernel, folder, Optional.empty(), stores));
    }

    public DriverKind driver() {
        return driver.kind();
    }

    /**
     * Makes a snapshot that takes changes.
     *
     * @throws ImageException if there is one of this name, what it stands on is not there, or it cannot be as asked
     */
    public Snapshot prepare(Key key, Base base, Preparation how) {
        return make(key, base, how, false);
    }

    /** Makes a snapshot that takes no changes; it has no limit. */
    public Snapshot view(Key key, Base base, Preparation how) {
        if (how.limit().isPresent()) {
            throw new ImageException(INVALID, "the view " + key + " takes no changes, so there is nothing to limit");
        }
        return make(key, base, how, true);
    }

    private Snapshot make(Key key, Base base, Preparation how, boolean view) {
        checkIds(key, how);
        About about = new About(view, base, how, OptionalInt.empty(), Instant.now());
        return reported("make the snapshot " + key, () -> {
            try (Ground ground = new Ground()) {
                hold(base, ground);
                Optional<SpaceLimit> limit = how.limit().isPresent()
                        ? Optional.of(SpaceLimit.of(
                                kernel, key, folders.top(), how.limit().getAsLong(), driver.kind()))
                        : Optional.empty();
                Unfinished unfinished = begin(about, limit);
                finish(unfinished, key, about, ground);
                return snapshot(ACTIVE, key.text(), about);
            }
        });
    }

    /** From here on nobody removes what the snapshot stands on. */
    private Unfinished begin(About about, Optional<SpaceLimit> limit) {
        if (about.base() instanceof Base.Committed(Key parent)) {
            return folders.together(() -> {
                if (!folders.has(COMMITTED, parent.text())) {
                    throw new ImageException(
                            NOT_FOUND, "there is no committed snapshot \"" + parent + "\" to stand on");
                }
                return folders.begin(about, limit);
            });
        }
        return driver.wantsGround() ? folders.together(() -> folders.begin(about, limit)) : folders.begin(about, limit);
    }

    private void finish(Unfinished unfinished, Key key, About about, Ground ground) {
        try (unfinished) {
            Lower lower = ground.lower(about.base());
            if (about.view()) {
                driver.fillView(unfinished.folder(), unfinished.path(), lower, about.base());
            } else {
                driver.fill(unfinished.folder(), unfinished.path(), lower, about.how());
            }
            about.how().limit().ifPresent(bytes -> driver.limit(unfinished.folder(), bytes));
            if (!folders.move(UNFINISHED, unfinished.name(), ACTIVE, key.text())) {
                throw new ImageException(
                        CONFLICT, "there is a snapshot \"" + key + "\"; remove it or take another name");
            }
        } catch (RuntimeException exception) {
            folders.discard(UNFINISHED, unfinished.name(), exception);
            throw exception;
        }
    }

    /** Layers that a collector does not see a snapshot on yet. */
    private static void hold(Base base, Ground ground) {
        if (base instanceof Base.Layers(List<Digest> chain)) {
            ground.hold(chain);
        }
    }

    private void checkIds(Key key, Preparation how) {
        if (how.owners().isEmpty()) {
            return;
        }
        int least = driver.kind() == DriverKind.OVERLAY ? 19 : 12;
        String release = kernel.files().readText(Fd.CWD, RELEASE, RELEASE_MOST).strip();
        String[] parts = release.split("[^0-9]+", 3);
        int major = Integer.parseInt(parts[0]);
        if (major < 5 || (major == 5 && Integer.parseInt(parts[1]) < least)) {
            throw new ImageException(
                    UNAVAILABLE,
                    "the snapshot " + key + " cannot be had with other ids: that takes Linux 5." + least
                            + " with the driver " + driver.kind() + ", and this is " + release);
        }
    }

    /**
     * What a snapshot stands on, looked up; the store is open for as long as this is, and only if it was needed.
     */
    private final class Ground implements AutoCloseable {

        private final List<AutoCloseable> opened = new ArrayList<>();
        private Optional<Store> store = Optional.empty();

        private Store store() {
            if (store.isEmpty()) {
                Store fresh = stores.get();
                opened.add(fresh);
                store = Optional.of(fresh);
            }
            return store.get();
        }

        void hold(List<Digest> chain) {
            var lease = store().lease();
            opened.add(lease);
            lease.hold(chain);
        }

        Lower lower(Base base) {
            if (base instanceof Base.Committed(Key key)) {
                About about = folders.about(COMMITTED, key.text())
                        .orElseThrow(() -> new ImageException(
                                NOT_FOUND, "there is no committed snapshot \"" + key + "\" to stand on"));
                Path folder = folders.path(COMMITTED, key.text());
                // Of one whole tree it does not matter what that stood on.
                Lower below = driver.kind() == DriverKind.OVERLAY ? lower(about.base()) : Lower.of(List.of());
                return driver.above(folder, below, about.how());
            }
            return driver.wantsGround() ? tree(base) : files(base);
        }

        private Lower files(Base base) {
            return switch (base) {
                case Base.Nothing() -> Lower.of(List.of(folders.empty()));
                case Base.Layers(List<Digest> chain) ->
                    Lower.of(store().layers().folders(chain));
                case Base.Tree(RootFileSystem files) -> Lower.of(files);
                case Base.Committed committed -> throw new IllegalArgumentException("no image: " + committed);
            };
        }

        /** An image as one tree, made if there is none. */
        private Lower tree(Base base) {
            About about = new About(true, base, Preparation.PLAIN, OptionalInt.empty(), Instant.EPOCH);
            String name = Digest.of(about.bytes()).hex();
            if (!folders.has(GROUNDS, name)) {
                Unfinished unfinished = folders.begin(about, Optional.empty());
                try (unfinished) {
                    driver.fill(unfinished.folder(), unfinished.path(), files(base), Preparation.PLAIN);
                    driver.committed(unfinished.folder());
                    if (!folders.move(UNFINISHED, unfinished.name(), GROUNDS, name)) {
                        folders.sweep(UNFINISHED, unfinished.name()).ifPresent(folders::remove);
                    }
                } catch (RuntimeException exception) {
                    folders.discard(UNFINISHED, unfinished.name(), exception);
                    throw exception;
                }
            }
            return driver.above(folders.path(GROUNDS, name), Lower.of(List.of()), Preparation.PLAIN);
        }

        @Override
        public void close() {
            for (AutoCloseable one : opened.reversed()) {
                try {
                    one.close();
                } catch (RuntimeException exception) {
                    throw exception;
                } catch (Exception impossible) {
                    throw new IllegalStateException(impossible);
                }
            }
        }
    }

    /** A snapshot that takes changes, or a view. */
    public Optional<Snapshot> find(Key key) {
        return find(ACTIVE, key.text());
    }

    /** One that was committed. */
    public Optional<Snapshot> findCommitted(Key key) {
        return find(COMMITTED, key.text());
    }

    /** All of them, those that are committed last. */
    public List<Snapshot> list() {
        return Stream.of(ACTIVE, COMMITTED)
                .flatMap(place -> folders.names(place).stream().flatMap(name -> find(place, name).stream()))
                .toList();
    }

    private Optional<Snapshot> find(Place place, String name) {
        return folders.about(place, name).map(about -> snapshot(place, name, about));
    }

    private Snapshot snapshot(Place place, String name, About about) {
        Snapshot.Kind kind = place == COMMITTED
                ? Snapshot.Kind.COMMITTED
                : about.view() ? Snapshot.Kind.VIEW : Snapshot.Kind.WRITABLE;
        Instant made = place == COMMITTED ? folders.committed(name) : about.made();
        return new Snapshot(new Key(name), kind, about.base(), about.how(), made);
    }

    private static Place place(Snapshot snapshot) {
        return snapshot.kind() == Snapshot.Kind.COMMITTED ? COMMITTED : ACTIVE;
    }

    /**
     * The mounts that show a snapshot, in order; the last one is its root and attached at {@code target}.
     *
     * <p>They are to be made in a mount namespace of the user's own: some may cover folders that others need.
     *
     * @param target a folder that is there
     */
    public List<Mount> mounts(Snapshot snapshot, Path target) {
        try (Ground ground = new Ground()) {
            Lower lower = ground.lower(snapshot.base());
            Path folder = folders.path(place(snapshot), snapshot.key().text());
            return switch (snapshot.kind()) {
                case WRITABLE -> driver.mounts(folder, lower, snapshot.how(), target);
                case VIEW -> driver.viewMounts(folder, lower, snapshot, target);
                case COMMITTED ->
                    throw new ImageException(
                            INVALID,
                            "the snapshot " + snapshot.key() + " is committed; a view of it can be mounted, or a"
                                    + " writable one on it");
            };
        }
    }

    /** What a snapshot takes beside what it stands on; a view nothing. */
    public Usage usage(Snapshot snapshot) {
        if (snapshot.kind() == Snapshot.Kind.VIEW) {
            return new Usage(0, 0);
        }
        return reported("count what the snapshot " + snapshot.key() + " takes", () -> {
            try (Fd folder = open(snapshot);
                    Ground ground = new Ground()) {
                return driver.usage(folder, ground.lower(snapshot.base()));
            }
        });
    }

    private Fd open(Snapshot snapshot) {
        return folders.open(place(snapshot), snapshot.key().text()).orElseThrow(() -> gone(snapshot.key()));
    }

    private static ImageException gone(Key key) {
        return new ImageException(NOT_FOUND, "there is no snapshot \"" + key + "\" any more");
    }

    /**
     * Writes what a snapshot has other than what it stands on, as a layer that goes on top of that. Equal content becomes
     * equal bytes. Nobody may change the snapshot meanwhile.
     *
     * @param output gets the uncompressed archive, and stays open
     */
    public LayerWriter.Written difference(Snapshot snapshot, OutputStream output) throws IOException {
        if (snapshot.kind() == Snapshot.Kind.VIEW) {
            throw new ImageException(INVALID, "the view " + snapshot.key() + " has no changes to tell");
        }
        try (Fd folder = open(snapshot);
                Ground ground = new Ground()) {
            return driver.difference(folder, ground.lower(snapshot.base()), snapshot, output);
        }
    }

    /**
     * Ends the changes to a snapshot: it gets a name among those that are committed. Nobody may have it mounted any more.
     *
     * @return it as it is then; no power cut takes it away
     * @throws ImageException if there is a committed one of that name; nothing has changed then
     */
    public Snapshot commit(Snapshot snapshot, Key committed) {
        if (snapshot.kind() != Snapshot.Kind.WRITABLE) {
            throw new ImageException(
                    INVALID, "the snapshot " + snapshot.key() + " takes no changes, so there are none to commit");
        }
        return reported("commit the snapshot " + snapshot.key(), () -> {
            try (Fd folder = open(snapshot)) {
                if (folders.has(COMMITTED, committed.text())) {
                    throw taken(committed);
                }
                syncLayers(snapshot.base());
                folders.setCommitted(folder, Instant.now());
                kernel.files().syncFileSystem(folder);
                boolean moved = folders.together(() -> move(snapshot.key(), committed));
                if (!moved) {
                    throw taken(committed);
                }
                folders.sync(ACTIVE, COMMITTED);
                driver.committed(folder);
                return findCommitted(committed).orElseThrow(() -> gone(committed));
            }
        });
    }

    private boolean move(Key key, Key committed) {
        try {
            return folders.move(ACTIVE, key.text(), COMMITTED, committed.text());
        } catch (SystemCallException exception) {
            throw exception.errno() == Errno.ENOENT ? gone(key) : exception;
        }
    }

    private static ImageException taken(Key committed) {
        return new ImageException(
                CONFLICT, "there is a committed snapshot \"" + committed + "\"; remove it or take another name");
    }

    private void syncLayers(Base base) {
        if (base instanceof Base.Layers) {
            try (Store store = stores.get()) {
                store.sync();
            }
        }
    }

    /**
     * Removes a snapshot. It is gone when this returns, though not all of its files may be.
     *
     * @throws ImageException if others stand on it, or it is not there
     */
    public void remove(Snapshot snapshot) {
        reported("remove the snapshot " + snapshot.key(), () -> {
            String name = snapshot.key().text();
            Optional<String> swept = snapshot.kind() == Snapshot.Kind.COMMITTED
                    ? folders.alone(() -> {
                        refuseIfNeeded(snapshot.key());
                        return folders.sweep(COMMITTED, name);
                    })
                    : folders.sweep(ACTIVE, name);
            folders.remove(swept.orElseThrow(() -> gone(snapshot.key())));
            return true;
        });
    }

    private void refuseIfNeeded(Key key) {
        Base needed = new Base.Committed(key);
        for (Place place : List.of(UNFINISHED, ACTIVE, COMMITTED)) {
            for (String name : folders.names(place)) {
                if (folders.about(place, name)
                        .map(About::base)
                        .filter(needed::equals)
                        .isPresent()) {
                    throw new ImageException(
                            CONFLICT,
                            "cannot remove the snapshot " + key + ": \"" + name + "\" stands on it; remove that first");
                }
            }
        }
    }

    /**
     * The layers that snapshots stand on, those included that are just being made.
     *
     * @throws ImageException if what is written down of one is damaged, as it cannot be told then
     */
    public Set<Digest> layers() {
        Set<Digest> needed = new HashSet<>();
        for (Place place : List.of(UNFINISHED, GROUNDS, ACTIVE, COMMITTED)) {
            for (String name : folders.names(place)) {
                if (folders.about(place, name).map(About::base).orElseGet(Base.Nothing::new)
                        instanceof Base.Layers(List<Digest> chain)) {
                    needed.addAll(chain);
                }
            }
        }
        return needed;
    }

    /** Removes what killed processes have left behind, and snapshots whose holder is gone. */
    public void sweep() {
        reported("sweep " + folders.top(), () -> {
            folders.names(UNFINISHED).stream()
                    .filter(folders::isAbandoned)
                    .forEach(name -> folders.sweep(UNFINISHED, name));
            for (String name : folders.names(ACTIVE)) {
                if (!isHeld(name)) {
                    folders.sweep(ACTIVE, name);
                }
            }
            if (!folders.names(GROUNDS).isEmpty()) {
                folders.alone(this::sweepGrounds);
            }
            folders.names(SWEPT).forEach(folders::remove);
            return true;
        });
    }

    /** Whether a snapshot is to stay, or has just been committed or removed: another may have its name at once. */
    private boolean isHeld(String active) {
        Optional<About> about = folders.about(ACTIVE, active);
        if (about.isEmpty()) {
            if (!folders.has(ACTIVE, active)) {
                return true;
            }
            about = folders.about(ACTIVE, active);
        }
        return about.filter(it -> it.how()
                        .holder()
                        .map(holder -> kernel.files().exists(Fd.CWD, holder.toString()))
                        .orElse(true))
                .isPresent();
    }

    private boolean sweepGrounds() {
        Set<Base> needed = new HashSet<>();
        for (Place place : List.of(UNFINISHED, ACTIVE, COMMITTED)) {
            folders.names(place).forEach(name -> folders.about(place, name).ifPresent(it -> needed.add(it.base())));
        }
        for (String name : folders.names(GROUNDS)) {
            if (folders.about(GROUNDS, name)
                    .filter(it -> needed.contains(it.base()))
                    .isEmpty()) {
                folders.sweep(GROUNDS, name);
            }
        }
        return true;
    }

    private <T> T reported(String what, Supplier<T> work) {
        try {
            return work.get();
        } catch (SystemCallException exception) {
            throw DiskTrouble.of(exception).isPresent()
                    ? ImageException.unwritten(folders.top(), exception)
                    : new ImageException(FAILED, "cannot " + what + ": " + exception.getMessage(), exception);
        } catch (LayerException exception) {
            throw new ImageException(FAILED, "cannot " + what + ": " + exception.getMessage(), exception);
        }
    }

    /** The folder of a snapshot that takes changes, with all that its driver keeps of it. */
    public Path folder(Snapshot snapshot) {
        return folders.path(place(snapshot), snapshot.key().text());
    }
}
