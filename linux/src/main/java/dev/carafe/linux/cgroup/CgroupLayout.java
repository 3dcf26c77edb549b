package dev.carafe.linux.cgroup;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.StringTokenizer;

/**
 * Where the cgroup hierarchies are mounted, and where in each a process is.
 *
 * @param hierarchies those that are mounted and that {@code mode} uses; v1 ones in the kernel's order, then v2's
 * @see <a href="https://man7.org/linux/man-pages/man7/cgroups.7.html">cgroups(7)</a>
 */
public record CgroupLayout(Mode mode, List<Hierarchy> hierarchies) {

    private static final String ROOT = "/sys/fs/cgroup";
    private static final int MOST = 16 << 20;

    /** Which of the kernel's two interfaces holds the controllers. */
    public enum Mode {
        /** A hierarchy for each controller. */
        V1,
        /** As {@link #V1}, with a v2 hierarchy beside it that has no controllers but can freeze, kill and report. */
        HYBRID,
        /** One hierarchy for everything. Hierarchies of v1 that somebody has mounted elsewhere are left alone. */
        V2
    }

    /**
     * A mounted hierarchy.
     *
     * @param controllers the controllers that share it, or {@code name=systemd} and the like; empty for v2's
     * @param mountPoint an absolute path without symbolic links
     * @param ownPath the process's cgroup from the mount point on, {@code /} being the mount point itself; empty if it
     *     is outside what is mounted
     */
    public record Hierarchy(List<String> controllers, String mountPoint, Optional<String> ownPath) {

        public Hierarchy {
            controllers = List.copyOf(controllers);
        }

        public boolean unified() {
            return controllers.isEmpty();
        }
    }

    public CgroupLayout {
        hierarchies = List.copyOf(hierarchies);
    }

    /** The layout that this process sees. */
    public static CgroupLayout of(Kernel kernel) {
        return of(kernel, kernel.files().readText(Fd.CWD, "/proc/self/cgroup", MOST));
    }

    /**
     * The layout that another process sees whose mounts are this one's.
     *
     * @param cgroup its {@code /proc/PID/cgroup}
     */
    public static CgroupLayout of(Kernel kernel, String cgroup) {
        return of(kernel.files().readText(Fd.CWD, "/proc/self/mountinfo", MOST), cgroup);
    }

    /**
     * The layout that these two files describe.
     *
     * @param mountinfo as {@code /proc/self/mountinfo}
     * @param cgroup as {@code /proc/self/cgroup}
     * @throws CgroupException if no cgroup file system is mounted
     */
    public static CgroupLayout of(String mountinfo, String cgroup) {
        List<Mount> mounts = mounts(mountinfo);
        List<Hierarchy> hierarchies = new ArrayList<>();
        List<Hierarchy> unified = new ArrayList<>(1);
        for (StringTokenizer lines = new StringTokenizer(cgroup, "\n"); lines.hasMoreTokens(); ) {
            // hierarchy-ID:controller-list:path, where a path may hold colons of its own.
            String line = lines.nextToken();
            int first = line.indexOf(':');
            int second = line.indexOf(':', first + 1);
            if (second < 0) {
                throw CgroupException.invalid("/proc/self/cgroup has a line that is none: \"" + line + "\"");
            }
            List<String> controllers = words(line.substring(first + 1, second), ",");
            String own = line.substring(second + 1);
            Optional<Hierarchy> mounted = mounted(mounts, controllers, own);
            if (mounted.isPresent()) {
                (controllers.isEmpty() ? unified : hierarchies).add(mounted.get());
            }
        }
        boolean v2 = !unified.isEmpty()
                && (hierarchies.isEmpty() || unified.getFirst().mountPoint().equals(ROOT));
        if (v2) {
            return new CgroupLayout(Mode.V2, unified);
        }
        if (hierarchies.isEmpty()) {
            throw CgroupException.unavailable("no cgroup file system is mounted: mount cgroup2 at " + ROOT);
        }
        Mode mode = unified.isEmpty() ? Mode.V1 : Mode.HYBRID;
        hierarchies.addAll(unified);
        return new CgroupLayout(mode, hierarchies);
    }

    /** The hierarchy that has a controller, or that has a name such as {@code name=systemd}; v2's for {@code ""}. */
    public Optional<Hierarchy> of(String controller) {
        for (Hierarchy hierarchy : hierarchies) {
            if (controller.isEmpty()
                    ? hierarchy.unified()
                    : hierarchy.controllers().contains(controller)) {
                return Optional.of(hierarchy);
            }
        }
        return Optional.empty();
    }

    private record Mount(String root, String mountPoint, boolean unified, List<String> options) {

        /** Whether it shows the hierarchy of these controllers. */
        boolean shows(List<String> controllers) {
            return controllers.isEmpty() ? unified : !unified && options.contains(controllers.getFirst());
        }

        /** Where a cgroup appears below the mount point. */
        Optional<String> locate(String path) {
            boolean outsideTheNamespace = path.startsWith("/..") || root.startsWith("/..");
            if (outsideTheNamespace || !path.startsWith("/")) {
                return Optional.empty();
            }
            if (root.equals("/")) {
                return Optional.of(path);
            }
            if (path.equals(root)) {
                return Optional.of("/");
            }
            return path.startsWith(root + "/") ? Optional.of(path.substring(root.length())) : Optional.empty();
        }
    }

    /** Of several mounts of one hierarchy, the best is below the usual place, and shows this process. */
    private static Optional<Hierarchy> mounted(List<Mount> mounts, List<String> controllers, String own) {
        Optional<Hierarchy> best = Optional.empty();
        int bestScore = -1;
        for (Mount mount : mounts) {
            if (!mount.shows(controllers)) {
                continue;
            }
            Optional<String> ownPath = mount.locate(own);
            boolean usual = mount.mountPoint.equals(ROOT) || mount.mountPoint.startsWith(ROOT + "/");
            int score = (usual ? 2 : 0) + (ownPath.isPresent() ? 1 : 0);
            if (score > bestScore) {
                bestScore = score;
                best = Optional.of(new Hierarchy(controllers, mount.mountPoint, ownPath));
            }
        }
        return best;
    }

    private static List<Mount> mounts(String mountinfo) {
        List<Mount> mounts = new ArrayList<>();
        for (StringTokenizer lines = new StringTokenizer(mountinfo, "\n"); lines.hasMoreTokens(); ) {
            // id parent major:minor root mount-point options [optional...] - type source super-options
            String line = lines.nextToken();
            int dash = line.indexOf(" - cgroup");
            if (dash < 0) {
                continue;
            }
            List<String> place = words(line.substring(0, dash), " ");
            List<String> system = words(line.substring(dash + 3), " ");
            String type = system.getFirst();
            if (place.size() >= 5 && (type.equals("cgroup") || type.equals("cgroup2"))) {
                mounts.add(new Mount(
                        unescape(place.get(3)),
                        unescape(place.get(4)),
                        type.equals("cgroup2"),
                        words(system.getLast(), ",")));
            }
        }
        return mounts;
    }

    private static List<String> words(String text, String separators) {
        List<String> words = new ArrayList<>();
        for (StringTokenizer tokens = new StringTokenizer(text, separators); tokens.hasMoreTokens(); ) {
            words.add(tokens.nextToken());
        }
        return words;
    }

    /** mountinfo writes blank, tab, newline and backslash as a backslash and three octal digits. */
    private static String unescape(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        var plain = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 3 < text.length()) {
                plain.append((char) Integer.parseInt(text, i + 1, i + 4, 8));
                i += 3;
            } else {
                plain.append(c);
            }
        }
        return plain.toString();
    }
}
