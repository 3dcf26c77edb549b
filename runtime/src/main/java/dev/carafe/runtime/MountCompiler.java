package dev.carafe.runtime;

import dev.carafe.linux.FileStatus;
import dev.carafe.linux.FileSystemStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Mounts;
import dev.carafe.linux.Namespace;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.runtime.plan.FileOperation;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.MountOperation.FsconfigCommand;
import dev.carafe.runtime.plan.ProcessOperation;
import dev.carafe.runtime.plan.Slot;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The mounts that a configuration asks for, in its order (config.md, "Mounts"). */
final class MountCompiler {

    private final MountSteps steps;
    private final Blueprint blueprint;
    private final List<Mount> mounts;
    private final CgroupMounts cgroups;
    private final IdMaps idMaps;
    private final Map<Integer, Slot> sources = new HashMap<>();
    private Optional<Slot> dev = Optional.empty();
    private Optional<Slot> devpts = Optional.empty();
    /** What is to be read-only once all is in it, with the reason. */
    private final Map<Slot, String> closedLater = new LinkedHashMap<>();

    MountCompiler(MountSteps steps, Blueprint blueprint) {
        this.steps = steps;
        this.blueprint = blueprint;
        this.mounts = blueprint.mounts();
        this.cgroups = new CgroupMounts(steps, blueprint);
        this.idMaps = new IdMaps(steps);
    }

    /** The file system that is mounted at {@code /dev}. */
    Optional<Slot> dev() {
        return dev;
    }

    /** The devpts that is mounted at {@code /dev/pts}. */
    Optional<Slot> devpts() {
        return devpts;
    }

    /** What mounts without a map of their own have theirs from. */
    void useUserNamespace(Slot userNamespace) {
        idMaps.useContainers(userNamespace);
    }

    /** Clones what lies on the host and is to be seen inside, by the right of whoever may still see it. */
    void openSources() {
        for (int i = 0; i < mounts.size(); i++) {
            Mount mount = mounts.get(i);
            MountOptions options = MountOptions.parse(mount.options());
            if (options.remount()) {
                continue;
            }
            if (mount.isBind() && covered(i).isPresent()) {
                idMaps.prepare(mount, "mounts[" + i + "]");
            } else if (mount.isBind()) {
                openBindSource(mount, options, i);
            } else if (CgroupMounts.isCgroup(mount)) {
                cgroups.openSources(i);
            }
        }
    }

    private void openBindSource(Mount mount, MountOptions options, int index) {
        String key = "mounts[" + index + "]";
        Slot source = steps.slot("source" + index);
        if (options.of().isPresent()) {
            cloneOf(options.of().get(), source, mount, options, index);
        } else if (options.below().isPresent()) {
            Slot folder = steps.slot("folder" + index);
            steps.add(
                    new FileOperation.Open(folder, Slot.CWD, source(mount), OpenFlags.PATH | OpenFlags.DIRECTORY, 0),
                    key + ".source");
            cloneBelow(folder, options.below().get(), source, options, index);
        } else {
            steps.add(new MountOperation.OpenTree(source, Slot.CWD, source(mount), clone(options)), key + ".source");
        }
        if (mount.isIdMapped()) {
            idMaps.apply(source, mount, options, key);
        }
        prepare(source, mount, options, index);
    }

    private void cloneBelow(Slot folder, String path, Slot source, MountOptions options, int index) {
        String why = "mounts[" + index + "].source, out of which nothing leads";
        Slot place = steps.slot("place" + index);
        steps.add(new FileOperation.OpenIn(place, folder, path, OpenFlags.PATH, false), why);
        steps.add(new MountOperation.OpenTree(source, place, "", clone(options) | Files.EMPTY_PATH), why);
    }

