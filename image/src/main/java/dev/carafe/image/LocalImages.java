package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.INVALID;
import static dev.carafe.image.error.ImageException.Kind.NOT_FOUND;

import dev.carafe.image.archive.ImageWriter;
import dev.carafe.image.error.ImageException;
import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.image.layer.LayerForm;
import dev.carafe.image.layer.LayerWriter;
import dev.carafe.image.snapshot.Snapshots;
import dev.carafe.image.store.Freed;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Name;
import dev.carafe.image.store.Store;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.Digest;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.Platform;
import dev.carafe.oci.image.Reference;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The images that are here under names of registries: what there is to see of them, and what names they have. */
public final class LocalImages implements AutoCloseable {

    private static final int FEWEST_DIGITS = 4;
    private static final Duration GIVEN_UP = Duration.ofDays(1);

    private final Kernel kernel;
    private final Store store;
    private final Supplier<Optional<Snapshots>> snapshots;
    private final Platform here;

    /** @param snapshots those of the same data folder, if there are any */
    LocalImages(Kernel kernel, Store store, Supplier<Optional<Snapshots>> snapshots, Platform here) {
        this.kernel = kernel;
        this.snapshots = snapshots;
        this.store = store;
        this.here = here;
    }

    /**
     * An image under one of its names.
     *
     * @param name and what it leads to
     * @param content what is to be seen of its configuration; nothing if it is no image, or not here for this platform
     */
    public record Summary(Name name, Optional<Content> content) {

        public Reference reference() {
            return Reference.parse(name.text());
        }
    }

    /**
     * An image for one platform.
     *
     * @param size the bytes of its layers: on the disk, or packed where they are not unpacked
     */
    public record Content(Manifest manifest, ImageConfig config, long size) {

        /** What Docker calls an image's id: its configuration's digest. */
        public Digest id() {
            return manifest.config().digest();
        }
    }

    /** All of them, ordered by name. */
    public List<Summary> list() {
        return store.names().stream().map(this::summary).toList();
    }

    private Summary summary(Name name) {
        return new Summary(name, content(name.target()));
    }

    private Optional<Content> content(Descriptor target) {
        return manifest(target).filter(Manifest::isImage).flatMap(manifest -> {
            if (!store.blobs().has(manifest.config().digest())) {
                return Optional.empty();
            }
            ImageConfig config = Stack.config(store, manifest);
            return Optional.of(new Content(manifest, config, size(manifest, config)));
        });
    }

    private Optional<Manifest> manifest(Descriptor target) {
        return document(target).flatMap(document -> Choice.of(document, here, this::document));
    }

    private Optional<Document> document(Descriptor target) {
        return store.blobs().has(target.digest()) ? Optional.of(store.document(target)) : Optional.empty();
    }

    /** The bytes of the layers of all images, of which several may have one: on the disk, or packed. */
    public long size() {
        Map<Digest, Long> sizes = new HashMap<>();
        for (Summary image : list()) {
            image.content().ifPresent(content -> {
                List<Digest> chain = content.config().chainIds();
                List<Descriptor> layers = content.manifest().layers();
                for (int i = 0; i < Math.min(chain.size(), layers.size()); i++) {
                    long packed = layers.get(i).size();
                    sizes.put(chain.get(i), store.layers().size(chain.get(i)).orElse(packed));
                }
            });
        }
        return sizes.values().stream().mapToLong(Long::longValue).sum();
    }

    private long size(Manifest manifest, ImageConfig config) {
        List<Digest> chain = config.chainIds();
        long size = 0;
        for (int i = 0; i < manifest.layers().size(); i++) {
            long packed = manifest.layers().get(i).size();
            size += i < chain.size() ? store.layers().size(chain.get(i)).orElse(packed) : packed;
        }
        return size;
    }

    /**
     * The image that somebody means: by a name, by a digest, or by at least four of an id's digits.
     *
     * @throws ImageException if there is none, or several
     */
    public Summary find(String text) {
        Optional<Name> named = reference(text).flatMap(it -> store.find(it.toString()));
        if (named.isPresent()) {
            return summary(named.get());
        }
        String digits = text.startsWith("sha256:") ? text.substring("sha256:".length()) : text;
        List<Summary> found = new ArrayList<>();
        if (digits.length() >= FEWEST_DIGITS && digits.matches("[0-9a-f]+")) {
            for (Summary summary : list()) {
                boolean meant = summary.name().target().digest().hex().startsWith(digits)
                        || summary.content()
                                .filter(it -> it.id().hex().startsWith(digits)
                                        || it.manifest().digest().hex().startsWith(digits))
                                .isPresent();
                if (meant) {
                    found.add(summary);
                }
            }
        }
        if (found.isEmpty()) {
            throw new ImageException(
                    NOT_FOUND,
                    "there is no image \"" + text + "\" here; \"carafe image list\" shows those that there are, and"
                            + " \"carafe image pull\" fetches one");
        }
        if (found.stream().map(it -> it.name().target().digest()).distinct().count() > 1) {
            throw new ImageException(INVALID, "\"" + text + "\" begins the id of several images: give more of it");
        }
        return found.getFirst();
    }

