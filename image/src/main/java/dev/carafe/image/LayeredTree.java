package dev.carafe.image;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Folders read as overlayfs would join them, without mounting anything and without any privilege.
 *
 * <p>A path is walked here and not in the kernel: every step opens one name, with no slash in it, in a directory that
 * is open already, and a symbolic link is taken apart and walked likewise from the tree's own root. So no name, link or
 * {@code ..} of the image can lead out of it, and a link may cross from one layer to another as it does when mounted.
 * What is no regular file (a FIFO, a device, a socket) is never opened for reading.
 */
final class LayeredTree implements AutoCloseable {

    private static final int LINKS_MOST = 40;
    private static final int STEPS_MOST = 1000;
    private static final int OPEN_DIRECTORY = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;

    private final Files files;
    private final OpaqueMark opaque;
    private final List<Fd> opened = new ArrayList<>();
    private final List<Fd> root;

    private LayeredTree(Kernel kernel) {
        files = kernel.files();
        opaque = new OpaqueMark(kernel.attributes());
        root = new ArrayList<>();
    }

    /** Opens the folders, top first. */
    static LayeredTree open(Kernel kernel, List<Path> layers) {
        LayeredTree tree = new LayeredTree(kernel);
        try {
            for (Path layer : layers) {
                tree.root.add(
                        tree.keep(tree.files.open(Fd.CWD, layer.toString(), OpenFlags.RDONLY | OpenFlags.DIRECTORY)));
            }
            return tree;
        } catch (SystemCallException exception) {
            tree.close();
            throw exception;
        }
    }

    /**
     * A regular file's content.
     *
     * @param most the bytes that it may have
     * @return nothing if there is no such file
     * @throws SystemCallException with {@code EFBIG} if it has more bytes, {@code EINVAL} if it is no regular file,
     *     {@code ELOOP} if links lead nowhere
     */
    Optional<byte[]> read(String path, int most) {
        return find(path, new ArrayDeque<>(List.of(root))).map(entry -> {
            try (Fd file = files.open(
                    entry.directory,
                    entry.name,
                    OpenFlags.RDONLY | OpenFlags.NOFOLLOW | OpenFlags.NONBLOCK | OpenFlags.NOCTTY)) {
                if (!files.status(file).isRegular()) {
                    throw new SystemCallException("read", Errno.EINVAL, path, "no regular file");
                }
                return files.readAll(file, most);
            }
        });
    }

    /**
     * The folders of a path, top first; they are this tree's, and closed with it.
     *
     * @return none if there is no such folder
     * @throws SystemCallException with {@code ELOOP} if links lead nowhere
     */
    List<Fd> directory(String path) {
        Deque<List<Fd>> walked = new ArrayDeque<>(List.of(root));
        try {
            find(path, walked);
            return List.of();
        } catch (SystemCallException exception) {
            return switch (exception.errno()) {
                case EISDIR -> walked.element();
                case EINVAL -> List.of();
                default -> throw exception;
            };
        }
    }

    /** A name in the layer's directory that has it. */
    private record Entry(Fd directory, String name) {}

    /** @param walked the folders on the way, the last first; at the beginning the root's */
    private Optional<Entry> find(String path, Deque<List<Fd>> walked) {
        Deque<String> ahead = new ArrayDeque<>(components(path));
        int links = 0;
        for (int steps = 0; steps < STEPS_MOST && !ahead.isEmpty(); steps++) {
            String name = ahead.pop();
            if (name.equals("..")) {
                if (walked.size() > 1) {
                    walked.pop();
                }
                continue;
            }
            List<Fd> directories = new ArrayList<>();
            Optional<Entry> found = step(walked.element(), name, directories);
            if (!directories.isEmpty()) {
                walked.push(directories);
                continue;
            }
            if (found.isEmpty()) {
                return found;
            }
            Entry entry = found.get();
            FileStatus status = files.status(entry.directory, name, Files.NOFOLLOW);
            if (status.type() == FileStatus.TYPE_SYMLINK) {
                if (++links > LINKS_MOST) {
                    throw new SystemCallException("openat2", Errno.ELOOP, path);
                }
                String target = files.readLink(entry.directory, name);
                if (target.startsWith("/")) {
                    walked.clear();
                    walked.push(root);
                }
                components(target).reversed().forEach(ahead::push);
            } else if (ahead.isEmpty()) {
                if (!status.isRegular()) {
                    throw new SystemCallException("read", Errno.EINVAL, path, "no regular file");
                }
                return found;
            } else {
                return Optional.empty();
            }
        }
        throw new SystemCallException("read", ahead.isEmpty() ? Errno.EISDIR : Errno.ELOOP, path);
    }

    /**
     * Looks for a name in directories that are joined, top first.
     *
     * @param directories takes the directories of that name, where it is one
     * @return where the name is found and no directory; nothing if it is nowhere, covered or a directory
     */
    private Optional<Entry> step(List<Fd> joined, String name, List<Fd> directories) {
        for (Fd directory : joined) {
            FileStatus status;
            try {
                status = files.status(directory, name, Files.NOFOLLOW);
            } catch (SystemCallException exception) {
                if (exception.errno() == Errno.ENOENT) {
                    continue;
                }
                throw exception;
            }
            if (isWhiteout(status)) {
                return Optional.empty();
            }
            if (!status.isDirectory()) {
                return directories.isEmpty() ? Optional.of(new Entry(directory, name)) : Optional.empty();
            }
            Fd below = keep(files.open(directory, name, OPEN_DIRECTORY));
            directories.add(below);
            if (opaque.isOn(below)) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    private static boolean isWhiteout(FileStatus status) {
        return status.type() == FileStatus.TYPE_CHARACTER && status.specialDevice() == 0;
    }

    private static List<String> components(String path) {
        return Arrays.stream(path.split("/", -1))
                .filter(name -> !name.isEmpty() && !name.equals("."))
                .toList();
    }

    private Fd keep(Fd fd) {
        opened.add(fd);
        return fd;
    }

    @Override
    public void close() {
        opened.forEach(Fd::close);
    }
}
