package dev.carafe.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.carafe.engine.EngineException.Kind;
import dev.carafe.engine.options.InstanceMount;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.VolumeName;
import dev.carafe.image.FolderCopy;
import dev.carafe.image.snapshot.RootFileSystem;
import dev.carafe.image.snapshot.Usage;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.TreeRemoval;
import dev.carafe.oci.InvalidDocumentException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The volumes of a data folder. Each is a folder {@code volumes/NAME} with its record, {@code volume.json}, and its
 * files, {@code data}.
 *
 * <p>One appears whole and goes whole, by a rename; what a process that died has left of that begins with a dot, and
 * whoever lists volumes next removes it. Who fills or removes one holds its folder's lock. Filling is done where
 * instances may look already, so that a mark, {@code filling}, tells until its end that it has to be done again.
 */
public final class Volumes {

    private static final String FOLDER = "volumes";
    private static final String RECORD = "volume.json";
    private static final String DATA = "data";
    private static final String FILLING = "filling";
    private static final int RECORD_MOST = 1 << 20;
    private static final int ID_BYTES = 32;
    private static final int TEMPORARY_BYTES = 8;

    private static final int DIRECTORY = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;
    private static final int NEW_FILE = OpenFlags.WRONLY | OpenFlags.CREAT | OpenFlags.EXCL | OpenFlags.NOFOLLOW;

    private final Kernel kernel;
    private final Files files;
    private final Path folder;
    private final Function<String, List<String>> users;
    private final Clock clock;