    private static Optional<Reference> reference(String text) {
        try {
            return Optional.of(Reference.parse(text).withDefaultTag());
        } catch (InvalidDocumentException noName) {
            return Optional.empty();
        }
    }

    /**
     * The manifest of an image for this machine's platform.
     *
     * @throws ImageException if there is none here
     */
    Manifest manifest(Summary summary) {
        return summary.content()
                .map(Content::manifest)
                .orElseThrow(() -> new ImageException(
                        NOT_FOUND,
                        summary.reference().familiar() + ": is not all here for " + here + "; pull it again"));
    }

    /** The manifest or index itself. */
    public Document document(Summary summary) {
        return store.document(summary.name().target());
    }

    /** Gives an image a further name; one that led to another image leads to this one then. */
    public void tag(Summary image, Reference name) {
        if (name.digest().isPresent()) {
            throw new ImageException(INVALID, name + ": a name to give has no digest, as that is the image's own");
        }
        Failpoint.TAG_BEGUN.reach();
        store.name(name.withDefaultTag().toString(), image.name().target());
    }

    /**
     * Writes images to an archive or a layout; all that is here of them, for whichever platform.
     *
     * @param writer is closed by whoever made it
     */
    public void save(List<Summary> images, ImageWriter writer) {
        try (Lease lease = store.lease()) {
            lease.hold(images.stream().map(it -> it.name().target().digest()).toList());
            new Save(store, lease, here, writer).all(images);
        }
    }

    /**
     * Writes an image's files as they are when it runs, as one archive.
     *
     * @param output stays open
     * @throws ImageException if it is not all here for this platform
     */
    public void export(Summary image, OutputStream output) throws IOException {
        List<Fd> folders = new ArrayList<>();
        try (Lease lease = store.lease()) {
            Image ready = new StoredImages(store)
                    .find(
                            new ImageReference.Registry(image.reference()),
                            image.name().target(),
                            here,
                            lease)
                    .orElseThrow(() -> new ImageException(
                            NOT_FOUND,
                            image.reference().familiar() + ": is not all here for " + here + "; pull it again"));
            for (Path folder : ready.rootFileSystem().layers()) {
                folders.add(kernel.files().open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY));
            }
            LayerWriter.of(kernel, LayerForm.OVERLAY).tree(folders, output);
        } finally {
            folders.forEach(Fd::close);
        }
    }

    /**
     * What {@link #verify} has found.
     *
     * @param unchecked layers whose blobs are not here, so that nothing is known of them
     */
    public record Verified(int blobs, int layers, int unchecked, int damaged) {}

    /**
     * Reads all that is here and finds what has changed on the disk. That is not given out any more, so that pulling its
     * image again repairs it.
     *
     * @param damage hears of each thing that is damaged, a line each
     */
    public Verified verify(Consumer<String> damage) {
        return new Verification(kernel, store, damage).all();
    }

    /** Takes a name away. What no other name leads to, and nobody uses, is freed. */
    public Freed remove(Summary image) {
        forget(image);
        return collect(GIVEN_UP);
    }

    /** Takes a name away; nothing is freed before the next {@link #prune}. */
    public void forget(Summary image) {
        store.forget(image.name().text());
    }

    /**
     * Frees what no name leads to and nobody uses, and what killed processes have left behind of snapshots.
     *
     * @param unfinished what has come of transfers that were cut short is given up too, however new it is
     */
    public Freed prune(boolean unfinished) {
        return collect(unfinished ? Duration.ZERO : GIVEN_UP);
    }

    private Freed collect(Duration unfinished) {
        snapshots.get().ifPresent(Snapshots::sweep);
        // Looked for again: the first ones may have been made meanwhile.
        return store.collect(
                unfinished, () -> snapshots.get().map(Snapshots::layers).orElse(Set.of()));
    }

    /**
     * What has come of dropping packed layers.
     *
     * @param dropped how many
     * @param bytes that this freed
     * @param kept bytes of what they are made of again, beside their folders
     * @param staying those that are unpacked and stay nevertheless, and why
     */
    public record PackedDropped(int dropped, long bytes, long kept, List<Staying> staying) {}

    /**
     * A packed layer that stays.
     *
     * @param why a part of a sentence about it
     */
    public record Staying(Digest layer, long bytes, String why) {}

    /**
     * Drops the packed layers of images that are here unpacked. They are made again, to the byte, when somebody wants
     * them.
     *
     * @param images whose
     */
    public PackedDropped dropPacked(List<Summary> images) {
        return new PackedLayers(store).drop(images);
    }

    @Override
    public void close() {
        store.close();
    }
}
