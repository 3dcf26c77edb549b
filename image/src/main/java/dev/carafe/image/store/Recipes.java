package dev.carafe.image.store;

import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.image.hash.Hashes;
import dev.carafe.image.layer.LayerFiles;
import dev.carafe.image.recipe.DamageException;
import dev.carafe.image.recipe.NoRecipeException;
import dev.carafe.image.recipe.Recipe;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Optional;

/**
 * Layers' blobs that are not kept, but made from the layers' folders by recipes when they are wanted.
 *
 * <p>A recipe's file is whole and on the disk before its row, and both are before the blob goes. Where a layer is not
 * here any more, a recipe for its blob is of no use, and the blob is not here either.
 */
public final class Recipes {

    /** What has come of the wish to drop a blob. */
    public sealed interface Outcome {}

    /**
     * It is dropped.
     *
     * @param bytes that it had
     * @param kept of those, what its recipe takes
     */
    public record Dropped(long bytes, long kept) implements Outcome {}

    /** It stays. */
    public record Stays(String why) implements Outcome {}

    private final Kernel kernel;
    private final Folders folders;
    private final Database database;
    private final Layers layers;

    Recipes(Kernel kernel, Folders folders, Database database, Layers layers) {
        this.kernel = kernel;
        this.folders = folders;
        this.database = database;
        this.layers = layers;
    }

    /**
     * Drops the blob of a layer that is here and known to be on the disk, after it has been made from its recipe once.
     *
     * @param open opens the blob
     */
    Outcome drop(Layers.Layer layer, Recipe.Packed open) {
        Descriptor blob = layer.blob();
        if (!isOnDisk(layer)) {
            return new Stays("it is not unpacked");
        }
        try {
            Optional<Folders.Unfinished> begun =
                    folders.begin(Folders.Kind.RECIPES, blob.digest(), () -> has(blob.digest()), () -> {});
            if (begun.isPresent()) {
                try (Folders.Unfinished unfinished = begun.get()) {
                    write(layer, open, unfinished);
                }
            } else {
                check(blob.digest());
            }
        } catch (NoRecipeException exception) {
            return new Stays(exception.reason());
        } catch (IOException exception) {
            return new Stays(String.valueOf(exception.getMessage()));
        }
        long kept = size(blob.digest());
        database.transactDurably(() -> database.change(
                "DELETE FROM blobs WHERE digest = ?", blob.digest().toString()));
        Failpoint.PACKED_FORGOTTEN.reach();
        // Whoever has fetched it again meanwhile keeps it.
        database.transact(() -> database.first(
                        "SELECT 1 FROM blobs WHERE digest = ?",
                        row -> true,
                        blob.digest().toString())
                .or(() -> Optional.of(folders.sweep(Folders.Kind.BLOBS, blob.digest()) > 0)));
        Failpoint.PACKED_SWEPT.reach();
        folders.empty();
        return new Dropped(blob.size(), kept);
    }

    private boolean isOnDisk(Layers.Layer layer) {
        return database.transact(() -> database.first(
                        "SELECT 1 FROM layers WHERE chain = ? AND boot IS NULL",
                        row -> true,
                        layer.chain().toString())
                .isPresent());
    }

    private boolean has(Digest blob) {
        return database.transact(
                () -> database.first("SELECT 1 FROM recipes WHERE blob = ?", row -> true, blob.toString())
                        .isPresent());
    }

    private long size(Digest blob) {
        return database.transact(
                () -> database.first("SELECT size FROM recipes WHERE blob = ?", row -> row.getLong(1), blob.toString())
                        .orElse(0L));
    }

    private void write(Layers.Layer layer, Recipe.Packed open, Folders.Unfinished unfinished)
            throws IOException, NoRecipeException {
        Digest blob = layer.blob().digest();
        try (FileChannel file = FileChannel.open(unfinished.path(), StandardOpenOption.READ, StandardOpenOption.WRITE);
                Fd folder = folder(layer.chain());
                LayerFiles files = new LayerFiles(kernel, folder)) {
            Failpoint.RECIPE_BEGUN.reach();
            file.truncate(0);
            OutputStream output = new BufferedOutputStream(Channels.newOutputStream(file));
            Recipe.write(open, layer.blob().size(), files, output);
            output.flush();
            if (!digest(Recipe.open(file, files), blob).equals(blob)) {
                throw new NoRecipeException("it is not known how it was compressed");
            }
            file.force(true);
            Failpoint.RECIPE_WRITTEN.reach();
            long size = file.size();
            database.transactDurably(() -> {
                unfinished.finish();
                folders.sync(Folders.Kind.RECIPES, blob);
                Failpoint.RECIPE_MOVED.reach();
                database.change(
                        "INSERT OR REPLACE INTO recipes VALUES (?, ?, ?)",
                        blob.toString(),
                        layer.diff().toString(),
                        size);
                Failpoint.RECIPE_NOTED.reach();
            });
            Failpoint.RECIPE_COMMITTED.reach();
        } catch (IOException | NoRecipeException | RuntimeException exception) {
            folders.sweepUnfinished(unfinished);
            throw exception;
        }
    }

