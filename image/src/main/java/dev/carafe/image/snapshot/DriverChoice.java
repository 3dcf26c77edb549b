package dev.carafe.image.snapshot;

import static dev.carafe.image.error.ImageException.Kind.CONFLICT;
import static dev.carafe.image.error.ImageException.Kind.UNAVAILABLE;

import dev.carafe.image.error.ImageException;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileSystemStatus;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Finds the driver of a folder: the one that it has, or the first one that works on its file system. */
record DriverChoice(Kernel kernel, SnapshotFolders folders) {

    /** The driver; the folders are made if there are none. */
    DriverKind choose(Optional<DriverKind> wanted) {
        Optional<DriverKind> remembered = remembered();
        if (remembered.isPresent() && (wanted.isEmpty() || wanted.equals(remembered))) {
            return remembered.get();
        }
        folders.make();
        return folders.alone(() -> chooseAlone(wanted));
    }

    private DriverKind chooseAlone(Optional<DriverKind> wanted) {
        Optional<DriverKind> remembered = remembered();
        if (remembered.isPresent() && (wanted.isEmpty() || wanted.equals(remembered))) {
            return remembered.get();
        }
        boolean isEmpty = java.util.stream.Stream.of(
                        SnapshotFolders.Place.UNFINISHED,
                        SnapshotFolders.Place.ACTIVE,
                        SnapshotFolders.Place.COMMITTED,
                        SnapshotFolders.Place.GROUNDS)
                .allMatch(place -> folders.names(place).isEmpty());
        if (remembered.isPresent() && !isEmpty) {
            throw new ImageException(
                    CONFLICT,
                    "the snapshots in " + folders.top() + " are the driver " + remembered.get() + "'s, not "
                            + wanted.get() + "'s; remove them first, or name another data folder");
        }
        DriverKind chosen = wanted.isPresent() ? able(wanted.get()) : firstAble();
        folders.choose(chosen);
        return chosen;
    }

    private Optional<DriverKind> remembered() {
        return folders.driver()
                .map(word -> Arrays.stream(DriverKind.values())
                        .filter(kind -> kind.toString().equals(word))
                        .findFirst()
                        .orElseThrow(() -> new ImageException(
                                UNAVAILABLE,
                                "the snapshots in " + folders.top() + " are the driver \"" + word
                                        + "\"'s, which this version does not know; use the one that made them")));
    }

    private DriverKind able(DriverKind kind) {
        Optional<String> missing = missing(kind);
        if (missing.isPresent()) {
            throw new ImageException(
                    UNAVAILABLE,
                    "the driver " + kind + " cannot keep snapshots in " + folders.top() + ": " + missing.get());
        }
        return kind;
    }

    private DriverKind firstAble() {
        return List.of(DriverKind.OVERLAY, DriverKind.BTRFS).stream()
                .filter(kind -> missing(kind).isEmpty())
                .findFirst()
                .orElse(DriverKind.COPY);
    }

    /** What a driver lacks here. */
    private Optional<String> missing(DriverKind kind) {
        return switch (kind) {
            case OVERLAY -> tried(this::overlay);
            case BTRFS -> {
                try (Fd folder = kernel.files().open(Fd.CWD, folders.top().toString(), Driver.FOLDER)) {
                    FileSystemStatus fileSystem = kernel.files().fileSystem(folder);
                    yield fileSystem.type() == FileSystemStatus.BTRFS
                            ? tried(this::subvolume)
                            : Optional.of("it lies on " + fileSystem.name());
                }
            }
            case COPY -> Optional.empty();
        };
    }

    private Optional<String> tried(java.util.function.Consumer<Path> act) {
        Path folder = folders.path(SnapshotFolders.Place.SWEPT, "trial-" + java.util.UUID.randomUUID());
        kernel.files().makeDirectory(Fd.CWD, folder.toString(), 0700);
        try {
            act.accept(folder);
            return Optional.empty();
        } catch (SystemCallException exception) {
            return Optional.of(exception.getMessage());
        } finally {
            folders.remove(String.valueOf(folder.getFileName()));
        }
    }

    /** A mount that is attached nowhere. */
    private void overlay(Path folder) {
        for (String name : List.of("lower", "upper", "work")) {
            kernel.files().makeDirectory(Fd.CWD, folder.resolve(name).toString(), 0700);
        }
        try (Fd context = kernel.mounts().openFileSystem("overlay")) {
            kernel.mounts()
                    .configure(context, "lowerdir", folder.resolve("lower").toString());
            kernel.mounts()
                    .configure(context, "upperdir", folder.resolve("upper").toString());
            kernel.mounts().configure(context, "workdir", folder.resolve("work").toString());
            kernel.mounts().create(context, 0).close();
        }
    }

    private void subvolume(Path folder) {
        try (Fd directory = kernel.files().open(Fd.CWD, folder.toString(), Driver.FOLDER)) {
            kernel.btrfs().makeSubvolume(directory, BtrfsDriver.ROOT);
        }
    }
}
