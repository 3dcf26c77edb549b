package dev.carafe.image.store;

import static dev.carafe.image.error.ImageException.Kind.FAILED;

import dev.carafe.image.error.DiskTrouble;
import dev.carafe.image.error.ImageException;
import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.ProcessIdentity;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/** All that is on this machine of the images of registries, layouts and archives: blobs, layers, names. */
public final class Store implements AutoCloseable {

    private static final int BOOT_ID_LENGTH = 36;
    private static final String BOOT_ID = "/proc/sys/kernel/random/boot_id";

    private final Kernel kernel;
    private final Folders folders;
    private final Database database;
    private final String boot;
    private final Blobs blobs;
    private final Layers layers;
    private final Recipes recipes;
    private final Optional<Folders.Identity> identity;
    private final Runnable closing;

    private Store(
            Kernel kernel,
            Folders folders,
            Database database,
            String boot,
            Optional<Folders.Identity> identity,
            Runnable closing) {
        this.identity = identity;
        this.closing = closing;
        this.kernel = kernel;
        this.folders = folders;
        this.database = database;
        this.boot = boot;
        this.layers = new Layers(folders, database, boot);
        this.recipes = new Recipes(kernel, folders, database, layers);
        this.blobs = new Blobs(folders, database, boot, recipes);
    }

    /**
     * Opens a store, made first if there is none.
     *
     * @param folder absolute
     * @throws ImageException if it is damaged, or a newer Carafe's
     */
    public static Store open(Kernel kernel, Path folder) {
        Folders folders = new Folders(kernel, folder);
        String boot;
        try {
            folders.make();
            Failpoint.STORE_FOLDERS_MADE.reach();
            boot = kernel.files().readText(Fd.CWD, BOOT_ID, BOOT_ID_LENGTH + 1).strip();
        } catch (SystemCallException exception) {
            if (DiskTrouble.of(exception).isPresent()) {
                throw ImageException.unwritten(folder, exception);
            }
            throw new ImageException(
                    FAILED,
                    "cannot make the folder " + folder + " for images: " + exception.getMessage()
                            + "; make it writable or name another data folder",
                    exception);
        }
        folders.requireRoom();
        // Of several who find none, one makes it: SQLite has no patience while it changes what a database is.
        Database database = folders.alone(() -> Database.open(folders.database(), folders.mayMap()));
        Store store = new Store(kernel, folders, database, boot, folders.identity(), database::close);
        try {
            store.distrustEarlierBoots();
            return store;
        } catch (RuntimeException exception) {
            store.close();
            throw exception;
        }
    }

    /**
     * Some room is kept on the store's disk for when nothing else is free: so that it can be opened then, and something
     * removed. It is kept anew when a store is closed and there is room.
     *
     * @return whether there was any; not now any more
     */
    public static boolean giveUpReserve(Kernel kernel, Path folder) {
        return new Folders(kernel, folder).giveUpReserve();
    }

    /** The same store, for somebody who closes it for himself alone. */
    Store lent(Runnable giveBack) {
        return new Store(kernel, folders, database, boot, identity, giveBack);
    }

    /** Whether its folder still has it, and nobody has put another one there. */
    boolean isThere() {
        return folders.identity().equals(identity);
    }

    /** What nobody knew to be on the disk when the machine went down is taken for begun. */
    private void distrustEarlierBoots() {
        database.transact(() -> {
            for (String digest :
                    database.query("SELECT digest FROM blobs WHERE boot <> ?", row -> row.getString(1), boot)) {
                folders.distrust(Digest.parse(digest));
                Failpoint.STORE_PART_DISTRUSTED.reach();
            }
            for (String chain :
                    database.query("SELECT chain FROM layers WHERE boot <> ?", row -> row.getString(1), boot)) {
                folders.sweep(Folders.Kind.LAYERS, Digest.parse(chain));
            }
            database.change("DELETE FROM blobs WHERE boot <> ?", boot);
            return database.change("DELETE FROM layers WHERE boot <> ?", boot);
        });
    }

    public Blobs blobs() {
        return blobs;
    }

    public Layers layers() {
        return layers;
    }

    /**
     * Does something while nobody changes what there is: what it finds is whole until it ends, and longer if it is held
     * within. For short: all others wait.
     */
    public <T> T undisturbed(Supplier<T> work) {
        return database.transact(work);
    }

