package dev.carafe.image;

import static dev.carafe.linux.Files.NOFOLLOW;

import dev.carafe.image.HideLayer.Entry;
import dev.carafe.image.HideLayer.Entry.Whiteout;
import dev.carafe.linux.Fd;
import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.SystemCallException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Finds on a machine what rules say, and so the layer that hides it.
 *
 * <p>Folders on the way may be links: what is hidden is the place that they lead to. A name that is missing is hidden as
 * well, where it is missing, so that a secret which comes tomorrow does not show in the views made today.
 */
final class MachineSurvey {

    private static final int TEXT_MOST = 16 * 1024 * 1024;
    /** With more homes than this the layer would grow without bound, and all of {@code /home} is hidden instead. */
    private static final int HOMES_MOST = 1000;

    /** Homes that are the system's own folders, where no user keeps anything. */
    private static final Pattern SYSTEM =
            Pattern.compile("/?|/nonexistent|/(?:usr|bin|sbin|lib|lib64|dev|proc|sys|run|boot|etc|tmp)(?:/.*)?");

    private static final Pattern ACCOUNT = Pattern.compile("[^:\\s+-][^:\\s]*");
    private static final int IN_ROOT = OpenFlags.RESOLVE_IN_ROOT | OpenFlags.RESOLVE_NO_MAGICLINKS;
    private static final int OPEN_DIRECTORY = OpenFlags.RDONLY | OpenFlags.DIRECTORY;

    private final Files files;
    private final Fd root;
    private final HideLayer layer = new HideLayer();

    MachineSurvey(Kernel kernel, Fd root) {
        this.files = kernel.files();
        this.root = root;
    }

    HideLayer apply(List<HidingRule> rules) {
        passThrough("");
        Set<String> homes = homes();
        if (homes.size() > HOMES_MOST) {
            find(new HidingRule(HidingRule.Action.EMPTY, "/home"), "", List.of("home"));
            homes.removeIf(home -> home.startsWith("/home/"));
        }
        List<String> folders =
                homes.stream().flatMap(home -> folder(home).stream()).distinct().toList();
        for (HidingRule rule : rules) {
            if (rule.ofEveryHome()) {
                folders.forEach(home -> find(rule, home, rule.names()));
            } else {
                find(rule, "", rule.names());
            }
        }
        return layer;
    }

    private Set<String> homes() {
        Set<String> homes = new LinkedHashSet<>(List.of("/root"));
        folder("/home").ifPresent(home -> names(home).forEach(name -> homes.add("/home/" + name)));
        text("etc/passwd")
                .lines()
                .map(line -> line.split(":", -1))
                .filter(fields -> fields.length > 5 && fields[5].startsWith("/"))
                .map(fields -> fields[5])
                .filter(home -> !SYSTEM.matcher(home).matches())
                .forEach(homes::add);
        return homes;
    }

    /** A folder that is there, named without links. */
    private Optional<String> folder(String path) {
        return resolve(path)
                .filter(resolved -> files.status(root, resolved, NOFOLLOW).isDirectory());
    }

    /** Follows the names of a rule from a folder that is there, named without links. */
    private void find(HidingRule rule, String folder, List<String> names) {
        String name = names.getFirst();
        List<String> rest = names.subList(1, names.size());
        if (name.contains("*")) {
            Pattern pattern = HidingRule.pattern(name);
            names(folder).stream()
                    .filter(pattern.asMatchPredicate())
                    .forEach(match -> place(rule, join(folder, match), rest));
        } else {
            place(rule, join(folder, name), rest);
        }
    }

    private void place(HidingRule rule, String path, List<String> rest) {
        Optional<FileStatus> found = status(path);
        if (found.isEmpty()) {
            cover(path, new Whiteout());
            return;
        }
        FileStatus status = found.get();
        if (status.type() == FileStatus.TYPE_SYMLINK) {
            if (rule.action() == HidingRule.Action.HIDE && rest.isEmpty()) {
                cover(path, new Whiteout());
            }
            target(path, status).ifPresent(target -> place(rule, target, rest));
        } else if (rest.isEmpty()) {
            cover(path, entry(rule.action(), status));
        } else if (status.isDirectory()) {
            find(rule, path, rest);
        }
    }

    private Entry entry(HidingRule.Action action, FileStatus status) {
        return switch (action) {
            case HIDE -> new Whiteout();
            case EMPTY -> status.isDirectory() ? HideLayer.folder(status, true) : HideLayer.content(status, "");
            case LOCK_USERS -> HideLayer.content(status, locked("etc/passwd", ":::::::"));
            case LOCK_GROUPS -> HideLayer.content(status, locked("etc/group", "::"));
        };
    }

    /** A line for every account in a file, with a password that nothing matches. */
    private String locked(String file, String otherFields) {
        return text(file)
                .lines()
                .map(line -> line.split(":", 2)[0])
                .filter(ACCOUNT.asMatchPredicate())
                .map(name -> name + ":*" + otherFields + "\n")
                .collect(Collectors.joining());
    }

    private void cover(String path, Entry entry) {
        for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
            passThrough(path.substring(0, slash));
        }
        layer.cover(path, entry);
    }

    private void passThrough(String folder) {
        if (!layer.entries().containsKey(folder)) {
            layer.passThrough(folder, folder.isEmpty() ? files.status(root) : files.status(root, folder, NOFOLLOW));
        }
    }

    /**
     * Where a link leads, named without links. A link to what is another user's leads nowhere: otherwise whoever has a
     * home could take any part of the machine out of its views.
     */
    private Optional<String> target(String path, FileStatus link) {
        return resolve(path)
                .filter(target ->
                        status(target).filter(it -> it.uid() == link.uid()).isPresent());
    }

    /** A path named without links; nothing if it leads nowhere or to the root itself. */
    private Optional<String> resolve(String path) {
        try (Fd fd = files.open(root, path, OpenFlags.PATH, 0, IN_ROOT)) {
            String resolved = files.readLink(Fd.CWD, "/proc/self/fd/" + fd.number());
            return resolved.equals("/") ? Optional.empty() : Optional.of(resolved.substring(1));
        } catch (SystemCallException exception) {
            return absent(exception);
        }
    }

    private Optional<FileStatus> status(String path) {
        try {
            return Optional.of(files.status(root, path, NOFOLLOW));
        } catch (SystemCallException exception) {
            return absent(exception);
        }
    }

    private List<String> names(String folder) {
        try (Fd opened = files.open(root, folder.isEmpty() ? "." : folder, OPEN_DIRECTORY, 0, IN_ROOT)) {
            return files.list(opened);
        }
    }

    private String text(String file) {
        try (Fd opened = files.open(root, file, OpenFlags.RDONLY | OpenFlags.NONBLOCK, 0, IN_ROOT)) {
            return new String(files.readAll(opened, TEXT_MOST), StandardCharsets.UTF_8);
        } catch (SystemCallException exception) {
            return MachineSurvey.<String>absent(exception).orElse("");
        }
    }

    private static <T> Optional<T> absent(SystemCallException exception) {
        return switch (exception.errno()) {
            case ENOENT, ENOTDIR, ELOOP -> Optional.empty();
            default -> throw exception;
        };
    }

    private static String join(String folder, String name) {
        return folder.isEmpty() ? name : folder + "/" + name;
    }
}
