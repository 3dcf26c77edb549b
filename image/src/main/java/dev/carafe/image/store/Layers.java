package dev.carafe.image.store;

import static dev.carafe.image.error.ImageException.Kind.NOT_FOUND;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.linux.Fd;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/** The layers of a store, unpacked: each a folder that overlayfs can join with those below it. */
public final class Layers {

    /**
     * A layer on top of certain others.
     *
     * @param chain names it together with all that lie below it: its chain ID (config.md, layer ChainID)
     * @param diff what its archive hashes to, not compressed
     * @param blob its archive
     */
    public record Layer(Digest chain, Digest diff, Descriptor blob) {}

    /** Unpacks a layer. */
    @FunctionalInterface
    public interface Filling {
        /** Fills a folder that is empty. */
        Filled fill(Fd folder);
    }

    /**
     * What a folder was filled with.
     *
     * @param size in bytes
     * @param coversAll whether nothing is to be seen of the layers below
     */
    public record Filled(long size, boolean coversAll) {}

    private final Folders folders;
    private final Database database;
    private final String boot;

    Layers(Folders folders, Database database, String boot) {
        this.folders = folders;
        this.database = database;
        this.boot = boot;
    }

    /** Whether a layer is here, whole. */
    public boolean has(Digest chain) {
        return database.transact(() -> hasWithin(chain));
    }

    private boolean hasWithin(Digest chain) {
        return database.first("SELECT 1 FROM layers WHERE chain = ?", row -> true, chain.toString())
                .isPresent();
    }

    /** The bytes that a layer takes on the disk; nothing if it is not here. */
    public OptionalLong size(Digest chain) {
        return database.transact(
                () -> database.first("SELECT size FROM layers WHERE chain = ?", row -> row.getLong(1), chain.toString())
                        .map(OptionalLong::of)
                        .orElse(OptionalLong.empty()));
    }

    /**
     * The folders that an image's layers are joined from, the top one first.
     *
     * @param chain the names of all its layers, the lowest first
     * @throws ImageException if one is not here
     */
    public List<Path> folders(List<Digest> chain) {
        List<Path> folders = new ArrayList<>();
        for (Digest layer : chain.reversed()) {
            boolean coversAll = database.transact(() -> database.first(
                            "SELECT covers FROM layers WHERE chain = ?", row -> row.getBoolean(1), layer.toString())
                    .orElseThrow(() -> new ImageException(
                            NOT_FOUND, "the layer " + layer + " is not here; pull the image again")));
            folders.add(folder(layer));
            if (coversAll) {
                break;
            }
        }
        return folders;
    }

    /** Where a layer is, or would be. */
    public Path folder(Digest chain) {
        return folders.path(Folders.Kind.LAYERS, chain);
    }

    /**
     * Has a layer here, unpacked now if it is not; others who want it wait for that.
     *
     * @throws RuntimeException what the filling throws; nothing is left of the layer then
     */
    public void obtain(Layer layer, Watcher watcher, Filling filling) {
        Optional<Folders.Unfinished> begun = folders.begin(
                Folders.Kind.LAYERS, layer.chain(), () -> has(layer.chain()), () -> watcher.waiting(layer.blob()));
        if (begun.isPresent()) {
            try (Folders.Unfinished unfinished = begun.get()) {
                fill(layer, unfinished, filling);
            }
        }
        watcher.done(layer.blob());
    }

    private void fill(Layer layer, Folders.Unfinished unfinished, Filling filling) {
        folders.clear(unfinished.file());
        Failpoint.LAYER_BEGUN.reach();
        try {
            Filled filled = filling.fill(unfinished.file());
            Failpoint.LAYER_UNPACKED.reach();
            database.transact(() -> {
                unfinished.finish();
                Failpoint.LAYER_MOVED.reach();
                database.change(
                        "INSERT OR REPLACE INTO layers VALUES (?, ?, ?, ?, ?, ?)",
                        layer.chain().toString(),
                        layer.diff().toString(),
                        layer.blob().digest().toString(),
                        filled.size(),
                        filled.coversAll(),
                        boot);
                Failpoint.LAYER_NOTED.reach();
                return true;
            });
        } catch (RuntimeException exception) {
            try {
                folders.sweepUnfinished(unfinished);
                folders.empty();
            } catch (RuntimeException remains) {
                exception.addSuppressed(remains);
            }
            throw exception instanceof SystemCallException refused
                    ? ImageException.refused(folder(layer.chain()), refused)
                    : exception;
        }
        Failpoint.LAYER_COMMITTED.reach();
    }

    /** Gives somebody an empty folder beside the layers, which is removed again. */
    public void besides(Consumer<Fd> work) {
        folders.besides(work);
    }

    /** Takes a layer for damaged: it is not here any more. */
    public void distrust(Digest chain) {
        database.transactDurably(() -> database.change("DELETE FROM layers WHERE chain = ?", chain.toString()));
        Failpoint.LAYER_DISTRUSTED.reach();
        database.transact(() -> hasWithin(chain) ? 0 : folders.sweep(Folders.Kind.LAYERS, chain));
    }
}
