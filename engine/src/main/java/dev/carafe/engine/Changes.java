package dev.carafe.engine;

import dev.carafe.image.snapshot.Base;
import dev.carafe.image.snapshot.Mount;
import dev.carafe.image.snapshot.RootFileSystem;
import dev.carafe.image.snapshot.Snapshot;
import dev.carafe.image.snapshot.Snapshots;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What an instance has changed of its image's files, looked up once for all that is to be known of it.
 *
 * @param snapshots those that it is one of
 */
record Changes(Snapshots snapshots, Snapshot snapshot) {

    /** All that there is of it on the disk. */
    Path folder() {
        return snapshots.folder(snapshot);
    }

    /** The mounts that show the instance's files, the last one at this place. */
    List<Mount> mounts(Path root) {
        return snapshots.mounts(snapshot, root);
    }

    /** The folders that make up the instance's files, top first. */
    List<Path> layers() {
        List<Path> layers = new ArrayList<>(List.of(folder().resolve("upper")));
        layers.addAll(files().layers());
        return layers;
    }

    /** The image's files. */
    RootFileSystem files() {
        if (snapshot.base() instanceof Base.Tree(RootFileSystem files)) {
            return files;
        }
        throw new EngineException(
                EngineException.Kind.FAILED,
                "the changes of the instance " + snapshot.key() + " do not stand on an image; it can only be removed");
    }
}
