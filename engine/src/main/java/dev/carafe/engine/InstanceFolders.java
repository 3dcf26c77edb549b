package dev.carafe.engine;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.TreeRemoval;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The instances' folders below the data folder: {@code instances/ID} for an instance, {@code names/NAME} as a symbolic
 * link to it. The link is made first, and making one is atomic, so that of two instances that want a name one gets it.
 *
 * <p>Files and no database, as the monitor of an instance that is to leave nothing removes all of it without any Java.
 */
final class InstanceFolders {

    private static final int ID_BYTES = 32;
    private static final int ID_DIGITS = 2 * ID_BYTES;
    private static final int LONGEST_NAME = 63;
    private static final int FOLDER_MODE = 0700;

    private static final String LINK_PREFIX = "../instances/";

    private final Kernel kernel;
    private final Files files;
    private final Path instances;
    private final Path names;

    /** @param data absolute */
    InstanceFolders(Kernel kernel, Path data) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.instances = data.resolve("instances");
        this.names = data.resolve("names");
    }

    /**
     * An instance that is being made.
     *
     * @param folder what is to be kept of it
     */
    record Made(String id, String name, InstanceFolder folder) implements AutoCloseable {
        @Override
        public void close() {
            folder.close();
        }
    }

    /** Makes the folder of a new instance, locked, under this name or one of its id's. */
    Made create(Optional<String> name) {
        String id = HexFormat.of().formatHex(kernel.random(ID_BYTES));
        String given = name.map(InstanceFolders::checkName).orElse(id.substring(0, Instances.SHORT_ID));
        linkFirst(given, id);
        Path path = path(id);
        files.makeDirectory(Fd.CWD, path.toString(), FOLDER_MODE);
        Fd open = files.open(Fd.CWD, path.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY);
        files.lock(open, Files.LOCK_EXCLUSIVE);
        files.makeDirectory(open, InstanceFolder.ROOT, FOLDER_MODE);
        return new Made(id, given, new InstanceFolder(kernel, id, path, open, true));
    }

    /** Makes the folders above when they are first needed. */
    private void linkFirst(String name, String id) {
        try {
            link(name, id);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
            files.makeDirectories(instances.toString(), FOLDER_MODE, FOLDER_MODE);
            files.makeDirectories(names.toString(), FOLDER_MODE, FOLDER_MODE);
            link(name, id);
        }
    }

    /**
     * Gives an instance a name, beside those that it has.
     *
     * @throws EngineException if another one has it
     */
    void link(String name, String id) {
        try {
            files.makeSymbolicLink(
                    LINK_PREFIX + id, Fd.CWD, names.resolve(checkName(name)).toString());
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.EEXIST) {
                throw new EngineException(
                        EngineException.Kind.CONFLICT,
                        "the name \"" + name + "\" is taken"
                                + linked(name)
                                        .map(it -> " by the instance " + it.substring(0, Instances.SHORT_ID))
                                        .orElse("")
                                + "; remove that or take another name");
            }
            throw exception;
        }
    }

    void unlink(String name) {
        try {
            files.unlink(Fd.CWD, names.resolve(name).toString(), 0);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
        }
    }

    /**
     * The id of the one instance that is meant.
     *
     * @param name a name, an id, or the first digits of one
     */
    String find(String name) {
        if (isName(name)) {
            Optional<String> linked = linked(name);
            if (linked.isPresent()) {
                return linked.get();
            }
        }
        if (name.isEmpty() || name.length() > ID_DIGITS || !name.chars().allMatch(InstanceFolders::isDigit)) {
            checkName(name);
            throw missing(name);
        }
        List<String> meant = ids().stream().filter(id -> id.startsWith(name)).toList();
        if (meant.size() > 1) {
            throw new EngineException(
                    EngineException.Kind.INVALID,
                    "\"" + name + "\" is the beginning of " + meant.size() + " instances' ids; give more of it");
        }
        return meant.stream().findFirst().orElseThrow(() -> missing(name));
    }

    private static boolean isDigit(int c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }

    static EngineException missing(String name) {
        return new EngineException(EngineException.Kind.NOT_FOUND, "there is no instance \"" + name + "\"");
    }

    private Optional<String> linked(String name) {
        try {
            String target = files.readLink(Fd.CWD, names.resolve(name).toString());
            return target.startsWith(LINK_PREFIX) && target.length() == LINK_PREFIX.length() + ID_DIGITS
                    ? Optional.of(target.substring(LINK_PREFIX.length()))
                    : Optional.empty();
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT || exception.errno() == Errno.ENOTDIR) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /** The names that lead to an instance: one, unless a renaming was cut short. */
    List<String> names(String id) {
        return list(names).stream()
                .filter(name -> linked(name).filter(id::equals).isPresent())
                .toList();
    }

    /** The ids of all instances, in no order. */
    List<String> ids() {
        return list(instances).stream().filter(it -> it.length() == ID_DIGITS).toList();
    }

    private List<String> list(Path path) {
        try (Fd folder = files.open(Fd.CWD, path.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            return files.list(folder);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return List.of();
            }
            throw exception;
        }
    }

    /** Opens a folder without waiting for whoever is at work on it; empty if it is gone. */
    Optional<InstanceFolder> look(String id) {
        try {
            Fd open = files.open(
                    Fd.CWD, path(id).toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW);
            return Optional.of(new InstanceFolder(kernel, id, path(id), open, false));
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw exception;
        }
    }

    /** What is kept of an instance, as {@link InstanceFolder#read}; empty also if it is gone. */
    Optional<InstanceRecord> read(String id) {
        return InstanceRecord.read(
                kernel, Fd.CWD, path(id).resolve(InstanceRecord.FILE).toString());
    }

    /** Opens a folder when nobody else is at work on it; empty if it is gone. */
    Optional<InstanceFolder> lock(String id) {
        Optional<InstanceFolder> open = look(id);
        if (open.isEmpty()) {
            return open;
        }
        Fd folder = open.get().folder();
        try {
            files.lock(folder, Files.LOCK_EXCLUSIVE);
            FileStatus locked = files.status(folder); // whoever held it may have removed it
            if (locked.links() > 0) {
                return Optional.of(new InstanceFolder(kernel, id, path(id), folder, true));
            }
        } catch (SystemCallException exception) {
            folder.close();
            throw exception;
        }
        folder.close();
        return Optional.empty();
    }

    /** Whether somebody else is at work on an instance. */
    boolean isLocked(InstanceFolder folder) {
        if (folder.isAlone()) {
            return false;
        }
        try (Fd another = files.open(
                Fd.CWD, folder.path().toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW)) {
            files.lock(another, Files.LOCK_EXCLUSIVE | Files.LOCK_NONBLOCKING);
            return false;
        } catch (SystemCallException exception) {
            return exception.errno() == Errno.EAGAIN;
        }
    }

    Path path(String id) {
        return instances.resolve(id);
    }

    Path link(String name) {
        return names.resolve(name);
    }

    /** Removes all that there is of one. Its names go last, so that what was cut short can be done again. */
    void remove(String id) {
        List<String> names = names(id);
        try (Fd parent = files.open(Fd.CWD, instances.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
            new TreeRemoval(kernel).remove(parent, id);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
        }
        names.forEach(this::unlink);
    }

    private static boolean isName(String name) {
        boolean good = !name.isEmpty() && name.length() <= LONGEST_NAME;
        for (int i = 0; good && i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            good = letter || (i > 0 && (c == '_' || c == '.' || c == '-'));
        }
        return good;
    }

    /** @throws EngineException if that is no name */
    static String checkName(String name) {
        if (!isName(name)) {
            throw new EngineException(
                    EngineException.Kind.INVALID,
                    "the name \"" + name.replaceAll("\\p{Cntrl}", "?")
                            + "\": a name starts with a letter or digit, has "
                            + "letters, digits and _ . - after that, and is at most " + LONGEST_NAME + " long");
        }
        return name;
    }
}
