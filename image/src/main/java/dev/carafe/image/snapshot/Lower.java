package dev.carafe.image.snapshot;

import dev.carafe.image.layer.Owners;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The folders that a snapshot stands on.
 *
 * @param layers top first
 * @param view what they lie on, where that is not a folder like these
 */
record Lower(List<Layer> layers, Optional<RootFileSystem.View> view) {

    /**
     * One of them.
     *
     * @param owners whose ids are in it: nothing where they are those of the image
     */
    record Layer(Path folder, Optional<Owners.Mapped> owners) {}

    Lower {
        layers = List.copyOf(layers);
    }

    static Lower of(RootFileSystem files) {
        return files instanceof RootFileSystem.View view ? new Lower(List.of(), Optional.of(view)) : of(files.layers());
    }

    static Lower of(List<Path> folders) {
        return new Lower(
                folders.stream().map(it -> new Layer(it, Optional.empty())).toList(), Optional.empty());
    }

    Lower with(Layer top) {
        List<Layer> more = new ArrayList<>();
        more.add(top);
        more.addAll(layers);
        return new Lower(more, view);
    }

    /** All folders, top first. */
    List<Path> folders() {
        List<Path> folders = new ArrayList<>();
        layers.forEach(it -> folders.add(it.folder()));
        view.ifPresent(it -> folders.addAll(it.layers()));
        return folders;
    }
}
