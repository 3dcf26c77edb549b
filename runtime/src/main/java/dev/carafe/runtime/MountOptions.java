package dev.carafe.runtime;

import dev.carafe.linux.Mounts;
import java.util.ArrayList;
import java.util.List;

/**
 * The options of a mount, sorted by what takes them (config.md, "Mounts"; {@code mount(8)}).
 *
 * @param set {@code MOUNT_ATTR_*} to set on the mount itself
 * @param clear {@code MOUNT_ATTR_*} to clear on the mount itself
 * @param recursiveSet likewise for it and all below it
 * @param recursiveClear likewise for it and all below it
 * @param propagation {@code MS_PRIVATE} and its neighbours in their order, with {@code MS_REC}; as often as given
 * @param flags options without a value that are the file system's
 * @param data options {@code key=value} that are the file system's
 * @param bind whether it is a bind mount
 * @param recursive whether that takes along what is mounted below its source
 * @param remount whether it changes a mount that is there
 * @param copyUp whether a tmpfs starts with what the image has in its place
 * @param mapsRecursively whether the ids of what is mounted below its source are mapped too
 */
record MountOptions(
        long set,
        long clear,
        long recursiveSet,
        long recursiveClear,
        List<Long> propagation,
        List<String> flags,
        List<Data> data,
        boolean bind,
        boolean recursive,
        boolean remount,
        boolean copyUp,
        boolean mapsRecursively) {

    record Data(String key, String value) {}

    /** Whether the mount itself is to be read-only, with what is below it or without. */
    boolean readOnly() {
        return ((set | recursiveSet) & Mounts.ATTR_RDONLY) != 0;
    }

    /** Whether an option of the file system's own is given a value. */
    boolean has(String key) {
        return data.stream().anyMatch(option -> option.key.equals(key));
    }

    MountOptions withoutReadOnly() {
        return withAttributes(set & ~Mounts.ATTR_RDONLY, clear, recursiveSet & ~Mounts.ATTR_RDONLY);
    }

    /** Without what {@code fsmount(2)} has set already. */
    MountOptions withoutFlags() {
        return withAttributes(0, 0, recursiveSet);
    }

    private MountOptions withAttributes(long newSet, long newClear, long newRecursiveSet) {
        return new MountOptions(
                newSet,
                newClear,
                newRecursiveSet,
                recursiveClear,
                propagation,
                flags,
                data,
                bind,
                recursive,
                remount,
                copyUp,
                mapsRecursively);
    }

    static MountOptions parse(List<String> options) {
        Parser parser = new Parser();
        for (String option : options) {
            parser.add(option);
        }
        return new MountOptions(
                parser.set,
                parser.clear,
                parser.recursiveSet,
                parser.recursiveClear,
                List.copyOf(parser.propagation),
                List.copyOf(parser.flags),
                List.copyOf(parser.data),
                parser.bind,
                parser.recursive,
                parser.remount,
                parser.copyUp,
                parser.mapsRecursively);
    }

    /** The later of two options that contradict each other holds. */
    private static final class Parser {

        private long set;
        private long clear;
        private long recursiveSet;
        private long recursiveClear;
        private final List<Long> propagation = new ArrayList<>();
        private final List<String> flags = new ArrayList<>();
        private final List<Data> data = new ArrayList<>();
        private boolean bind;
        private boolean recursive;
        private boolean remount;
        private boolean copyUp;
        private boolean mapsRecursively;

        private void add(String option) {
            switch (option) {
                case "", "defaults" -> {}
                case "bind" -> bind = true;
                case "rbind" -> {
                    bind = true;
                    recursive = true;
                }
                case "remount" -> remount = true;
                case "tmpcopyup" -> copyUp = true;
                case "idmap" -> mapsRecursively = false;
                case "ridmap" -> mapsRecursively = true;
                case "private" -> propagation.add(Mounts.MS_PRIVATE);
                case "rprivate" -> propagation.add(Mounts.MS_PRIVATE | Mounts.MS_REC);
                case "slave" -> propagation.add(Mounts.MS_SLAVE);
                case "rslave" -> propagation.add(Mounts.MS_SLAVE | Mounts.MS_REC);
                case "shared" -> propagation.add(Mounts.MS_SHARED);
                case "rshared" -> propagation.add(Mounts.MS_SHARED | Mounts.MS_REC);
                case "unbindable" -> propagation.add(Mounts.MS_UNBINDABLE);
                case "runbindable" -> propagation.add(Mounts.MS_UNBINDABLE | Mounts.MS_REC);
                default -> {
                    if (!attribute(option, false)
                            && !(option.startsWith("r") && attribute(option.substring(1), true))) {
                        own(option);
                    }
                }
            }
        }

        private void own(String option) {
            int equals = option.indexOf('=');
            if (equals < 0) {
                flags.add(option);
            } else {
                data.add(new Data(option.substring(0, equals), option.substring(equals + 1)));
            }
        }

        private boolean attribute(String option, boolean deep) {
            switch (option) {
                case "ro" -> set(Mounts.ATTR_RDONLY, deep);
                case "rw" -> clear(Mounts.ATTR_RDONLY, deep);
                case "nosuid" -> set(Mounts.ATTR_NOSUID, deep);
                case "suid" -> clear(Mounts.ATTR_NOSUID, deep);
                case "nodev" -> set(Mounts.ATTR_NODEV, deep);
                case "dev" -> clear(Mounts.ATTR_NODEV, deep);
                case "noexec" -> set(Mounts.ATTR_NOEXEC, deep);
                case "exec" -> clear(Mounts.ATTR_NOEXEC, deep);
                case "nosymfollow" -> set(Mounts.ATTR_NOSYMFOLLOW, deep);
                case "symfollow" -> clear(Mounts.ATTR_NOSYMFOLLOW, deep);
                case "nodiratime" -> set(Mounts.ATTR_NODIRATIME, deep);
                case "diratime" -> clear(Mounts.ATTR_NODIRATIME, deep);
                case "noatime" -> accessTime(Mounts.ATTR_NOATIME, deep);
                case "strictatime" -> accessTime(Mounts.ATTR_STRICTATIME, deep);
                case "relatime", "atime", "nostrictatime", "norelatime" -> accessTime(Mounts.ATTR_RELATIME, deep);
                default -> {
                    return false;
                }
            }
            return true;
        }

        private void set(long attribute, boolean deep) {
            if (deep) {
                recursiveSet |= attribute;
                recursiveClear &= ~attribute;
            } else {
                set |= attribute;
                clear &= ~attribute;
            }
        }

        private void clear(long attribute, boolean deep) {
            if (deep) {
                recursiveClear |= attribute;
                recursiveSet &= ~attribute;
            } else {
                clear |= attribute;
                set &= ~attribute;
            }
        }

        /** A field rather than a bit: the kernel wants it cleared whole before it is set. */
        private void accessTime(long mode, boolean deep) {
            if (deep) {
                recursiveSet = (recursiveSet & ~Mounts.ATTR_ATIME_MASK) | mode;
                recursiveClear |= Mounts.ATTR_ATIME_MASK;
            } else {
                set = (set & ~Mounts.ATTR_ATIME_MASK) | mode;
                clear |= Mounts.ATTR_ATIME_MASK;
            }
        }
    }
}
