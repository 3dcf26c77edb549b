package dev.carafe.image;

import static dev.carafe.image.error.ImageException.Kind.INVALID;

import dev.carafe.image.archive.ArchivedImages;
import dev.carafe.image.error.ImageException;
import dev.carafe.image.failpoint.Failpoint;
import dev.carafe.image.store.Lease;
import dev.carafe.image.store.Store;
import dev.carafe.image.store.Watcher;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.InvalidDocumentException;
import dev.carafe.oci.image.Document;
import dev.carafe.oci.image.Index;
import dev.carafe.oci.image.Platform;
import dev.carafe.oci.image.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Takes the images of an archive into the store, under the names that they have there. */
final class Load {

    private final Kernel kernel;
    private final Store store;
    private final ArchivedImages archive;
    private final Platform platform;
    private final Watcher watcher;

    Load(Kernel kernel, Store store, ArchivedImages archive, Platform platform, Watcher watcher) {
        this.kernel = kernel;
        this.store = store;
        this.archive = archive;
        this.platform = platform;
        this.watcher = watcher;
    }

    /**
     * All of them. What one that fails has brought stays until it is collected, and those before it are here.
     *
     * @param title what messages call the archive
     * @param as the name of what has none
     */
    List<Reference> all(String title, Optional<Reference> as) {
        if (archive.entries().isEmpty()) {
            throw new ImageException(INVALID, title + ": has no image");
        }
        List<Reference> names = new ArrayList<>();
        try (Lease lease = store.lease()) {
            Failpoint.LOAD_BEGUN.reach();
            Fetch fetch = new Fetch(kernel, store, lease, archive, watcher);
            for (ArchivedImages.Entry entry : archive.entries()) {
                Reference name = name(title, entry, as);
                lease.hold(List.of(entry.target().digest()));
                Document document = archive.document(entry.target());
                if (document instanceof Index index && index.best(platform).isEmpty()) {
                    fetch.all(title, document); // for other machines, and to be given on
                } else if (document instanceof Index) {
                    fetch.all(title, document);
                    fetch.one(title, document, platform);
                } else {
                    fetch.one(title, document, platform);
                }
                Failpoint.LOAD_FETCHED.reach();
                store.name(name.toString(), document.descriptor());
                names.add(name);
            }
        }
        return names;
    }

    private static Reference name(String title, ArchivedImages.Entry entry, Optional<Reference> as) {
        Optional<String> given = entry.name();
        boolean onlyTag =
                given.isPresent() && !given.get().contains(":") && !given.get().contains("/");
        if (given.isPresent() && !onlyTag) {
            try {
                return Reference.parse(given.get()).withDefaultTag();
            } catch (InvalidDocumentException noName) {
                // Said below.
            }
        }
        return as.map(it -> onlyTag && it.tag().isEmpty() ? it.withTag(given.get()) : it.withDefaultTag())
                .orElseThrow(() -> new ImageException(
                        INVALID,
                        title + ": the image " + entry.target().digest() + " has no name there"
                                + given.map(it -> ", only the tag \"" + it + "\"")
                                        .orElse("")
                                + "; give it one with --name"));
    }
}
