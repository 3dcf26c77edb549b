package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.INVALID;
import static dev.carafe.image.error.ImageException.Kind.NOT_FOUND;

import dev.carafe.image.error.ImageException;
import dev.carafe.image.layer.LayerForm;
import dev.carafe.image.layer.LayerWriter;
import dev.carafe.image.snapshot.Base;
import dev.carafe.image.snapshot.Key;
import dev.carafe.image.snapshot.RootFileSystem;
import dev.carafe.image.snapshot.Snapshot;
import dev.carafe.image.snapshot.Snapshots;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Origin;
import dev.carafe.image.store.Store;
import dev.carafe.image.store.Watcher;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Manifest;
import dev.carafe.oci.image.Platform;
import dev.carafe.oci.image.Reference;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes images of what there is: of snapshots, and of all layers of an image. */
final class Commit {

    private final Kernel kernel;
    private final Store store;
    private final Platform platform;

    Commit(Kernel kernel, Store store, Platform platform) {
        this.kernel = kernel;
        this.store = store;
        this.platform = platform;
    }

    /**
     * Makes an image of a snapshot and of all that it stands on: one layer for each snapshot.
     *
     * @param below the image whose layers it stands on, if it does
     */
    Manifest snapshot(Snapshots snapshots, Snapshot snapshot, Optional<Manifest> below, NewImage wanted) {
        List<Snapshot> chain = new ArrayList<>();
        chain.add(snapshot);
        while (chain.getLast().base() instanceof Base.Committed(Key key)) {
            chain.add(snapshots
                    .findCommitted(key)
                    .orElseThrow(() ->
                            new ImageException(NOT_FOUND, "there is no committed snapshot \"" + key + "\" any more")));
        }
        try (Lease lease = store.lease()) {
            Optional<Assembly.Ground> image = below.map(it -> held(lease, it));
            Base bottom = chain.getLast().base();
            List<Assembly.Part> parts = new ArrayList<>();
            if (!standsOn(image, bottom)) {
                if (image.isPresent() || bottom instanceof Base.Layers) {
                    throw new ImageException(
                            INVALID,
                            "the snapshot " + snapshot.key() + " stands on other layers than those of the image that it"
                                    + " is to be committed on; name that one");
                }
                if (bottom instanceof Base.Tree(RootFileSystem files)) {
                    parts.add(new Assembly.Part(tar -> tree(files.layers(), tar), step(NewImage.of(wanted.name()))));
                }
            }
            for (Snapshot one : chain.reversed()) {
                NewImage told = one.equals(snapshot) ? wanted : NewImage.of(wanted.name());
                parts.add(new Assembly.Part(tar -> snapshots.difference(one, tar), step(told)));
            }
            Assembly.Ground ground = image.orElseGet(() -> nothing(platform));
            return new Assembly(kernel, store)
                    .image(
                            lease,
                            ground,
                            parts,
                            wanted.change().apply(ground.config().execution()),
                            wanted.author(),
                            wanted.name());
        }
    }

    private boolean standsOn(Optional<Assembly.Ground> image, Base bottom) {
        if (image.isEmpty()) {
            return bottom instanceof Base.Nothing;
        }
        List<Digest> chain = image.get().config().chainIds();
        return switch (bottom) {
            case Base.Layers(List<Digest> layers) -> layers.equals(chain);
            case Base.Tree(RootFileSystem files) ->
                files.layers().equals(store.layers().folders(chain));
            case Base.Nothing() -> false;
            case Base.Committed committed -> throw new IllegalArgumentException("no bottom: " + committed);
        };
    }

    private static Assembly.Ground nothing(Platform platform) {
        ImageConfig config = ImageConfig.of(
                Instant.now().toString(),
                Optional.empty(),
                platform,
                ImageConfig.Execution.NONE,
                List.of(),
                List.of(),
                Map.of());
        return new Assembly.Ground(config, List.of(), false);
    }

    private static ImageConfig.Step step(NewImage told) {
        return new ImageConfig.Step(
                Optional.of(Instant.now().toString()),
                told.author(),
                Optional.of("carafe image commit"),
                told.message(),
                false);
    }

    /** Makes an image with one layer of all those of another one. */
    Manifest squashed(Manifest image, Reference title, Reference name) {
        try (Lease lease = store.lease()) {
            Assembly.Ground ground = held(lease, image);
            new Fetch(kernel, store, lease, new Origin.Nowhere(), Watcher.NONE).one(title.familiar(), image, platform);
            ImageConfig config = ground.config();
            List<ImageConfig.Step> before = config.history().stream()
                    .map(ImageConfig.Step::withoutLayer)
                    .toList();
            ImageConfig bare = ImageConfig.of(
                    config.created().orElse(""),
                    config.author(),
                    config.platform(),
                    config.execution(),
                    List.of(),
                    before,
                    config.others());
            ImageConfig.Step step = new ImageConfig.Step(
                    Optional.of(Instant.now().toString()),
                    Optional.empty(),
                    Optional.of("carafe image squash"),
                    Optional.of(config.layers().size() + " layers of " + title.familiar() + " in one"),
                    false);
            List<Path> folders = store.layers().folders(config.chainIds());
            return new Assembly(kernel, store)
                    .image(
                            lease,
                            new Assembly.Ground(bare, List.of(), ground.isDockers()),
                            List.of(new Assembly.Part(tar -> tree(folders, tar), step)),
                            config.execution(),
                            Optional.empty(),
                            name);
        }
    }

    private Assembly.Ground held(Lease lease, Manifest image) {
        lease.hold(List.of(image.digest(), image.config().digest()));
        lease.hold(image.layers().stream().map(Descriptor::digest).toList());
        Assembly.Ground ground = Assembly.Ground.of(store, image);
        lease.hold(ground.config().chainIds());
        return ground;
    }

    /** All that is to be seen of joined folders, as a first layer. */
    private void tree(List<Path> folders, OutputStream tar) throws IOException {
        List<Fd> opened = new ArrayList<>();
        try {
            for (Path folder : folders) {
                opened.add(kernel.files().open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY));
            }
            LayerWriter.of(kernel, LayerForm.OVERLAY).difference(List.of(), opened, tar);
        } finally {
            opened.forEach(Fd::close);
        }
    }
}
