package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.UNAVAILABLE;

import dev.carafe.image.archive.ArchivedImages;
import dev.carafe.image.error.ImageException;
import dev.carafe.image.registry.Registries;
import dev.carafe.image.registry.RegistryImage;
import dev.carafe.image.snapshot.DriverKind;
import dev.carafe.image.snapshot.Snapshot;
import dev.carafe.image.snapshot.Snapshots;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Origin;
import dev.carafe.image.store.Store;
import dev.carafe.image.store.Watcher;
import dev.carafe.linux.Architecture;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.Digest;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.ImageConfig;
import dev.carafe.oci.image.Platform;
import dev.carafe.oci.image.Reference;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The images of one data folder.
 *
 * <p>Thread-safe, and several processes may share a data folder: an image is made once, by whoever asks first, while
 * the others wait. An image is either wholly there or not at all, whatever ended the process or the machine that made
 * it.
 */
public final class Images {

    private static final Platform PLATFORM =
            Platform.of("linux", Architecture.current().name().toLowerCase(Locale.ROOT));

    private final Kernel kernel;
    private final Path data;
    private final Path folder;
    private final Path snapshots;
    private final Function<Path, Store> stores;
    private final Function<String, Optional<String>> environment;
    private final Supplier<Registries> registries;
    private final StoreSource stored;

    private Images(
            Kernel kernel,
            Path data,
            Function<Path, Store> stores,
            Function<String, Optional<String>> environment,
            Supplier<Registries> registries) {
        this.kernel = kernel;
        this.data = data;
        this.folder = data.resolve("images");
        this.snapshots = data.resolve("snapshots");
        this.stores = stores;
        this.environment = environment;
        this.registries = registries;
        this.stored = new StoreSource(kernel, folder, stores, PLATFORM);
    }

    /**
     * Opens the images of a data folder.
     *
     * @param dataFolder Carafe's own folder; images live in {@code images} below it, made
     *     when there is a first one
     * @param environment the caller's variables by name: the proxies that he uses hold for what is fetched
     * @param stores opens the store that is in a folder
     * @param registries opens what images are pulled from that are run and not here
     */
    public static Images open(
            Path dataFolder,
            Kernel kernel,
            Function<Path, Store> stores,
            Function<String, Optional<String>> environment,
            Supplier<Registries> registries) {
        return new Images(kernel, dataFolder.toAbsolutePath().normalize(), stores, environment, registries);
    }

    /** What images have to be made for to run here. */
    public static Platform platform() {
        return PLATFORM;
    }

    /** Those that are here under names of registries. Whoever asks for them closes them. */
    public LocalImages local() {
        try {
            return local(stores.apply(folder));
        } catch (ImageException refused) {
            // Things can be removed from a full disk, too.
            if (!Store.giveUpReserve(kernel, folder)) {
                throw refused;
            }
            return local(stores.apply(folder));
        }
    }

    private LocalImages local(Store store) {
        return new LocalImages(
                kernel, store, () -> Snapshots.find(kernel, snapshots, () -> stores.apply(folder)), PLATFORM);
    }

    /**
     * The image that a reference names, made first if it is not there.
     *
     * <p>May take minutes, and is bounded. Interrupting the thread ends it.
     *
     * @param fetching whether one of a registry is pulled; the others are made if they are not here
     * @param holder the image's content stays for as long as this file or folder exists
     * @param progress takes a line for people whenever a step begins; never called when the image is there
     * @throws ImageException which says what to do
     */
    public Image resolve(ImageReference reference, Fetching fetching, Path holder, Consumer<String> progress) {
        return switch (reference) {
            case ImageReference.Bootstrap asked ->
                new BootstrapSource(kernel, folder.resolve("bootstrap"), Tools.ofMachine(environment))
                        .resolve(asked, progress);
            case ImageReference.Host asked ->
                new HostSource(kernel, folder.resolve("host"), Path.of("/"), data).resolve(asked);
            case ImageReference.OciLayout asked -> inLayout(asked, holder);
            case ImageReference.OciArchive asked -> inArchive(asked, asked.file(), holder);
            case ImageReference.DockerArchive asked -> inArchive(asked, asked.file(), holder);
            case ImageReference.Simplestreams asked -> throw notYet(asked, "an image of a simplestreams server");
            case ImageReference.Registry asked ->
                stored.resolve(asked, fetching, holder, (store, name) -> pull(store, name, progress));
        };
    }

    private Image inLayout(ImageReference.OciLayout asked, Path holder) {
        return stored.resolve(
                asked,
                store -> ArchivedImages.layout(kernel, Path.of(asked.folder())),
                asked.tag().orElse(""),
                holder);
    }

    private Image inArchive(ImageReference asked, String file, Path holder) {
        return stored.resolve(asked, store -> ArchivedImages.archive(Path.of(file), store::scratch), "", holder);
    }