    private Fd folder(Digest chain) {
        return kernel.files()
                .open(
                        Fd.CWD,
                        folders.path(Folders.Kind.LAYERS, chain).toString(),
                        OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW);
    }

    private static Digest digest(InputStream made, Digest blob) throws IOException {
        MessageDigest hash = Hashes.begin(blob.algorithm());
        try (InputStream input = made) {
            byte[] part = new byte[64 * 1024];
            for (int count = input.read(part); count >= 0; count = input.read(part)) {
                hash.update(part, 0, count);
            }
        }
        return blob.algorithm().end(hash);
    }

    /** Makes a blob of a recipe that there is already, which compares the digest. */
    private void check(Digest blob) throws IOException {
        Optional<InputStream> made = open(blob);
        if (made.isPresent()) {
            try (InputStream input = made.get()) {
                input.transferTo(OutputStream.nullOutputStream());
            }
        }
    }

    /**
     * Makes a blob.
     *
     * @return its bytes, which are right when they have been read to their end without an error; nothing if there is no
     *     recipe, or no layer for it
     */
    Optional<InputStream> open(Digest blob) throws IOException {
        Optional<Digest> chain = database.transact(() -> database.first(
                "SELECT layers.chain FROM recipes JOIN layers ON layers.diff = recipes.diff WHERE recipes.blob = ?",
                row -> Digest.parse(row.getString(1)),
                blob.toString()));
        return chain.isEmpty() ? Optional.empty() : Optional.of(new Made(blob, chain.get()));
    }

    /** A recipe is of no use any more. */
    private void forget(Digest blob) {
        database.transact(() -> {
            folders.sweep(Folders.Kind.RECIPES, blob);
            return database.change("DELETE FROM recipes WHERE blob = ?", blob.toString());
        });
    }

    /** A blob that is being made. What turns out to be damaged is not here any more. */
    private final class Made extends InputStream {
        private final Digest blob;
        private final Digest chain;
        private final MessageDigest hash;
        private final FileChannel recipe;
        private final Fd folder;
        private final LayerFiles files;
        private final InputStream content;
        private boolean ended;

        Made(Digest blob, Digest chain) throws IOException {
            this.blob = blob;
            this.chain = chain;
            hash = Hashes.begin(blob.algorithm());
            try {
                recipe = FileChannel.open(folders.path(Folders.Kind.RECIPES, blob), StandardOpenOption.READ);
            } catch (IOException exception) {
                forget(blob);
                throw new IOException(message("its recipe cannot be read: " + exception), exception);
            }
            folder = Recipes.this.folder(chain);
            files = new LayerFiles(kernel, folder);
            try {
                content = Recipe.open(recipe, files);
            } catch (IOException exception) {
                closeAll();
                throw distrust(exception);
            }
        }

        private String message(String problem) {
            return "the blob " + blob + " was dropped, and cannot be made again, as " + problem
                    + "; pull its image again";
        }

        private IOException distrust(IOException exception) {
            if (exception instanceof DamageException damage && damage.of() == DamageException.Of.FOLDER) {
                layers.distrust(chain);
            } else if (exception instanceof DamageException) {
                forget(blob);
            }
            return new IOException(message(String.valueOf(exception.getMessage())), exception);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (ended || length == 0) {
                return ended ? -1 : 0;
            }
            int count;
            try {
                count = content.read(bytes, offset, length);
            } catch (IOException exception) {
                throw distrust(exception);
            }
            if (count >= 0) {
                hash.update(bytes, offset, count);
                return count;
            }
            ended = true;
            if (!blob.algorithm().end(hash).equals(blob)) {
                forget(blob);
                throw new IOException(message("this version of Carafe makes another one of its recipe"));
            }
            return -1;
        }

        private void closeAll() throws IOException {
            files.close();
            folder.close();
            recipe.close();
        }

        @Override
        public void close() throws IOException {
            content.close();
            closeAll();
        }
    }
}
