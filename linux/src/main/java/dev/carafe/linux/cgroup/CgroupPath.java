package dev.carafe.linux.cgroup;

import java.util.ArrayList;
import java.util.List;

/**
 * A {@code cgroupsPath} that stays where it belongs: one or more names, none of which leads upwards.
 *
 * @param absolute whether it starts at the mount point of each hierarchy, or at this process's own cgroup in it
 */
record CgroupPath(boolean absolute, List<String> names) {

    private static final int NAME_MAX = 255;

    CgroupPath {
        names = List.copyOf(names);
    }

    /**
     * Reads a path.
     *
     * @throws CgroupException if it has no name, or one that is empty, too long, {@code .}, {@code ..}, or that holds a
     *     NUL or newline
     */
    static CgroupPath parse(String text) {
        boolean absolute = text.startsWith("/");
        List<String> names = new ArrayList<>();
        for (int start = absolute ? 1 : 0; start <= text.length(); ) {
            int slash = text.indexOf('/', start);
            int end = slash < 0 ? text.length() : slash;
            names.add(check(text, text.substring(start, end)));
            start = end + 1;
        }
        return new CgroupPath(absolute, names);
    }

    private static String check(String path, String name) {
        String wrong = switch (name) {
            case "" -> "it has an empty name";
            case ".", ".." -> "\"" + name + "\" is no name of a cgroup";
            default ->
                name.indexOf('\0') >= 0 || name.indexOf('\n') >= 0
                        ? "it holds a NUL or a newline"
                        : name.length() > NAME_MAX ? "it has a name of over 255 characters" : "";
        };
        if (!wrong.isEmpty()) {
            throw CgroupException.invalid("the cgroup path \"" + path.replace("\0", "\\0") + "\" is invalid: " + wrong);
        }
        return name;
    }
}
