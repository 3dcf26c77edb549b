package dev.carafe.image.store;

import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.ProcessIdentity;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.MediaTypes;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Frees what nobody needs: marks what names and leases lead to, and sweeps the rest.
 *
 * <p>Marking and forgetting is one transaction, and whoever begins to use something holds it first, in another: so it is
 * either held before, and stays, or not there any more when he looks. Files go after that, when no power cut brings back
 * what the database has forgotten: it never knows of something that is not there. What lies there unknown, whoever left
 * it, goes in a second transaction, within which nobody moves anything to its place.
 */
final class Collection {

    private record Entry(Digest digest, long size) {}

    private record Recipe(Digest blob, Digest diff) {}

    private record Holder(String lease, String boot, ProcessIdentity process) {}

    private final Kernel kernel;
    private final Store store;
    private final Folders folders;
    private final Database database;
    private final String boot;
    private final Set<Digest> needed = new HashSet<>();

    private int blobs;
    private int layers;
    private long bytes;

    Collection(Kernel kernel, Store store, Folders folders, Database database, String boot) {
        this.kernel = kernel;
        this.store = store;
        this.folders = folders;
        this.database = database;
        this.boot = boot;
    }

    Freed run(Duration unfinished, Supplier<Set<Digest>> layersOfOthers) {
        Failpoint.COLLECTION_BEGUN.reach();
        database.transactDurably(() -> {
            dropLeasesOfWhatIsGone();
            mark();
            needed.addAll(layersOfOthers.get());
            markWhatBlobsAreMadeOf();
            Failpoint.COLLECTION_MARKED.reach();
            forgetBlobs();
            forgetLayers();
            forgetRecipes();
        });
        Failpoint.COLLECTION_FORGOTTEN.reach();
        database.transact(() -> {
            sweepBlobs(unfinished);
            sweepRecipes();
            sweepLayers();
            return true;
        });
        Failpoint.COLLECTION_SWEPT.reach();
        folders.empty();
        return new Freed(blobs, layers, bytes);
    }

    private void dropLeasesOfWhatIsGone() {
        List<Holder> holders = database.query(
                "SELECT id, boot, pid, started FROM leases WHERE boot IS NOT NULL",
                row -> new Holder(
                        row.getString(1), row.getString(2), new ProcessIdentity(row.getInt(3), row.getLong(4))));
        for (Holder holder : holders) {
            if (!holder.boot().equals(boot) || !kernel.processes().isAlive(holder.process())) {
                database.change("DELETE FROM leases WHERE id = ?", holder.lease());
            }
        }
        for (String path : database.query("SELECT id FROM leases WHERE boot IS NULL", row -> row.getString(1))) {
            if (!kernel.files().exists(Fd.CWD, path)) {
                database.change("DELETE FROM leases WHERE id = ?", path);
            }
        }
    }

    private void mark() {
        database.query("SELECT DISTINCT digest FROM held", row -> Digest.parse(row.getString(1)))
                .forEach(needed::add);
        database.query(
                        "SELECT DISTINCT media_type, digest, size FROM names",
                        row -> Descriptor.of(row.getString(1), Digest.parse(row.getString(2)), row.getLong(3)))
                .forEach(this::markDocument);
    }

    private void markDocument(Descriptor target) {
        // Of an index, not all platforms need be here.
        if (!isHere(target.digest())) {
            return;
        }
        needed.add(target.digest());
        Document document = store.document(target);
        switch (document) {
            case Index index -> {
                for (Descriptor child : index.manifests()) {
                    if (MediaTypes.isIndex(child.mediaType()) || MediaTypes.isManifest(child.mediaType())) {
                        markDocument(child);
                    } else {
                        needed.add(child.digest());
                    }
                }
            }
            case Manifest manifest -> {
                needed.add(manifest.config().digest());
                manifest.layers().forEach(layer -> needed.add(layer.digest()));
                if (manifest.isImage() && isHere(manifest.config().digest())) {
                    ImageConfig config = ImageConfig.read(
                            manifest.config().digest().toString(),
                            store.blobs().read(manifest.config().digest(), ImageConfig.MAX_BYTES));
                    needed.addAll(config.chainIds());
                }
            }
        }
    }