    /** Only whoever is in a mount namespace can clone what is mounted there. Whoever enters it sees its root as his. */
    private void cloneOf(String namespace, Slot source, Mount mount, MountOptions options, int index) {
        String why = "mounts[" + index + "].source, in another mount namespace";
        Slot own = steps.slot("own-mounts");
        Slot others = steps.slot("mounts" + index);
        Slot top = steps.slot("top" + index);
        long mounts = Integer.toUnsignedLong(Namespace.MOUNT.flag());
        steps.add(new FileOperation.Open(own, Slot.CWD, "/proc/self/ns/mnt", OpenFlags.RDONLY, 0), "the way back");
        steps.add(new FileOperation.Open(others, Slot.CWD, namespace, OpenFlags.RDONLY, 0), why);
        steps.add(new ProcessOperation.Setns(others, mounts, false), why);
        steps.add(new FileOperation.Open(top, Slot.CWD, "/", OpenFlags.PATH | OpenFlags.DIRECTORY, 0), why);
        cloneBelow(top, options.below().orElse(source(mount)), source, options, index);
        steps.add(new ProcessOperation.Setns(own, mounts, false), "back");
    }

    /**
     * The path in the container of a source that lies in the root's folder, where mounts before this one have changed what
     * is there. What they have made of it is meant, and can be cloned only then.
     */
    private Optional<String> covered(int index) {
        Optional<String> path = blueprint.root().inside(source(mounts.get(index)));
        return path.filter(inside -> mounts.subList(0, index).stream()
                .map(mount -> Unsupported.clean(mount.destination()))
                .anyMatch(earlier -> isIn(inside, earlier) || isIn(earlier, inside)));
    }

    private static boolean isIn(String path, String folder) {
        return path.equals(folder) || path.startsWith(folder.equals("/") ? folder : folder + "/");
    }

    private void cloneCovered(Mount mount, MountOptions options, int index, String path) {
        String why = "mounts[" + index + "].source, as the mounts before it have made it";
        Slot place = steps.slot("place" + index);
        Slot source = steps.slot("source" + index);
        steps.add(new FileOperation.OpenIn(place, steps.root(), path, OpenFlags.PATH, false), why);
        if (!Unsupported.inProc(path)) {
            // In another place its masks would be off.
            steps.add(new FileOperation.CheckNot(place, FileSystemStatus.PROC), why + ", by no link into proc");
        }
        steps.add(new MountOperation.OpenTree(source, place, "", clone(options) | Files.EMPTY_PATH), why);
        if (mount.isIdMapped() && steps.userNamespace()) {
            idMaps.haveApplied(source, mount, options, "mounts[" + index + "]");
        } else if (mount.isIdMapped()) {
            idMaps.apply(source, mount, options, "mounts[" + index + "]");
        }
        prepare(source, mount, options, index);
    }

    private String source(Mount mount) {
        String path = mount.source().orElseThrow();
        return path.startsWith("/") ? path : blueprint.bundle() + "/" + path;
    }

    private static int clone(MountOptions options) {
        return options.recursive() ? MountSteps.CLONE_ALL : MountSteps.CLONE;
    }

    private void prepare(Slot source, Mount mount, MountOptions options, int index) {
        String key = "mounts[" + index + "]";
        steps.stopPropagation(source, options.recursive(), key);
        if (Unsupported.clean(mount.destination()).equals("/proc")) {
            steps.add(
                    new FileOperation.Check(source, 0, 0, FileSystemStatus.PROC),
                    key + ", only proc can be at /proc (CVE-2019-16884)");
        }
        sources.put(index, source);
    }

    void mountAll() {
        for (int i = 0; i < mounts.size(); i++) {
            Mount mount = mounts.get(i);
            MountOptions options = MountOptions.parse(mount.options());
            String key = "mounts[" + i + "], " + mount.destination();
            if (options.remount()) {
                remount(mount, options, key);
            } else if (mount.isBind()) {
                mountBind(mount, options, i, key);
            } else if (CgroupMounts.isCgroup(mount)) {
                cgroups.mount(i, mount, options, key);
            } else {
                mountFileSystem(mount, options, key);
            }
        }
    }

    private void mountBind(Mount mount, MountOptions options, int index, String key) {
        covered(index).ifPresent(path -> cloneCovered(mount, options, index, path));
        Slot source = Objects.requireNonNull(sources.get(index));
        steps.setBindAttributes(source, options, key);
        steps.place(source, mount.destination(), source, key);
    }

    /** Flags change the mount; options of the file system's own change it wherever it is mounted. */
    private void remount(Mount mount, MountOptions options, String key) {
        Slot target = steps.placedAt(mount.destination()).orElseGet(() -> openTarget(mount, key));
        steps.setAttributes(target, options, key);
        if (!options.bind() && (!options.flags().isEmpty() || !options.data().isEmpty())) {
            Slot context = steps.slot("context");
            steps.add(new MountOperation.Fspick(context, target), key);
            steps.configure(context, options, key);
            steps.add(new MountOperation.Fsconfig(context, FsconfigCommand.RECONFIGURE, "", ""), key);
        }
    }