    /**
     * Those of a data folder.
     *
     * @param users the names of the instances that have a volume, by its name
     */
    Volumes(Kernel kernel, Path data, Function<String, List<String>> users, Clock clock) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.folder = data.resolve(FOLDER);
        this.users = users;
        this.clock = clock;
    }

    /**
     * Makes one; of a volume that is there already nothing changes.
     *
     * @param name 64 random digits if not given
     * @throws EngineException {@link Kind#INVALID} if no volume can have the name
     */
    public Volume create(Optional<String> name, Map<String, String> labels) {
        return create(name, labels, false);
    }

    private Volume create(Optional<String> name, Map<String, String> labels, boolean anonymous) {
        String given = name.map(Volumes::checked).orElseGet(() -> digits(ID_BYTES));
        Volume volume = new Volume(given, path(given), clock.instant(), anonymous, labels, Optional.empty());
        files.makeDirectories(folder.toString(), 0700, 0711);
        try (Fd all = all()) {
            String temporary = ".new-" + digits(TEMPORARY_BYTES);
            files.makeDirectory(all, temporary, 0700);
            try (Fd made = files.open(all, temporary, DIRECTORY)) {
                files.makeDirectory(made, DATA, 0755);
                // Whatever the mask of whoever calls.
                files.changeMode(made, DATA, 0755);
                try (Fd record = files.open(made, RECORD, NEW_FILE, 0600, 0)) {
                    files.write(record, volume.record().getBytes(UTF_8));
                    if (!anonymous) {
                        files.sync(record);
                    }
                }
                if (!anonymous) {
                    files.sync(made);
                }
                files.rename(all, temporary, all, given);
                if (!anonymous) {
                    files.sync(all);
                }
                return volume;
            } catch (SystemCallException exception) {
                new TreeRemoval(kernel).remove(all, temporary);
                if (exception.errno() == Errno.ENOTEMPTY || exception.errno() == Errno.EEXIST) {
                    return find(given);
                }
                throw exception;
            }
        }
    }

    /** All of them, by name. */
    public List<Volume> list() {
        List<Volume> volumes = new ArrayList<>();
        if (!files.exists(Fd.CWD, folder.toString())) {
            return volumes;
        }
        try (Fd all = all()) {
            for (String name : files.list(all).stream().sorted().toList()) {
                if (name.startsWith(".")) {
                    clear(all, name);
                } else {
                    look(all, name).ifPresent(volumes::add);
                }
            }
        }
        return volumes;
    }

    /** What a process has left that died; not what one that lives is about. */
    private void clear(Fd all, String name) {
        try (Fd left = files.open(all, name, DIRECTORY)) {
            long age = clock.millis() - files.status(left).modifiedNanos() / 1_000_000;
            if (name.startsWith(".removed-") || age > 60_000) {
                new TreeRemoval(kernel).remove(all, name);
            }
        } catch (SystemCallException gone) {
            // Somebody else does it.
        }
    }

    private Optional<Volume> look(Fd all, String name) {
        try (Fd volume = files.open(all, name, DIRECTORY)) {
            byte[] record;
            try (Fd file = files.open(volume, RECORD, OpenFlags.RDONLY | OpenFlags.NOFOLLOW | OpenFlags.NONBLOCK)) {
                record = files.readAll(file, RECORD_MOST);
            } catch (SystemCallException exception) {
                return Optional.of(Volume.damaged(name, path(name), exception.getMessage()));
            }
            return Optional.of(Volume.read(name, path(name), record));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT || exception.errno() == Errno.ENOTDIR) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /**
     * The one of this name.
     *
     * @throws EngineException {@link Kind#NOT_FOUND} if there is none
     */
    public Volume find(String name) {
        checked(name);
        if (files.exists(Fd.CWD, folder.toString())) {
            try (Fd all = all()) {
                Optional<Volume> found = look(all, name);
                if (found.isPresent()) {
                    return found.get();
                }
            }
        }
        throw new EngineException(
                Kind.NOT_FOUND, "there is no volume \"" + name + "\"; \"carafe volume ls\" lists those that there are");
    }

    /** The names of the instances that have it. */
    public List<String> users(Volume volume) {
        return users.apply(volume.name());
    }

    /**
     * Removes one and its files.
     *
     * @throws EngineException {@link Kind#CONFLICT} while an instance has it, {@link Kind#NOT_FOUND} if there is none
     */
    public void remove(String name) {
        find(name);
        try (Fd all = all();
                Fd _ = lock(all, name)) {
            List<String> instances = users.apply(name);
            if (!instances.isEmpty()) {
                throw new EngineException(
                        Kind.CONFLICT,
                        "the volume \"" + name + "\" is used by " + String.join(", ", instances)
                                + "; remove what uses it first");
            }
            String temporary = ".removed-" + digits(TEMPORARY_BYTES);
            files.rename(all, name, all, temporary);
            files.sync(all);
            new TreeRemoval(kernel).remove(all, temporary);
        }
    }

    /** What the files of one take on the disk. */
    public Usage usage(Volume volume) {
        return Failures.mapped(() -> Usage.of(kernel, folder(volume)));
    }

    /**
     * Removes those that no instance has.
     *
     * @param named also those that somebody has given a name
     * @return those that went
     */
    public List<Volume> prune(boolean named) {
        List<Volume> gone = new ArrayList<>();
        for (Volume volume : list()) {
            if ((named || volume.anonymous()) && users.apply(volume.name()).isEmpty()) {
                try {
                    remove(volume.name());
                    gone.add(volume);
                } catch (EngineException meanwhile) {
                    if (meanwhile.kind() != Kind.CONFLICT && meanwhile.kind() != Kind.NOT_FOUND) {
                        throw meanwhile;
                    }
                }
            }
        }
        return gone;
    }

    /** The options with a name for each volume that has none; these volumes are made, and are the instance's own. */
    InstanceOptions name(InstanceOptions options) {
        List<InstanceMount> mounts = new ArrayList<>();
        boolean changed = false;
        for (InstanceMount mount : options.storage().mounts()) {
            if (mount instanceof InstanceMount.Volume volume && volume.name().isEmpty()) {
                Volume made = create(Optional.empty(), volume.labels(), true);
                mounts.add(volume.withName(made.name()));
                changed = true;
            } else {
                mounts.add(mount);
            }
        }
        return changed ? options.withMounts(mounts) : options;
    }

    /**
     * The instance's own of its volumes, which go with it: those that were made for it and nobody else has.
     *
     * @param instance as its users are called
     */
    List<Volume> own(InstanceOptions options, String instance) {
        List<Volume> own = new ArrayList<>();
        for (InstanceMount mount : options.storage().mounts()) {
            if (mount instanceof InstanceMount.Volume volume && volume.name().isPresent()) {
                String name = volume.name().get();
                if (files.exists(Fd.CWD, path(name).toString())
                        && find(name).anonymous()
                        && users.apply(name).stream().allMatch(instance::equals)) {
                    own.add(find(name));
                }
            }
        }
        return own;
    }

    /** All that there is of a volume on the disk. */
    Path folder(Volume volume) {
        return folder.resolve(volume.name());
    }

    /**
     * Makes a volume ready for an instance: makes it if it is not there, and if it is empty fills it with what the image
     * has in its place.
     *
     * @param mount with a name
     * @param lasting whether what is copied has to be on the disk before an instance sees it
     * @return the folder of its files
     */
    Path ready(InstanceMount.Volume mount, RootFileSystem image, boolean lasting) {
        String name = mount.name().orElseThrow();
        if (!files.exists(Fd.CWD, path(name).toString())) {
            create(Optional.of(name), mount.labels(), false);
        }
        if (mount.copy() && mount.subpath().isEmpty()) {
            try (Fd all = all();
                    Fd volume = lock(all, name);
                    Fd data = files.open(volume, DATA, DIRECTORY)) {
                fill(volume, data, image, mount.target(), lasting);
            }
        }
        return path(name);
    }

    private void fill(Fd volume, Fd data, RootFileSystem image, String target, boolean lasting) {
        boolean cut = files.exists(volume, FILLING);
        if (!cut && !files.isEmpty(data)) {
            return;
        }
        TreeRemoval removal = new TreeRemoval(kernel);
        if (cut) {
            removal.clear(data);
        }
        Optional<FolderCopy> found = FolderCopy.find(kernel, image, target);
        try (FolderCopy copy = found.orElse(null)) {
            if (copy != null) {
                if (!cut) {
                    files.open(volume, FILLING, NEW_FILE, 0600, 0).close();
                    cut = true;
                }
                copy.copy(data);
                if (lasting) {
                    files.syncFileSystem(data);
                }
            }
        } catch (RuntimeException exception) {
            removal.clear(data);
            throw exception;
        } finally {
            if (cut) {
                files.unlink(volume, FILLING, 0);
            }
        }
    }

    /** Waits until nobody else fills or removes it. */
    private Fd lock(Fd all, String name) {
        while (true) {
            Fd volume = open(all, name);
            files.lock(volume, Files.LOCK_EXCLUSIVE);
            // Whoever held it may have removed it.
            if (files.exists(all, name)
                    && files.status(all, name, Files.NOFOLLOW).inode()
                            == files.status(volume).inode()) {
                return volume;
            }
            volume.close();
        }
    }

    private Fd open(Fd all, String name) {
        try {
            return files.open(all, name, DIRECTORY);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                throw new EngineException(Kind.NOT_FOUND, "the volume \"" + name + "\" has just been removed");
            }
            throw exception;
        }
    }

    private Fd all() {
        return files.open(Fd.CWD, folder.toString(), DIRECTORY);
    }

    private Path path(String name) {
        return folder.resolve(name).resolve(DATA);
    }

    private String digits(int bytes) {
        return HexFormat.of().formatHex(kernel.random(bytes));
    }

    private static String checked(String name) {
        try {
            return VolumeName.check("", name);
        } catch (InvalidDocumentException wrong) {
            throw new EngineException(Kind.INVALID, wrong);
        }
    }
}
