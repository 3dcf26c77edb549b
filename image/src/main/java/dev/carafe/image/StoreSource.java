package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.INVALID;
import static dev.carafe.image.error.ImageException.Kind.NOT_FOUND;

import dev.carafe.image.archive.ArchivedImages;
import dev.carafe.image.error.ImageException;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Name;
import dev.carafe.image.store.Origin;
import dev.carafe.image.store.Store;
import dev.carafe.image.store.Watcher;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Platform;
import dev.carafe.oci.image.Reference;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Images that go through the store before they run: of registries, layouts and archives. */
final class StoreSource {

    private final Kernel kernel;
    private final Path folder;
    private final Function<Path, Store> stores;
    private final Platform platform;

    /**
     * @param folder the store's
     * @param stores opens it
     */
    StoreSource(Kernel kernel, Path folder, Function<Path, Store> stores, Platform platform) {
        this.kernel = kernel;
        this.folder = folder;
        this.stores = stores;
        this.platform = platform;
    }

    /**
     * An image of a registry, pulled first if it is to be.
     *
     * @param pull fetches it into the store
     */
    Image resolve(ImageReference.Registry asked, Fetching fetching, Path holder, BiConsumer<Store, Reference> pull) {
        Reference reference = asked.name().withDefaultTag();
        try (Store store = stores.apply(folder)) {
            Lease lease = store.lease(holder);
            if (fetching == Fetching.ALWAYS) {
                pull.accept(store, reference);
            }
            Optional<Image> here = store.find(reference.toString())
                    .map(Name::target)
                    .flatMap(target -> ready(store, lease, asked, target));
            return here.orElseGet(() -> {
                if (fetching == Fetching.NEVER) {
                    throw new ImageException(
                            NOT_FOUND,
                            reference.familiar() + " is not here, and is not to be pulled; \"carafe pull "
                                    + reference.familiar() + "\" does so");
                }
                pull.accept(store, reference);
                return store.find(reference.toString())
                        .flatMap(name -> new StoredImages(store).find(asked, name.target(), platform, lease))
                        .orElseThrow(() -> new ImageException(
                                NOT_FOUND, reference.familiar() + " was pulled, and somebody has removed it at once"));
            });
        }
    }

    /** What is here, unpacked now if it is here packed only. */
    private Optional<Image> ready(Store store, Lease lease, ImageReference asked, Descriptor target) {
        StoredImages images = new StoredImages(store);
        Optional<Image> image = images.find(asked, target, platform, lease);
        if (image.isPresent() || !store.blobs().has(target.digest())) {
            return image;
        }
        try {
            new Fetch(kernel, store, lease, new Origin.Nowhere(), Watcher.NONE)
                    .one(asked.toString(), store.document(target), platform);
        } catch (ImageException incomplete) {
            return Optional.empty();
        }
        return images.find(asked, target, platform, lease);
    }

    /**
     * An image in a layout or an archive.
     *
     * @param archived opens it
     * @param name of the image in there; empty where there is only one
     */
    Image resolve(ImageReference asked, Function<Store, ArchivedImages> archived, String name, Path holder) {
        try (Store store = stores.apply(folder);
                ArchivedImages archive = archived.apply(store)) {
            Lease lease = store.lease(holder);
            Descriptor target = choose(asked, archive.entries(), name);
            lease.hold(List.of(target.digest()));
            Document document = archive.document(target);
            new Fetch(kernel, store, lease, archive, Watcher.NONE).one(asked.toString(), document, platform);
            store.sync();
            return new StoredImages(store)
                    .find(asked, target, platform, lease)
                    .orElseThrow(() -> new ImageException(NOT_FOUND, asked + ": is not all there"));
        }
    }

    private static Descriptor choose(ImageReference asked, List<ArchivedImages.Entry> entries, String name) {
        List<ArchivedImages.Entry> meant = entries.stream()
                .filter(entry -> name.isEmpty() || entry.isCalled(name))
                .toList();
        if (meant.stream().map(ArchivedImages.Entry::target).distinct().count() != 1) {
            String names = entries.stream().flatMap(it -> it.name().stream()).collect(Collectors.joining(", "));
            throw new ImageException(
                    meant.isEmpty() ? NOT_FOUND : INVALID,
                    asked + ": " + (meant.isEmpty() ? "has no such image" : "has several images")
                            + (names.isEmpty() ? "" : "; their names are " + names));
        }
        return meant.getFirst().target();
    }
}
