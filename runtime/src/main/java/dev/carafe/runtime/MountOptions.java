package dev.carafe.runtime;

import dev.carafe.linux.Mounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The options of a mount, sorted by what takes them (config.md, "Mounts"; {@code mount(8)}).
 *
 * @param set {@code MOUNT_ATTR_*} to set on the mount itself
 * @param clear {@code MOUNT_ATTR_*} to clear on the mount itself
 * @param setsAccessTime whether those say how access times are kept
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
 * @param below of a bind mount, what is meant is this path below its source, out of which no link leads: the option
 *     {@code x-carafe.below=}, one of Carafe's own for folders that containers have written to
 * @param of of a bind mount, its source is looked for in this mount namespace, a path: the option {@code x-carafe.of=},
 *     likewise, for what another container has mounted
 */
record MountOptions(
        long set,
        long clear,
        boolean setsAccessTime,
        long recursiveSet,
        long recursiveClear,
        List<Long> propagation,
        List<String> flags,
        List<Data> data,
        boolean bind,
        boolean recursive,
        boolean remount,
        boolean copyUp,
        boolean mapsRecursively,
        Optional<String> below,
        Optional<String> of) {

    private static final String BELOW = "x-carafe.below";
    private static final String OF = "x-carafe.of";

    record Data(String key, String value) {}

    /** Whether the mount itself is to be read-only, with what is below it or without. */
    boolean readOnly() {
        return ((set | recursiveSet) & Mounts.ATTR_RDONLY) != 0;
    }

    /** Whether the flags of a bind mount are not just its source's. */
    boolean hasFlags() {
        return set != 0
                || clear != 0
                || setsAccessTime
                || flags.stream().anyMatch(flag -> MountOption.of(flag).isPresent());
    }

    /** Whether an option of the file system's own is given a value. */
    boolean has(String key) {
        return data.stream().anyMatch(option -> option.key.equals(key));
    }

    /** An option that only the file system of this mount may know; empty if there is none. */
    Optional<String> ofFileSystem() {
        return Stream.concat(
                        flags.stream().filter(flag -> MountOption.of(flag).isEmpty()),
                        data.stream().map(Data::key))
                .findFirst();
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
                setsAccessTime,
                newRecursiveSet,
                recursiveClear,
                propagation,
                flags,
                data,
                bind,
                recursive,
                remount,
                copyUp,
                mapsRecursively,
                below,
                of);
    }

    static MountOptions parse(List<String> options) {
        Parser parser = new Parser();
        for (String option : options) {
            parser.add(option);
        }
        return new MountOptions(
                parser.set,
                parser.clear,
                parser.setsAccessTime || (parser.set & Mounts.ATTR_NODIRATIME) != 0,
                parser.recursiveSet,
                parser.recursiveClear,
                List.copyOf(parser.propagation),
                List.copyOf(parser.flags),
                List.copyOf(parser.data),
                parser.bind,
                parser.recursive,
                parser.remount,
                parser.copyUp,
                parser.mapsRecursively,
                parser.below,
                parser.of);
    }

    /** The later of two options that contradict each other holds. */
    private static final class Parser {

        private long set;
        private long clear;
        private boolean setsAccessTime;
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
        private Optional<String> below = Optional.empty();
        private Optional<String> of = Optional.empty();

        private void add(String name) {
            Optional<MountOption> option = MountOption.of(name);
            Optional<MountOption> deep = option.isPresent() ? Optional.empty() : MountOption.ofDeep(name);
            if (option.isPresent()) {
                add(option.get(), name);
            } else if (deep.isPresent()) {
                attribute(deep.get(), true);
            } else if (!name.isEmpty()) {
                own(name);
            }
        }

        private void add(MountOption option, String name) {
            boolean wide = (option.flag() & Mounts.MS_REC) != 0;
            switch (option.effect()) {
                case SET, CLEAR, ACCESS_TIME, NO_ACCESS_TIME -> attribute(option, false);
                case PROPAGATION -> propagation.add(option.flag());
                case FILE_SYSTEM -> flags.add(name);
                case BIND -> {
                    bind = true;
                    recursive |= wide;
                }
                case REMOUNT -> remount = true;
                case COPY_UP -> copyUp = true;
                case MAP_IDS -> mapsRecursively = wide;
                case NONE -> {}
            }
        }

        private void own(String option) {
            int equals = option.indexOf('=');
            if (equals < 0) {
                flags.add(option);
            } else if (option.substring(0, equals).equals(BELOW)) {
                below = Optional.of(option.substring(equals + 1));
            } else if (option.substring(0, equals).equals(OF)) {
                of = Optional.of(option.substring(equals + 1));
            } else {
                data.add(new Data(option.substring(0, equals), option.substring(equals + 1)));
            }
        }

        private void attribute(MountOption option, boolean deep) {
            switch (option.effect()) {
                case SET -> set(option.flag(), deep);
                case CLEAR -> clear(option.flag(), deep);
                case ACCESS_TIME -> accessTime(option.flag(), deep);
                case NO_ACCESS_TIME -> noAccessTime(option.flag(), deep);
                default -> throw new IllegalStateException(option + " is no attribute");
            }
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
                setsAccessTime = true;
            }
        }

        /** Back to the kernel's own way, which is relatime. */
        private void noAccessTime(long mode, boolean deep) {
            if (deep) {
                accessTime(Mounts.ATTR_RELATIME, true);
            } else if ((set & Mounts.ATTR_ATIME_MASK) == mode) {
                set &= ~Mounts.ATTR_ATIME_MASK;
                setsAccessTime = false;
            }
            clear |= deep ? 0 : Mounts.ATTR_ATIME_MASK;
        }
    }
}