    /**
     * Takes all images of an archive or a layout into the store.
     *
     * @param path absolute: a folder with an OCI image layout, or an archive with one or as {@code docker save} writes it
     * @param as the name for what has none there, or only a tag
     * @return their names
     */
    public List<Reference> load(Path path, Optional<Reference> as, Watcher watcher) {
        try (Store store = stores.apply(folder);
                ArchivedImages archive = Files.isDirectory(path)
                        ? ArchivedImages.layout(kernel, path)
                        : ArchivedImages.archive(path, store::scratch)) {
            return new Load(kernel, store, archive, PLATFORM, watcher).all(path.toString(), as);
        }
    }

    /**
     * Makes an image of one layer from an archive of a root file system.
     *
     * @param title what messages call the archive
     * @param tar compressed or not; read to its end
     * @param name of the image
     * @param execution how it is to be run
     * @return the digest of its manifest
     */
    public Digest importArchive(String title, InputStream tar, Reference name, ImageConfig.Execution execution) {
        try (Store store = stores.apply(folder)) {
            return new Import(kernel, store)
                    .image(title, tar, name, execution, PLATFORM)
                    .digest();
        }
    }

    /**
     * The snapshots of the data folder.
     *
     * @param wanted the driver, as for {@link Snapshots#open}
     */
    public Snapshots snapshots(Optional<DriverKind> wanted) {
        return Snapshots.open(kernel, snapshots, wanted, () -> stores.apply(folder));
    }

    /**
     * Makes an image of a snapshot: the layers that it stands on, and one more for each snapshot. Nobody may change the
     * snapshot meanwhile.
     *
     * @param below the image whose layers it stands on, as people name it; nothing for a snapshot of anything else, which
     *     becomes layers as well
     * @return the digest of its manifest
     * @throws ImageException if the snapshot does not stand on that image
     */
    public Digest commit(Snapshots from, Snapshot snapshot, Optional<String> below, NewImage wanted) {
        try (Store store = stores.apply(folder)) {
            LocalImages local = local(store);
            return new Commit(kernel, store, PLATFORM)
                    .snapshot(from, snapshot, below.map(it -> local.manifest(local.find(it))), wanted)
                    .digest();
        }
    }

    /**
     * Makes an image with one layer that has all those of another one, for this machine's platform.
     *
     * @param image as people name it
     * @param name of the new one
     * @return the digest of its manifest
     */
    public Digest squash(String image, Reference name) {
        try (Store store = stores.apply(folder)) {
            LocalImages local = local(store);
            LocalImages.Summary found = local.find(image);
            return new Commit(kernel, store, PLATFORM)
                    .squashed(local.manifest(found), found.reference(), name)
                    .digest();
        }
    }

    /**
     * What has come of a pull.
     *
     * @param digest of what the name leads to now
     * @param changed whether it led elsewhere before, or nowhere
     */
    public record Pulled(Reference reference, Digest digest, boolean changed) {}

    /**
     * Fetches an image of a registry, and unpacks it if it is for one platform.
     *
     * @param platform nothing for all that it is made for
     * @throws ImageException if it cannot be had; what has come of it is not fetched again the next time
     */
    public Pulled pull(Reference reference, Optional<Platform> platform, Registries registries, Watcher watcher) {
        try (Store store = stores.apply(folder)) {
            return new Pull(kernel, store, watcher).image(registries.image(reference), platform);
        }
    }

    /**
     * Sends an image that is here to a registry.
     *
     * @param image as people name it
     * @param as what it is to be called there
     * @param platform nothing for all that are here
     * @return what the name leads to there
     */
    public Document push(
            String image, Optional<Reference> as, Optional<Platform> platform, Registries registries, Watcher watcher) {
        try (Store store = stores.apply(folder);
                Lease lease = store.lease()) {
            LocalImages.Summary found = local(store).find(image);
            Origin origin = new StoreOrigin(store, lease);
            Document document = origin.document(found.name().target());
            Push push = new Push(origin, found.reference(), registries.push(as.orElse(found.reference())), watcher);
            return platform.map(it -> push.one(document, it))
                    .orElseGet(() -> push.all(document, it -> store.blobs().has(it.digest()), PLATFORM));
        }
    }

    /**
     * Sends an image from one registry to another, or to another name, and keeps nothing of it here.
     *
     * @param platform nothing for all that it is made for
     * @return what the name leads to there
     */
    public static Document copy(
            Reference from, Reference to, Optional<Platform> platform, Registries registries, Watcher watcher) {
        RegistryImage image = registries.image(from);
        Document document = image.root();
        Push push = new Push(image, image.reference(), registries.push(to), watcher);
        return platform.map(it -> push.one(document, it)).orElseGet(() -> push.all(document, it -> true, PLATFORM));
    }

    private void pull(Store store, Reference reference, Consumer<String> progress) {
        progress.accept("Pulling " + reference.familiar());
        try (Registries opened = registries.get()) {
            new Pull(kernel, store, Watcher.NONE).image(opened.image(reference), Optional.of(PLATFORM));
        }
    }

    private static ImageException notYet(ImageReference reference, String what) {
        return new ImageException(
                UNAVAILABLE,
                reference + " is " + what + ", and this version cannot take one yet. What works:"
                        + " a registry's, oci:, oci-archive:, docker-archive:, bootstrap:debian/SUITE (a Debian built here from its packages, such as"
                        + " bootstrap:debian/bookworm) and host: (a copy-on-write view of this machine)");
    }
}
