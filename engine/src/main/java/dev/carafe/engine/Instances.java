package dev.carafe.engine;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.TreeRemoval;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The instances' folders below the data folder: {@code instances/ID} for an instance, {@code names/NAME} as a symbolic
 * link to it. The link is made first, and making one is atomic, so that of two instances that want a name one gets it.
 */
final class Instances {

    private static final int ID_BYTES = 32;
    private static final int SHORT_ID = 12;
    private static final int LONGEST_NAME = 63;

    private static final String LINK_PREFIX = "../instances/";

    private final Kernel kernel;
    private final Files files;
    private final Path data;
    private final SecureRandom random = new SecureRandom();

    Instances(Kernel kernel, Path data) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.data = data;
    }

    /**
     * One of them.
     *
     * @param id 64 hexadecimal digits
     * @param folder what is kept of it
     * @param link its name
     */
    record Instance(String id, Path folder, Path link) {

        /** Where its root is mounted, for itself only. */
        Path root() {
            return folder.resolve("root");
        }

        /** How it ended. */
        Path exit() {
            return folder.resolve("exit");
        }

        String hostname() {
            return id.substring(0, SHORT_ID);
        }

        /** All that there is of it. */
        List<Path> paths() {
            return List.of(folder, link);
        }
    }

    /** Makes the folders of a new instance, under this name or one of its id's. */
    Instance create(Optional<String> name) {
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        String id = HexFormat.of().formatHex(bytes);
        String given = name.map(Instances::checkName).orElse(id.substring(0, SHORT_ID));
        Instance instance = new Instance(
                id, data.resolve("instances").resolve(id), data.resolve("names").resolve(given));
        makeFolders(data.resolve("names"));
        makeFolders(data.resolve("instances"));
        try {
            files.makeSymbolicLink(LINK_PREFIX + id, Fd.CWD, instance.link().toString());
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.EEXIST) {
                throw new EngineException(
                        EngineException.Kind.CONFLICT,
                        "the name \"" + given + "\" is taken by the instance "
                                + files.readLink(Fd.CWD, instance.link().toString())
                                        .replace(LINK_PREFIX, "")
                                        .substring(0, SHORT_ID)
                                + "; remove that or take another name");
            }
            throw exception;
        }
        makeFolder(instance.folder(), 0700);
        makeFolder(instance.root(), 0700);
        return instance;
    }

    /** The instance of this name. */
    Instance find(String name) {
        Path link = data.resolve("names").resolve(checkName(name));
        try {
            String id = files.readLink(Fd.CWD, link.toString()).replace(LINK_PREFIX, "");
            return new Instance(id, data.resolve("instances").resolve(id), link);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
            throw new EngineException(EngineException.Kind.NOT_FOUND, "there is no instance \"" + name + "\"");
        }
    }

    /** Removes all that there is of one. Its name goes last, so that what was cut short can be done again. */
    void remove(Instance instance) {
        for (Path path : instance.paths()) {
            try (Fd parent =
                    files.open(Fd.CWD, String.valueOf(path.getParent()), OpenFlags.RDONLY | OpenFlags.DIRECTORY)) {
                new TreeRemoval(kernel).remove(parent, String.valueOf(path.getFileName()));
            }
        }
    }

    private void makeFolders(Path path) {
        Path parent = path.getParent();
        if (parent != null && !files.exists(Fd.CWD, parent.toString())) {
            makeFolders(parent);
        }
        makeFolder(path, 0700);
    }

    private void makeFolder(Path path, int mode) {
        try {
            files.makeDirectory(Fd.CWD, path.toString(), mode);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.EEXIST) {
                throw exception;
            }
        }
    }

    private static String checkName(String name) {
        boolean good = !name.isEmpty() && name.length() <= LONGEST_NAME;
        for (int i = 0; good && i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            good = letter || (i > 0 && (c == '_' || c == '.' || c == '-'));
        }
        if (!good) {
            throw new EngineException(
                    EngineException.Kind.INVALID,
                    "the name \"" + name.replaceAll("\\p{Cntrl}", "?")
                            + "\": a name starts with a letter or digit, has "
                            + "letters, digits and _ . - after that, and is at most " + LONGEST_NAME + " long");
        }
        return name;
    }
}
