package dev.carafe.image.store;

import static dev.carafe.image.error.ImageException.Kind.FAILED;
import static dev.carafe.image.error.ImageException.Kind.NOT_FOUND;

import dev.carafe.image.error.DiskTrouble;
import dev.carafe.image.error.ImageException;
import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The blobs of a store: manifests, configurations and packed layers, each a file that its digest names.
 *
 * <p>A packed layer may also be here as a recipe by which it is made of its folder. That makes no difference but in time
 * to whoever wants its bytes.
 */
public final class Blobs {

    /** Reads a blob from its beginning; what it leaves unread is read for it. */
    @FunctionalInterface
    public interface Reading<T> {
        T read(InputStream content) throws IOException;
    }

    private final Folders folders;
    private final Database database;
    private final String boot;
    private final Recipes recipes;

    Blobs(Folders folders, Database database, String boot, Recipes recipes) {
        this.folders = folders;
        this.database = database;
        this.boot = boot;
        this.recipes = recipes;
    }

    /** Whether a blob is here: whole, or to be made of its layer by a recipe. */
    public boolean has(Digest digest) {
        return database.transact(() -> hasWithin(digest));
    }

    private boolean hasWithin(Digest digest) {
        return database.first(
                        "SELECT 1 FROM blobs WHERE digest = ? UNION ALL SELECT 1 FROM recipes"
                                + " JOIN layers ON layers.diff = recipes.diff WHERE recipes.blob = ?",
                        row -> true,
                        digest.toString(),
                        digest.toString())
                .isPresent();
    }

    /**
     * Opens a blob's content. It is not checked once more, but for one that is made now: there an error at its end says
     * that it is another.
     *
     * @throws ImageException if it is not here
     */
    public InputStream open(Digest digest) {
        try {
            return Files.newInputStream(folders.path(Folders.Kind.BLOBS, digest));
        } catch (IOException exception) {
            try {
                return recipes.open(digest).orElseThrow(() -> missing(digest, exception));
            } catch (IOException making) {
                throw failure(digest, making);
            }
        }
    }

    private InputStream openFile(Digest digest) {
        try {
            return Files.newInputStream(folders.path(Folders.Kind.BLOBS, digest));
        } catch (IOException exception) {
            throw missing(digest, exception);
        }
    }

    private static ImageException missing(Digest digest, IOException exception) {
        return new ImageException(
                NOT_FOUND, "the blob " + digest + " is not here (" + exception + "); pull the image again", exception);
    }

    /**
     * Drops the blob of a layer, if it can be made of what it was unpacked to: the layer is held, on the disk, and has not
     * changed.
     *
     * @throws ImageException if something cannot be read or written; the blob is there then
     */
    public Recipes.Outcome drop(Layers.Layer layer) {
        return recipes.drop(layer, () -> openFile(layer.blob().digest()));
    }

    /**
     * A small blob's content, checked.
     *
     * @param most the bytes that it may have
     * @throws ImageException if it is not here, is larger or has changed
     */
    public byte[] read(Digest digest, int most) {
        byte[] content;
        try (InputStream in = openFile(digest)) {
            content = in.readNBytes(most + 1);
        } catch (IOException exception) {
            throw failure(digest, exception);
        }
        if (content.length > most) {
            throw new ImageException(FAILED, "the blob " + digest + " has more than " + most + " bytes");
        }
        if (!digest.matches(content)) {
            throw new ImageException(
                    FAILED,
                    "the blob " + digest + " has changed on the disk; \"carafe image verify\" finds what else has, and"
                            + " pulling its image again repairs it");
        }
        return content;
    }

    /** Adds a blob that is at hand. */
    public Descriptor put(String mediaType, byte[] content) {
        Descriptor blob = Descriptor.of(mediaType, content);
        fetch(
                blob,
                (asked, offset) -> new ByteArrayInputStream(content, (int) offset, content.length - (int) offset),
                Watcher.NONE);
        return blob;
    }

    /** Has a blob here, from its source if need be. */
    public void fetch(Descriptor blob, BlobSource source, Watcher watcher) {
        if (!has(blob.digest())) {
            fetch(blob, source, watcher, content -> true);
        }
    }

    /**
     * Has a blob here and reads it, in one pass where it comes from its source.
     *
     * <p>If it has to come, others who want it wait. What has come when it fails is kept for the next time.
     *
     * @return what the reading gave; the content that it read is right
     * @throws ImageException if it cannot be had, or its content is not what its descriptor says
     */
    public <T> T fetch(Descriptor blob, BlobSource source, Watcher watcher, Reading<T> reading) {
        while (true) {
            Optional<Folders.Unfinished> begun = folders.begin(
                    Folders.Kind.BLOBS, blob.digest(), () -> has(blob.digest()), () -> watcher.waiting(blob));
            if (begun.isEmpty()) {
                return readWhole(blob, watcher, reading);
            }
            try (Folders.Unfinished unfinished = begun.get()) {
                Failpoint.BLOB_BEGUN.reach();
                Optional<T> result = receive(blob, unfinished, source, watcher, reading);
                if (result.isPresent()) {
                    return result.get();
                }
            } // What was on disk of it was wrong, and is gone: once more, from its source alone.
        }
    }

