package dev.carafe.image.layer;

import static dev.carafe.image.layer.LayerException.Kind.FORBIDDEN;
import static dev.carafe.image.layer.LayerException.Kind.TOO_LARGE;

import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A chain of open directories from a folder down to where work is going on.
 *
 * <p>The kernel is asked for one name at a time, without a slash, in a directory that is open. Symbolic links are taken
 * apart here and walked from the folder, so that neither they nor {@code ..} in them lead out. The chain stays open, as
 * archives go through a tree in order: most steps find their directory open.
 */
final class FolderPath implements AutoCloseable {

    private static final int LINKS_MOST = 40;
    private static final int OPEN = OpenFlags.RDONLY | OpenFlags.DIRECTORY | OpenFlags.NOFOLLOW;
    private static final int RESOLVE =
            OpenFlags.RESOLVE_BENEATH | OpenFlags.RESOLVE_NO_SYMLINKS | OpenFlags.RESOLVE_NO_MAGICLINKS;

    /** What to do about a directory that is not there. */
    interface Missing {
        /**
         * Makes it, or does nothing.
         *
         * @param found what is there instead of a directory; null if nothing is
         * @return whether there is a directory now
         */
        boolean make(FolderPath parent, String name, @Nullable FileStatus found);

        /** Whether a symbolic link is followed. If not, it is what is there instead of a directory. */
        default boolean follows(FolderPath parent, String name) {
            return true;
        }

        /** Nothing is made, and no link is followed. */
        Missing STAYS = new Missing() {
            @Override
            public boolean make(FolderPath parent, String name, @Nullable FileStatus found) {
                return false;
            }

            @Override
            public boolean follows(FolderPath parent, String name) {
                return false;
            }
        };
    }

    private final Files files;
    private final Fd folder;
    private final int depthMost;
    private final List<String> names = new ArrayList<>();
    private final List<Fd> directories = new ArrayList<>();

    /** @param folder stays open when this closes */
    FolderPath(Files files, Fd folder, int depthMost) {
        this.files = files;
        this.folder = folder;
        this.depthMost = depthMost;
    }

    /** The directory at the end. */
    Fd directory() {
        return directories.isEmpty() ? folder : directories.getLast();
    }

    /** The directories on the way to it, without the folder and itself. */
    List<Fd> above() {
        return directories.isEmpty() ? List.of() : List.copyOf(directories.subList(0, directories.size() - 1));
    }

    /** Its path from the folder, without any link in it; empty for the folder itself. */
    String path() {
        return String.join("/", names);
    }

    /** The path from the folder of a name in it. */
    String path(String name) {
        return names.isEmpty() ? name : path() + "/" + name;
    }

    /**
     * Goes to another directory.
     *
     * @param wanted names from the folder; none is empty, {@code .} or {@code ..}
     * @return whether it is there; if not, this has gone as far as there are directories
     */
    boolean go(List<String> wanted, Missing missing) {
        int same = 0;
        while (same < names.size() && same < wanted.size() && names.get(same).equals(wanted.get(same))) {
            same++;
        }
        leave(same);
        if (same == wanted.size()) {
            return true;
        }
        Deque<String> ahead = new ArrayDeque<>(wanted.subList(same, wanted.size()));
        int links = 0;
        while (!ahead.isEmpty()) {
            String name = ahead.pop();
            if (name.equals("..")) {
                leave(Math.max(0, names.size() - 1));
                continue;
            }
            if (enter(name)) {
                continue;
            }
            FileStatus found = status(name);
            if (found != null && found.type() == FileStatus.TYPE_SYMLINK && missing.follows(this, name)) {
                if (++links > LINKS_MOST) {
                    throw new LayerException(FORBIDDEN, String.join("/", wanted), "its path has too many links");
                }
                String target = files.readLink(directory(), name);
                if (target.startsWith("/")) {
                    leave(0);
                }
                components(target).reversed().forEach(ahead::push);
            } else if (!missing.make(this, name, found) || !enter(name)) {
                return false;
            }
        }
        return true;
    }

    /** Goes back up to the directory of so many names. */
    void leave(int depth) {
        while (names.size() > depth) {
            names.removeLast();
            directories.removeLast().close();
        }
    }

    /** What a name in the directory stands for; null if there is none such. */
    @Nullable
    FileStatus status(String name) {
        try {
            return files.status(directory(), name, Files.NOFOLLOW);
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.ENOENT) {
                return null;
            }
            throw exception;
        }
    }

    private boolean enter(String name) {
        if (names.size() >= depthMost) {
            throw new LayerException(TOO_LARGE, path(name), "it lies deeper than " + depthMost + " directories");
        }
        try {
            Fd below = files.open(directory(), name, OPEN, 0, RESOLVE);
            directories.add(below);
            names.add(name);
            return true;
        } catch (SystemCallException exception) {
            return switch (exception.errno()) {
                case ENOENT, ENOTDIR, ELOOP -> false;
                default -> throw exception;
            };
        }
    }

    /** The names in a path, without those that mean no step. */
    static List<String> components(String path) {
        List<String> names = new ArrayList<>();
        int start = 0;
        while (start <= path.length()) {
            int slash = path.indexOf('/', start);
            int end = slash < 0 ? path.length() : slash;
            if (end > start && !(end == start + 1 && path.charAt(start) == '.')) {
                names.add(path.substring(start, end));
            }
            start = end + 1;
        }
        return names;
    }

    @Override
    public void close() {
        leave(0);
    }
}