    /** A lease for as long as this process lives, or until it is closed. */
    public Lease lease() {
        ProcessIdentity self = kernel.processes().identifyCurrent();
        String id = UUID.randomUUID().toString();
        database.transact(() ->
                database.change("INSERT INTO leases VALUES (?, ?, ?, ?)", id, boot, self.pid(), self.startTime()));
        return new Lease(database, id);
    }

    /**
     * A lease for as long as a file or a folder exists, whatever ends processes or the machine meanwhile, or until it is
     * closed. Asked for again, it is the same lease.
     *
     * @param holder absolute; need not be there yet
     */
    public Lease lease(Path holder) {
        database.transact(
                () -> database.change("INSERT OR IGNORE INTO leases VALUES (?, NULL, NULL, NULL)", holder.toString()));
        return new Lease(database, holder.toString());
    }

    /** What a name leads to. */
    public Optional<Name> find(String name) {
        return database.transact(() -> database.first(
                "SELECT name, media_type, digest, size, changed FROM names WHERE name = ?", Store::name, name));
    }

    /** All names, in their order. */
    public List<Name> names() {
        return database.transact(() ->
                database.query("SELECT name, media_type, digest, size, changed FROM names ORDER BY name", Store::name));
    }

    private static Name name(ResultSet row) throws SQLException {
        return new Name(
                row.getString(1),
                Descriptor.of(row.getString(2), Digest.parse(row.getString(3)), row.getLong(4)),
                Instant.ofEpochMilli(row.getLong(5)));
    }

    /**
     * Lets a name lead to a manifest or an index that is here, with all that the caller holds by a lease and knows to be
     * whole. When this returns, no power cut takes any of it away.
     */
    public void name(String name, Descriptor target) {
        synced(() -> database.change(
                "INSERT OR REPLACE INTO names VALUES (?, ?, ?, ?, ?)",
                name,
                target.mediaType(),
                target.digest().toString(),
                target.size(),
                Instant.now().toEpochMilli()));
    }

    /** Sees to it that no power cut takes anything away that is whole now. */
    public void sync() {
        synced(() -> {});
    }

    private void synced(Runnable naming) {
        Failpoint.NAMING_BEGUN.reach();
        List<String> newBlobs = database.transact(
                () -> database.query("SELECT digest FROM blobs WHERE boot = ?", row -> row.getString(1), boot));
        List<String> newLayers = database.transact(
                () -> database.query("SELECT chain FROM layers WHERE boot = ?", row -> row.getString(1), boot));
        if (!newBlobs.isEmpty() || !newLayers.isEmpty()) {
            folders.sync();
        }
        Failpoint.NAMING_SYNCED.reach();
        database.transactDurably(() -> {
            newBlobs.forEach(it -> database.change("UPDATE blobs SET boot = NULL WHERE digest = ?", it));
            newLayers.forEach(it -> database.change("UPDATE layers SET boot = NULL WHERE chain = ?", it));
            naming.run();
            Failpoint.NAMING_NOTED.reach();
        });
        Failpoint.NAMING_COMMITTED.reach();
    }

    /**
     * Forgets a name; what it led to stays until it is {@linkplain #collect collected}.
     *
     * @return whether there was one
     */
    public boolean forget(String name) {
        boolean[] found = new boolean[1];
        database.transactDurably(() -> {
            found[0] = database.change("DELETE FROM names WHERE name = ?", name) > 0;
            Failpoint.UNNAMING_NOTED.reach();
        });
        Failpoint.UNNAMING_COMMITTED.reach();
        return found[0];
    }

    /** A file for what has to lie somewhere for a moment. */
    public Scratch scratch() {
        return folders.scratch();
    }

    /** A manifest or an index that is here. */
    public Document document(Descriptor target) {
        return Document.read(
                target.digest().toString(), blobs.read(target.digest(), Document.MAX_BYTES), target.mediaType());
    }

    /**
     * Frees what no name leads to and no lease holds. Others may go on with all they do meanwhile.
     *
     * @param unfinished how long nothing must have come of a blob that is on its way for it to be given up; what
     *     somebody is at is never
     * @throws ImageException if a manifest is damaged, as what it leads to cannot be told then; nothing is freed
     */
    public Freed collect(Duration unfinished) {
        return collect(unfinished, Set::of);
    }

    /**
     * Likewise, and keeps what others than names and leases need.
     *
     * @param layers asked while nobody can begin to hold anything
     */
    public Freed collect(Duration unfinished, Supplier<Set<Digest>> layers) {
        return new Collection(kernel, this, folders, database, boot).run(unfinished, layers);
    }

    @Override
    public void close() {
        closing.run();
        folders.keepReserve();
    }
}
