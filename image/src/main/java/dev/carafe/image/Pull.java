package dev.carafe.image;

import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.image.registry.RegistryImage;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Name;
import dev.carafe.image.store.Store;
import dev.carafe.image.store.Watcher;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.image.Descriptor;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Platform;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Fetches images of registries into the store, under their names. */
final class Pull {

    private final Kernel kernel;
    private final Store store;
    private final Watcher watcher;

    Pull(Kernel kernel, Store store, Watcher watcher) {
        this.kernel = kernel;
        this.store = store;
        this.watcher = watcher;
    }

    /**
     * Fetches an image.
     *
     * @param platform nothing for all that it is made for, packed
     */
    Images.Pulled image(RegistryImage image, Optional<Platform> platform) {
        String name = image.reference().toString();
        Failpoint.PULL_BEGUN.reach();
        Optional<Descriptor> here = store.find(name).map(Name::target);
        // Where nothing is here, nothing is saved by asking what it would be.
        if (here.isPresent() && platform.isPresent() && isUnchanged(image, here.get(), platform.get())) {
            return new Images.Pulled(image.reference(), here.get().digest(), false);
        }
        try (Lease lease = store.lease()) {
            Document document = image.root();
            lease.hold(List.of(document.digest()));
            Failpoint.PULL_RESOLVED.reach();
            Fetch fetch = new Fetch(kernel, store, lease, image, watcher);
            if (platform.isPresent()) {
                fetch.one(image.reference().familiar(), document, platform.get());
            } else {
                fetch.all(image.reference().familiar(), document);
            }
            Failpoint.PULL_FETCHED.reach();
            store.name(name, document.descriptor());
            return new Images.Pulled(
                    image.reference(),
                    document.digest(),
                    here.isEmpty() || !here.get().digest().equals(document.digest()));
        }
    }

    /** Whether the registry has what is here, and that is whole, which is looked at while the registry is asked. */
    private boolean isUnchanged(RegistryImage image, Descriptor here, Platform platform) {
        try (ExecutorService aside = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Boolean> whole = aside.submit(() -> new StoredImages(store).isWhole(here, platform));
            return image.head().digest().equals(here.digest()) && Parallel.await(whole);
        }
    }
}
