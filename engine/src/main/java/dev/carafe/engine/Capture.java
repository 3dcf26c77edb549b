package dev.carafe.engine;

import dev.carafe.image.LocalImages;
import dev.carafe.image.NewImage;
import dev.carafe.image.layer.FileChange;
import dev.carafe.image.layer.LayerForm;
import dev.carafe.image.layer.LayerWriter;
import dev.carafe.image.layer.UpperFolder;
import dev.carafe.image.snapshot.RootFileSystem;
import dev.carafe.linux.Fd;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What can be made of an instance's files: a list of changes, an archive, an image. The lock of the instance is held
 * meanwhile.
 */
record Capture(Parts parts, InstanceRecord record, Changes changes) {

    /** What the engine mounts on, and makes for that where the image has none. */
    private static final Set<String> ENGINES =
            Set.of("/proc", "/sys", "/dev", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf");

    /** The files that are not as the image has them, but for those that are only there to be mounted on. */
    List<FileChange> list() {
        return opened(layers -> new UpperFolder(
                        parts.kernel(), LayerForm.OVERLAY, layers.getFirst(), layers.subList(1, layers.size()))
                .changes().stream()
                        .filter(change -> change.kind() != FileChange.Kind.ADDED || !isMountedOn(change.path()))
                        .toList());
    }

    private boolean isMountedOn(String path) {
        return ENGINES.contains(path)
                || record.options().storage().mounts().stream()
                        .anyMatch(mount -> mount.target().equals(path));
    }

    /** Writes all files, as one archive. */
    void export(OutputStream output) throws IOException {
        refuseTheMachines("exported");
        Optional<IOException> failure = opened(layers -> {
            try {
                LayerWriter.of(parts.kernel(), LayerForm.OVERLAY).tree(layers, output);
                return Optional.empty();
            } catch (IOException exception) {
                return Optional.of(exception);
            }
        });
        if (failure.isPresent()) {
            throw failure.get();
        }
    }

    /** Makes an image of it, which runs as the instance does unless what is wanted changes that. */
    Digest commit(NewImage wanted) {
        refuseTheMachines("made an image of");
        RunningExecution running = new RunningExecution(record.options());
        NewImage whole = new NewImage(
                wanted.name(),
                wanted.author(),
                wanted.message(),
                below -> wanted.change().apply(running.over(below)));
        return parts.images().commit(changes.snapshots(), changes.snapshot(), below(), whole);
    }

    /** A name of the image that it stands on; none if that is there no more, or was built here: its files do then. */
    private Optional<String> below() {
        try (LocalImages local = parts.images().local()) {
            return local.list().stream()
                    .filter(image -> image.content()
                            .filter(it -> it.id().toString().equals(record.identity()))
                            .isPresent())
                    .map(image -> image.reference().toString())
                    .findFirst();
        }
    }

    /** Much of what {@code host:} shows is not for taking along: what is hidden in it, and what is mounted. */
    private void refuseTheMachines(String what) {
        if (changes.files() instanceof RootFileSystem.View) {
            throw new EngineException(
                    EngineException.Kind.UNAVAILABLE,
                    "the instance \"" + record.name() + "\" shows this machine's own files, which are not " + what
                            + "; \"carafe diff\" tells what it has changed, \"carafe cp\" copies that");
        }
    }

    private interface Work<T> {
        T with(List<Fd> layers);
    }

    private <T> T opened(Work<T> work) {
        List<Fd> layers = new ArrayList<>();
        try {
            changes.layers()
                    .forEach(folder -> layers.add(parts.kernel()
                            .files()
                            .open(Fd.CWD, folder.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)));
            return work.with(layers);
        } finally {
            layers.forEach(Fd::close);
        }
    }
}
