package dev.carafe.linux.cgroup;

import java.util.Optional;
import java.util.StringTokenizer;

/**
 * Which controllers a v2 cgroup hands on to its children.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html#controlling-controllers">cgroup v2, Controlling
 *     Controllers</a>
 */
final class SubtreeControl {

    private static final String FILE = "cgroup.subtree_control";

    private SubtreeControl() {}

    /** Hands on all that the cgroup has itself, or as many as the kernel lets it. */
    static void enable(Directory parent) {
        String enabled = parent.readIfPresent(FILE).orElse("");
        var missing = new StringBuilder();
        String available = parent.readIfPresent("cgroup.controllers").orElse("");
        for (StringTokenizer names = new StringTokenizer(available); names.hasMoreTokens(); ) {
            String name = names.nextToken();
            if (!contains(enabled, name)) {
                missing.append(missing.isEmpty() ? "+" : " +").append(name);
            }
        }
        if (missing.isEmpty() || parent.attempt(FILE, missing.toString()).isEmpty()) {
            return;
        }
        for (StringTokenizer names = new StringTokenizer(missing.toString()); names.hasMoreTokens(); ) {
            // A controller that stays out is missed, by its name, only once something is asked of it.
            parent.attempt(FILE, names.nextToken());
        }
    }

    /**
     * Makes a new cgroup usable that came out invalid, because it stands below a threaded one: it becomes threaded too.
     */
    static void settle(Directory child) {
        if (child.readIfPresent("cgroup.type").orElse("").equals("domain invalid")) {
            child.write("cgroup.type", "threaded");
        }
    }

    /** Why a v2 cgroup lacks a controller, for whoever asks something of it. */
    static CgroupException missing(Directory directory, String controller, String limit) {
        String type = directory.readIfPresent("cgroup.type").orElse("domain");
        Optional<String> why = type.equals("domain")
                ? Optional.empty()
                : Optional.of("it is \"" + type + "\", which only some controllers can handle");
        return CgroupException.unavailable(limit + " cannot be set: the cgroup " + directory + " has no controller \""
                + controller + "\": "
                + why.orElse(
                        "either this kernel has it not, or a cgroup above holds processes of its own and so cannot "
                                + "hand it on (see cgroup.controllers and cgroup.procs on the way)"));
    }

    static boolean contains(String names, String name) {
        for (StringTokenizer tokens = new StringTokenizer(names); tokens.hasMoreTokens(); ) {
            if (tokens.nextToken().equals(name)) {
                return true;
            }
        }
        return false;
    }
}