    private <T> Optional<T> receive(
            Descriptor blob, Folders.Unfinished unfinished, BlobSource source, Watcher watcher, Reading<T> reading) {
        try (FileChannel file = FileChannel.open(unfinished.path(), StandardOpenOption.READ, StandardOpenOption.WRITE);
                Incoming incoming = new Incoming(blob, file, source, count -> watcher.moved(blob, count))) {
            @Nullable T result;
            boolean whole;
            try {
                result = reading.read(unclosed(incoming));
                whole = incoming.isWhole();
            } catch (ImageException wrong) {
                // What cannot be read may be so because it is not what it should be: that is the better reason.
                if (isWholeOrNobodyKnows(incoming)) {
                    throw wrong;
                }
                whole = false;
                result = null;
            }
            if (!whole) {
                file.truncate(0);
                if (incoming.hasKept()) {
                    return Optional.empty();
                }
                throw mismatch(blob);
            }
            finish(blob, unfinished);
            return Optional.ofNullable(result);
        } catch (IOException exception) {
            throw failure(blob.digest(), exception);
        } catch (SystemCallException exception) {
            throw ImageException.refused(folders.path(Folders.Kind.BLOBS, blob.digest()), exception);
        }
    }

    /** The rest may not come: the disk is full, or whoever read it was interrupted, which closes a file in Java. */
    private static boolean isWholeOrNobodyKnows(Incoming incoming) {
        try {
            return incoming.isWhole();
        } catch (IOException | ImageException unknown) {
            return true;
        }
    }

    private void finish(Descriptor blob, Folders.Unfinished unfinished) {
        Failpoint.BLOB_RECEIVED.reach();
        database.transact(() -> {
            unfinished.finish();
            Failpoint.BLOB_MOVED.reach();
            database.change(
                    "INSERT OR REPLACE INTO blobs VALUES (?, ?, ?)",
                    blob.digest().toString(),
                    blob.size(),
                    boot);
            Failpoint.BLOB_NOTED.reach();
            return true;
        });
        Failpoint.BLOB_COMMITTED.reach();
    }

    private <T> T readWhole(Descriptor blob, Watcher watcher, Reading<T> reading) {
        try (InputStream content = open(blob.digest());
                Checked checked = new Checked(content, blob.digest())) {
            T result = reading.read(unclosed(checked));
            checked.transferTo(OutputStream.nullOutputStream());
            if (!checked.isRight()) {
                throw mismatch(blob);
            }
            watcher.moved(blob, blob.size());
            return result;
        } catch (IOException exception) {
            throw failure(blob.digest(), exception);
        }
    }

    /** For a reader that closes what it has read: there may be more to read. */
    private static InputStream unclosed(InputStream content) {
        return new FilterInputStream(content) {
            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                return in.read(buffer, offset, length);
            }

            @Override
            public void close() {
                // Whoever opened it does.
            }
        };
    }

    /** Whether a blob is here as a file. */
    public boolean hasFile(Digest digest) {
        return database.transact(
                () -> database.first("SELECT 1 FROM blobs WHERE digest = ?", row -> true, digest.toString())
                        .isPresent());
    }

    /** All that are here as files. */
    public List<Digest> all() {
        return database.transact(
                () -> database.query("SELECT digest FROM blobs", row -> Digest.parse(row.getString(1))));
    }

    /**
     * Reads a blob that is here and compares its digest. One that has changed is not here any more then.
     *
     * @return whether it is as it should be
     */
    public boolean verify(Digest digest) {
        try (InputStream content = openFile(digest);
                Checked checked = new Checked(content, digest)) {
            checked.transferTo(OutputStream.nullOutputStream());
            if (checked.isRight()) {
                return true;
            }
        } catch (IOException | ImageException unreadable) {
            // As bad as changed.
        }
        database.transactDurably(() -> database.change("DELETE FROM blobs WHERE digest = ?", digest.toString()));
        Failpoint.BLOB_DISTRUSTED.reach();
        database.transact(() -> hasWithin(digest) ? 0 : folders.sweep(Folders.Kind.BLOBS, digest));
        return false;
    }

    private static ImageException mismatch(Descriptor blob) {
        return new ImageException(
                FAILED,
                "the blob " + blob.digest() + " of " + blob.size()
                        + " bytes is not what its digest says: its source is damaged or lies");
    }

    private ImageException failure(Digest digest, IOException exception) {
        return DiskTrouble.of(exception).isPresent()
                ? ImageException.unwritten(folders.path(Folders.Kind.BLOBS, digest), exception)
                : new ImageException(FAILED, "the blob " + digest + ": " + exception.getMessage(), exception);
    }
}
