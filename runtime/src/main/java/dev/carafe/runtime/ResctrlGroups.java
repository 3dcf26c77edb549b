package dev.carafe.runtime;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.carafe.linux.Errno;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.oci.runtime.IntelRdt;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The groups of the {@code resctrl} file system, which share out caches and memory bandwidth (config-linux.md,
 * "IntelRdt").
 *
 * <p>A group that the configuration names is somebody else's, who has made it or will take it away; one that it leaves to
 * us has the container's name and goes with it. So does a group to count in.
 */
final class ResctrlGroups {

    private static final int MODE = 0755;
    private static final int MOST_BYTES = 16 << 20;
    private static final String KEY = "config.json: linux.intelRdt";

    private final Files files;
    private final String mountPoint;

    /** @param mountPoint where the file system is mounted */
    ResctrlGroups(Kernel kernel, String mountPoint) {
        this.files = kernel.files();
        this.mountPoint = mountPoint;
    }

    /**
     * Those of this machine.
     *
     * @throws RuntimeFailure if its kernel or its hardware has none, or nobody has mounted them
     */
    static ResctrlGroups of(Kernel kernel) {
        String mounts = kernel.files().readText(Fd.CWD, "/proc/self/mountinfo", MOST_BYTES);
        return new ResctrlGroups(
                kernel,
                mountPoint(mounts)
                        .orElseThrow(() ->
                                new RuntimeFailure(KEY + ": no resctrl file system is mounted; where the processor and "
                                        + "the kernel can, mount -t resctrl resctrl /sys/fs/resctrl mounts it")));
    }

    /** @param mountinfo as {@code /proc/self/mountinfo} */
    static Optional<String> mountPoint(String mountinfo) {
        return mountinfo
                .lines()
                .filter(line -> line.contains(" - resctrl "))
                .map(line -> line.split(" ", 6)[4])
                .findFirst();
    }

    /**
     * The groups of a container.
     *
     * @param joined the folders of those that its processes join
     * @param owned the folders of those that go with it
     */
    record Groups(List<String> joined, List<String> owned) {

        static final Groups NONE = new Groups(List.of(), List.of());

        Groups {
            joined = List.copyOf(joined);
            owned = List.copyOf(owned);
        }
    }

    /** The folders of the groups that a container's processes join. */
    List<String> joined(IntelRdt asked, String id) {
        String folder = folder(asked, id);
        return asked.enableMonitoring() ? List.of(folder, folder + "/mon_groups/" + id) : List.of(folder);
    }

    private String folder(IntelRdt asked, String id) {
        String name = asked.closId().orElse(id);
        return name.equals("/") ? mountPoint : mountPoint + "/" + name;
    }

    /** What {@link #make} will come to, to be written down before it begins. */
    Groups plan(IntelRdt asked, String id) {
        List<String> joined = joined(asked, id);
        if (asked.closId().isEmpty() && !files.exists(Fd.CWD, joined.getFirst())) {
            return new Groups(joined, List.of(joined.getFirst())); // with the one to count in, which is in it
        }
        return new Groups(joined, joined.subList(1, joined.size()));
    }

    /** Makes what is missing and sets its limits. A named group that it has made when it fails it takes away. */
    void make(IntelRdt asked, String id) {
        checkFeature(asked.l3CacheSchema(), "l3CacheSchema", "L3");
        checkFeature(asked.memBwSchema(), "memBwSchema", "MB");
        List<String> joined = joined(asked, id);
        String folder = joined.getFirst();
        List<String> lines = Stream.concat(
                        Stream.of(asked.l3CacheSchema(), asked.memBwSchema()).flatMap(Optional::stream),
                        asked.schemata().stream())
                .toList();
        if (asked.closId().isPresent() && lines.isEmpty() && !files.exists(Fd.CWD, folder)) {
            throw new RuntimeFailure(KEY + ".closID: there is no " + folder
                    + "; make it first, or say in schemata what " + "it is to have");
        }
        try (Undo undo = new Undo()) {
            if (makeFolder(folder)) {
                undo.add(() -> remove(files, folder));
            }
            if (!lines.isEmpty()) {
                write(folder, String.join("\n", lines) + "\n");
            }
            if (joined.size() > 1) {
                makeFolder(joined.getLast());
            }
            undo.keep();
        }
    }

    /** Takes a group away; those who are in it fall back to the one above. */
    static void remove(Files files, String folder) {
        try {
            files.unlink(Fd.CWD, folder, Files.REMOVE_DIRECTORY);
        } catch (SystemCallException exception) {
            if (exception.errno() != Errno.ENOENT) {
                throw exception;
            }
        }
    }

    private void checkFeature(Optional<String> asked, String key, String feature) {
        if (asked.isPresent() && !files.exists(Fd.CWD, mountPoint + "/info/" + feature)) {
            throw new RuntimeFailure(KEY + "." + key + ": this processor and kernel cannot: there is no " + mountPoint
                    + "/info/" + feature);
        }
    }

    @CanIgnoreReturnValue
    private boolean makeFolder(String folder) {
        try {
            files.makeDirectory(Fd.CWD, folder, MODE);
            return true;
        } catch (SystemCallException exception) {
            if (exception.errno() == Errno.EEXIST) {
                return false;
            }
            throw refused("", exception);
        }
    }

    private void write(String folder, String schemata) {
        try {
            files.writeText(Fd.CWD, folder + "/schemata", schemata);
        } catch (SystemCallException exception) {
            throw refused(".schemata", exception);
        }
    }

    /** With the kernel's own words, which it keeps for whoever asks. */
    private RuntimeFailure refused(String key, SystemCallException exception) {
        String words = "";
        try {
            words = ": "
                    + files.readText(Fd.CWD, mountPoint + "/info/last_cmd_status", MOST_BYTES)
                            .strip();
        } catch (SystemCallException silent) {
            exception.addSuppressed(silent);
        }
        return new RuntimeFailure(KEY + key + ": " + exception.getMessage() + words, exception);
    }
}