    /** For a blob that is needed and not here as a file, one layer of its own stays, if not for its own sake. */
    private void markWhatBlobsAreMadeOf() {
        for (Recipe recipe : database.query(
                "SELECT blob, diff FROM recipes",
                row -> new Recipe(Digest.parse(row.getString(1)), Digest.parse(row.getString(2))))) {
            if (needed.contains(recipe.blob()) && !isHere(recipe.blob())) {
                List<Digest> made = database.query(
                        "SELECT chain FROM layers WHERE diff = ?",
                        row -> Digest.parse(row.getString(1)),
                        recipe.diff().toString());
                if (made.stream().noneMatch(needed::contains)) {
                    made.stream().findFirst().ifPresent(needed::add);
                }
            }
        }
    }

    private void forgetRecipes() {
        for (Entry entry : entries("SELECT blob, size FROM recipes")) {
            if (!needed.contains(entry.digest())) {
                database.change(
                        "DELETE FROM recipes WHERE blob = ?", entry.digest().toString());
            }
        }
    }

    private void sweepRecipes() {
        Folders.Content content = folders.content(Folders.Kind.RECIPES);
        Set<Digest> known = new HashSet<>();
        entries("SELECT blob, size FROM recipes").forEach(entry -> known.add(entry.digest()));
        for (Digest digest : content.whole()) {
            if (!known.contains(digest)) {
                bytes += folders.sweep(Folders.Kind.RECIPES, digest);
            }
        }
        content.unfinished().forEach(it -> folders.sweepUnfinished(Folders.Kind.RECIPES, it, Duration.ZERO));
    }

    private boolean isHere(Digest digest) {
        return database.first("SELECT 1 FROM blobs WHERE digest = ?", row -> true, digest.toString())
                .isPresent();
    }

    private void forgetBlobs() {
        for (Entry entry : entries("SELECT digest, size FROM blobs")) {
            if (!needed.contains(entry.digest())) {
                database.change(
                        "DELETE FROM blobs WHERE digest = ?", entry.digest().toString());
                Failpoint.COLLECTION_PART_FORGOTTEN.reach();
                blobs++;
            }
        }
    }

    private void forgetLayers() {
        for (Entry entry : entries("SELECT chain, size FROM layers")) {
            if (!needed.contains(entry.digest())) {
                database.change(
                        "DELETE FROM layers WHERE chain = ?", entry.digest().toString());
                Failpoint.COLLECTION_PART_FORGOTTEN.reach();
                bytes += entry.size();
                layers++;
            }
        }
    }

    private void sweepBlobs(Duration unfinished) {
        Folders.Content content = folders.content(Folders.Kind.BLOBS);
        for (Digest digest : content.whole()) {
            if (!isHere(digest)) {
                bytes += folders.sweep(Folders.Kind.BLOBS, digest);
                Failpoint.COLLECTION_PART_SWEPT.reach();
            }
        }
        for (Digest digest : content.unfinished()) {
            OptionalLong size = folders.sweepUnfinished(Folders.Kind.BLOBS, digest, unfinished);
            if (size.isPresent()) {
                bytes += size.getAsLong();
                blobs++;
            }
        }
    }

    private void sweepLayers() {
        Folders.Content content = folders.content(Folders.Kind.LAYERS);
        Set<Digest> known = new HashSet<>();
        entries("SELECT chain, size FROM layers").forEach(entry -> known.add(entry.digest()));
        for (Digest digest : content.whole()) {
            if (!known.contains(digest)) {
                folders.sweep(Folders.Kind.LAYERS, digest);
                Failpoint.COLLECTION_PART_SWEPT.reach();
            }
        }
        content.unfinished().forEach(it -> folders.sweepUnfinished(Folders.Kind.LAYERS, it, Duration.ZERO));
    }

    private List<Entry> entries(String query) {
        return database.query(query, row -> new Entry(Digest.parse(row.getString(1)), row.getLong(2)));
    }
}