    private Slot openTarget(Mount mount, String key) {
        Slot target = steps.slot("target");
        steps.add(new FileOperation.OpenIn(target, steps.root(), mount.destination(), OpenFlags.PATH, false), key);
        return target;
    }

    private void mountFileSystem(Mount mount, MountOptions options, String key) {
        String type = mount.type()
                .orElseThrow(
                        () -> new RuntimeFailure("config.json: " + key + ": a mount that is no bind needs a type"));
        String destination = Unsupported.clean(mount.destination());
        boolean ordinary = type.equals("proc") || type.equals("sysfs");
        if (ordinary) {
            requireOrdinaryDirectory(mount.destination(), type, key);
        }
        boolean memory = type.equals("tmpfs");
        boolean later = (memory || destination.equals("/dev")) && options.readOnly();
        // What is mounted or made in it has yet to come.
        MountOptions now = later ? options.withoutReadOnly() : options;
        boolean givesMode = memory && !options.has("mode");
        Slot replaced = givesMode || options.copyUp() ? openReplaced(mount, options, key) : Slot.CWD;
        Slot context = steps.slot(type + "-context");
        Slot made = steps.slot(type);
        steps.add(new MountOperation.Fsopen(context, type), key);
        if (mount.source().isPresent()) {
            steps.configure(context, "source", mount.source().get(), key);
        }
        if (givesMode) {
            steps.add(new MountOperation.FsconfigMode(context, replaced), key + ", as the directory in its place");
        }
        steps.configure(context, now, key);
        boolean ofKernel = type.equals("proc") || type.equals("sysfs") || type.equals("mqueue");
        if (!ofKernel) {
            steps.configureLabel(context);
        }
        steps.add(new MountOperation.Fsconfig(context, FsconfigCommand.CREATE, "", ""), key);
        steps.add(new MountOperation.Fsmount(made, context, now.set()), key);
        steps.setAttributes(made, now.withoutFlags(), key);
        if (type.equals("mqueue")) {
            steps.setLabel(made);
        }
        if (options.copyUp()) {
            steps.add(new FileOperation.CopyTree(replaced, made), key + ", tmpcopyup");
        }
        if (ordinary) {
            steps.placeOnDirectory(made, mount.destination(), key);
        } else {
            steps.place(made, mount.destination(), Slot.CWD, key);
        }
        if (later) {
            closedLater.put(made, key);
        }
        if (destination.equals("/dev/pts") && type.equals("devpts")) {
            devpts = Optional.of(made);
        }
        if (destination.equals("/dev")) {
            dev = Optional.of(made);
        }
    }

    /** What the image has where a file system is to stand; nothing if there is nothing. */
    private Slot openReplaced(Mount mount, MountOptions options, String key) {
        Slot replaced = steps.slot("replaced");
        steps.add(new FileOperation.OpenIn(replaced, steps.root(), mount.destination(), OpenFlags.PATH, true), key);
        if (options.copyUp()) {
            steps.add(new FileOperation.CheckNot(replaced, FileSystemStatus.PROC), key + ", which has no end");
        }
        return replaced;
    }

    /** An image that links these elsewhere would have them and their masks fall apart (CVE-2023-27561). */
    private void requireOrdinaryDirectory(String destination, String type, String key) {
        Slot slot = steps.slot(type + "-target");
        String why = key + ", " + type + " must be mounted on ordinary directory";
        steps.add(
                new FileOperation.OpenIn(slot, steps.root(), destination, OpenFlags.PATH | OpenFlags.NOFOLLOW, true),
                why);
        steps.add(new FileOperation.Check(slot, FileStatus.TYPE_DIRECTORY, 0, 0), why);
    }

    /** What had to wait until everything was made in it. */
    void protect() {
        closedLater.forEach((mount, key) -> steps.add(
                new MountOperation.MountSetattr(mount, false, Mounts.ATTR_RDONLY, 0, 0),
                key + ", now that all is in it"));
    }
}
