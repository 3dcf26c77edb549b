package dev.carafe.runtime;

import dev.carafe.linux.FileStatus;
import dev.carafe.linux.FileSystemStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Mounts;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.runtime.Device;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.oci.runtime.Propagation;
import dev.carafe.runtime.plan.FileOperation;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.MountOperation.FsconfigCommand;
import dev.carafe.runtime.plan.Operation;
import dev.carafe.runtime.plan.Plan;
import dev.carafe.runtime.plan.Slot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The chapters of a plan that make the root file system: mounts, device nodes, the change of root, and what is hidden.
 *
 * <p>Every mount is made or cloned detached, prepared, and then moved onto a descriptor that was resolved inside the
 * root. No path is used twice, so that nothing can be swapped in between (CVE-2021-30465 and its kind).
 */
final class RootCompiler {

    private static final int DIRECTORY_MODE = 0755;
    private static final int FILE_MODE = 0644;
    private static final int DEVICE_MODE = 0666;
    private static final int CLONE = Mounts.TREE_CLONE;
    private static final int CLONE_ALL = Mounts.TREE_CLONE | Mounts.RECURSIVE;
    private static final long INERT = Mounts.ATTR_NOSUID | Mounts.ATTR_NODEV | Mounts.ATTR_NOEXEC;

    private final Plan.Builder plan;
    private final Blueprint blueprint;
    private final Linux linux;
    private final List<Mount> mounts;
    private final boolean userNamespace;

    private final Slot root;
    private final Slot hostRoot;
    private final Map<Integer, Slot> sources = new HashMap<>();
    private final Map<String, Slot> cgroupSources = new LinkedHashMap<>();
    private final Map<String, Slot> deviceSources = new HashMap<>();
    private final Map<String, Slot> deviceFolders = new HashMap<>();
    private Optional<Slot> nullDevice = Optional.empty();
    private Optional<Slot> devpts = Optional.empty();
    private Optional<Slot> readOnlyDev = Optional.empty();

    RootCompiler(Plan.Builder plan, Blueprint blueprint) {
        this.plan = plan;
        this.blueprint = blueprint;
        this.linux = blueprint.config().linux();
        this.mounts = blueprint.config().mounts();
        this.userNamespace = linux.namespace(Namespace.Type.USER).isPresent();
        this.root = plan.slot("root");
        this.hostRoot = plan.slot("host-root");
    }

    /** Mounts made from here on stay in this namespace; what the host mounts may still arrive, unless asked otherwise. */
    void isolate() {
        long propagation = linux.rootfsPropagation()
                .map(RootCompiler::propagation)
                .filter(asked -> (asked & Mounts.MS_SHARED) == 0)
                .orElse(Mounts.MS_SLAVE);
        add(
                new MountOperation.Mount("", "/", "", propagation | Mounts.MS_REC, ""),
                "nothing mounted here shows on the host");
    }

    /** Clones what lies on the host and is to be seen inside, by the right of whoever may still see it. */
    void openSources() {
        if (blueprint.root() instanceof RootSource.Folder folder) {
            add(new MountOperation.OpenTree(root, Slot.CWD, folder.path(), CLONE_ALL), "root.path");
            stopPropagation(root, true, "root.path");
        }
        for (int i = 0; i < mounts.size(); i++) {
            Mount mount = mounts.get(i);
            if (mount.isBind() && !mount.options().contains("remount")) {
                openBindSource(mount, i);
            } else if (isCgroup(mount)) {
                openCgroupSources("mounts[" + i + "]");
            }
        }
        if (userNamespace) {
            for (Device device : devices()) {
                Slot source = plan.slot("device");
                add(
                        new MountOperation.OpenTree(source, Slot.CWD, device.path(), CLONE),
                        "linux.devices, " + device.path() + ", from the host, as a user namespace makes none");
                stopPropagation(source, false, "linux.devices");
                add(
                        new FileOperation.Check(
                                source, type(device), device.type() == Device.Type.FIFO ? 0 : number(device), 0),
                        "that is what it must be");
                deviceSources.put(device.path(), source);
            }
        }
        if (!linux.maskedPaths().isEmpty()) {
            Slot slot = plan.slot("null-device");
            add(new MountOperation.OpenTree(slot, Slot.CWD, "/dev/null", CLONE), "linux.maskedPaths, for files");
            stopPropagation(slot, false, "linux.maskedPaths");
            add(
                    new FileOperation.Check(slot, FileStatus.TYPE_CHARACTER, FileStatus.device(1, 3), 0),
                    "that is what it must be (CVE-2025-31133)");
            nullDevice = Optional.of(slot);
        }
    }

    private void openBindSource(Mount mount, int index) {
        String key = "mounts[" + index + "]";
        boolean recursive = MountOptions.parse(mount.options()).recursive();
        Slot source = plan.slot("source" + index);
        String path = mount.source().orElseThrow();
        add(
                new MountOperation.OpenTree(
                        source,
                        Slot.CWD,
                        path.startsWith("/") ? path : blueprint.bundle() + "/" + path,
                        recursive ? CLONE_ALL : CLONE),
                key + ".source");
        stopPropagation(source, recursive, key);
        if (Unsupported.clean(mount.destination()).equals("/proc")) {
            add(
                    new FileOperation.Check(source, 0, 0, FileSystemStatus.PROC),
                    key + ", only proc can be at /proc (CVE-2019-16884)");
        }
        sources.put(index, source);
    }

    private void openCgroupSources(String key) {
        for (Map.Entry<String, String> cgroup : blueprint.cgroupFolders().entrySet()) {
            Slot source = plan.slot("cgroup-" + (cgroup.getKey().isEmpty() ? "unified" : cgroup.getKey()));
            add(new MountOperation.OpenTree(source, Slot.CWD, cgroup.getValue(), CLONE), key + ", its own cgroup");
            stopPropagation(source, false, key);
            cgroupSources.put(cgroup.getKey(), source);
        }
    }

    /** A clone that was made in the host's own namespace would pass mounts back to it. */
    private void stopPropagation(Slot tree, boolean recursive, String key) {
        if (userNamespace) {
            add(
                    new MountOperation.MountSetattr(tree, recursive, 0, 0, Mounts.MS_SLAVE),
                    key + ", nothing mounted in it shows on the host");
        }
    }

    /** Puts the root over the host's own, where it needs no folder and no permission to be reached. */
    void attach() {
        add(
                new FileOperation.Open(hostRoot, Slot.CWD, "/", OpenFlags.PATH | OpenFlags.DIRECTORY, 0),
                "where the root will stand, and what has to go in the end");
        switch (blueprint.root()) {
            case RootSource.Folder ignored ->
                add(new MountOperation.MoveMount(root, hostRoot), "a root must be a mount to become one");
            case RootSource.Layers layers -> {
                for (RootSource.Layer layer : layers.mounts()) {
                    add(
                            new MountOperation.Mount(layer.type(), layer.target(), layer.type(), 0, layer.options()),
                            "the image's layers, and one for the changes");
                }
                add(
                        new FileOperation.Open(
                                root,
                                Slot.CWD,
                                layers.mounts().getLast().target(),
                                OpenFlags.PATH | OpenFlags.DIRECTORY,
                                0),
                        "the root");
            }
        }
    }

    void mountAll() {
        for (int i = 0; i < mounts.size(); i++) {
            Mount mount = mounts.get(i);
            MountOptions options = MountOptions.parse(mount.options());
            String key = "mounts[" + i + "], " + mount.destination();
            if (options.remount()) {
                Slot target = plan.slot("target" + i);
                add(new FileOperation.OpenIn(target, root, mount.destination(), OpenFlags.PATH, false), key);
                setAttributes(target, options, key);
            } else if (options.bind()) {
                Slot source = sources.get(i);
                if (source != null) {
                    setAttributes(source, options, key);
                    place(source, mount.destination(), source, key);
                }
            } else if (isCgroup(mount)) {
                mountCgroups(mount, options, key);
            } else {
                mountFileSystem(mount, options, key);
            }
        }
        Slot cwd = plan.slot("cwd");
        add(
                new FileOperation.MakeIn(cwd, root, blueprint.process().cwd(), DIRECTORY_MODE, Slot.CWD),
                "process.cwd, if it is missing");
        add(new FileOperation.Close(cwd), "only its being there matters");
    }

    private void mountFileSystem(Mount mount, MountOptions options, String key) {
        String type = mount.type()
                .orElseThrow(
                        () -> new RuntimeFailure("config.json: " + key + ": a mount that is no bind needs a type"));
        String destination = Unsupported.clean(mount.destination());
        if (type.equals("proc") || type.equals("sysfs")) {
            requireOrdinaryDirectory(mount.destination(), type, key);
        }
        // Device nodes have yet to be made in it.
        boolean later = destination.equals("/dev") && options.readOnly();
        Slot context = plan.slot(type + "-context");
        Slot made = plan.slot(type);
        add(new MountOperation.Fsopen(context, type), key);
        if (mount.source().isPresent()) {
            configure(context, "source", mount.source().get(), key);
        }
        for (String flag : options.flags()) {
            add(new MountOperation.Fsconfig(context, FsconfigCommand.SET_FLAG, flag, ""), key);
        }
        for (MountOptions.Data data : options.data()) {
            configure(context, data.key(), data.value(), key);
        }
        add(new MountOperation.Fsconfig(context, FsconfigCommand.CREATE, "", ""), key);
        add(
                new MountOperation.Fsmount(made, context, later ? options.set() & ~Mounts.ATTR_RDONLY : options.set()),
                key);
        if (options.recursiveSet() != 0
                || options.recursiveClear() != 0
                || !options.propagation().isEmpty()) {
            setAttributes(made, options, key);
        }
        place(made, mount.destination(), Slot.CWD, key);
        if (destination.equals("/dev/pts") && type.equals("devpts")) {
            devpts = Optional.of(made);
        }
        if (destination.equals("/dev")) {
            deviceFolders.put("/dev", made);
            readOnlyDev = later ? Optional.of(made) : Optional.empty();
        }
    }

    /** An image that links these elsewhere would have them and their masks fall apart (CVE-2023-27561). */
    private void requireOrdinaryDirectory(String destination, String type, String key) {
        Slot slot = plan.slot(type + "-target");
        add(
                new FileOperation.OpenIn(slot, root, destination, OpenFlags.PATH | OpenFlags.NOFOLLOW, true),
                key + ", " + type + " goes on an ordinary directory only");
        add(
                new FileOperation.Check(slot, FileStatus.TYPE_DIRECTORY, 0, 0),
                key + ", " + type + " goes on an ordinary directory only");
    }

    /** The container's own cgroup and nothing above it: under v2 one folder, under v1 one for each controller. */
    private void mountCgroups(Mount mount, MountOptions options, String key) {
        Slot unified = cgroupSources.get("");
        if (cgroupSources.size() == 1 && unified != null) {
            setAttributes(unified, options, key);
            place(unified, mount.destination(), Slot.CWD, key);
            return;
        }
        Slot context = plan.slot("tmpfs-context");
        Slot folder = plan.slot("cgroups");
        add(new MountOperation.Fsopen(context, "tmpfs"), key);
        configure(context, "mode", "755", key);
        add(new MountOperation.Fsconfig(context, FsconfigCommand.CREATE, "", ""), key);
        add(new MountOperation.Fsmount(folder, context, options.set() & ~Mounts.ATTR_RDONLY), key);
        place(folder, mount.destination(), Slot.CWD, key);
        Map<String, String> shown = new HashMap<>();
        for (Map.Entry<String, Slot> source : cgroupSources.entrySet()) {
            String name =
                    source.getKey().isEmpty() ? "unified" : source.getKey().replace("name=", "");
            String path = blueprint.cgroupFolders().get(source.getKey());
            String first = shown.putIfAbsent(path, name);
            if (first != null) {
                add(new FileOperation.Symlink(first, folder, name), key + ", mounted together");
                continue;
            }
            setAttributes(source.getValue(), options, key);
            Slot target = plan.slot("target");
            add(new FileOperation.MakeIn(target, folder, name, DIRECTORY_MODE, Slot.CWD), key);
            add(new MountOperation.MoveMount(source.getValue(), target), key);
        }
        if (options.readOnly()) {
            add(new MountOperation.MountSetattr(folder, false, Mounts.ATTR_RDONLY, 0, 0), key);
        }
    }

    private void setAttributes(Slot mount, MountOptions options, String key) {
        if (options.set() != 0 || options.clear() != 0) {
            add(new MountOperation.MountSetattr(mount, false, options.set(), options.clear(), 0), key);
        }
        if (options.recursiveSet() != 0 || options.recursiveClear() != 0) {
            add(new MountOperation.MountSetattr(mount, true, options.recursiveSet(), options.recursiveClear(), 0), key);
        }
        for (long propagation : options.propagation()) {
            add(
                    new MountOperation.MountSetattr(
                            mount, (propagation & Mounts.MS_REC) != 0, 0, 0, propagation & ~Mounts.MS_REC),
                    key);
        }
    }

    private void place(Slot mount, String destination, Slot like, String key) {
        Slot target = plan.slot("target");
        add(new FileOperation.MakeIn(target, root, destination, DIRECTORY_MODE, like), key);
        add(new MountOperation.MoveMount(mount, target), key);
    }

    private void configure(Slot context, String option, String value, String key) {
        if (value.isEmpty()) {
            add(new MountOperation.Fsconfig(context, FsconfigCommand.SET_FLAG, option, ""), key);
        } else {
            add(new MountOperation.Fsconfig(context, FsconfigCommand.SET_STRING, option, value), key);
        }
    }

    /** A file system without options, attached nowhere. */
    Slot makeMount(String type, String why) {
        Slot context = plan.slot(type + "-context");
        Slot made = plan.slot("private-" + type);
        add(new MountOperation.Fsopen(context, type), why);
        add(new MountOperation.Fsconfig(context, FsconfigCommand.CREATE, "", ""), why);
        add(new MountOperation.Fsmount(made, context, INERT), why);
        return made;
    }

    /** The devpts that is mounted at /dev/pts. */
    Optional<Slot> devpts() {
        return devpts;
    }

    /** What every container has, and what it asks for; a /dev of somebody else's is left as it is. */
    void makeDevices() {
        for (Mount mount : mounts) {
            if (mount.isBind() && Unsupported.clean(mount.destination()).equals("/dev")) {
                return;
            }
        }
        for (Device device : devices()) {
            makeDevice(device);
        }
        Slot dev = folder("/dev");
        link("/proc/self/fd", dev, "fd");
        link("/proc/self/fd/0", dev, "stdin");
        link("/proc/self/fd/1", dev, "stdout");
        link("/proc/self/fd/2", dev, "stderr");
        if (devpts.isPresent()) {
            link("pts/ptmx", dev, "ptmx");
        }
    }

    private void makeDevice(Device device) {
        String why = "linux.devices, " + device.path();
        Slot source = deviceSources.get(device.path());
        if (source != null) {
            place(source, device.path(), source, why);
            return;
        }
        String path = Unsupported.clean(device.path());
        int slash = path.lastIndexOf('/');
        add(
                new FileOperation.MakeNode(
                        folder(slash == 0 ? "/" : path.substring(0, slash)),
                        path.substring(slash + 1),
                        type(device) | (int) device.fileMode().orElse(DEVICE_MODE),
                        number(device),
                        (int) device.uid().orElse(0),
                        (int) device.gid().orElse(0)),
                why);
    }

    private Slot folder(String path) {
        Slot known = deviceFolders.get(path);
        if (known != null) {
            return known;
        }
        Slot folder = plan.slot(path);
        add(new FileOperation.MakeIn(folder, root, path, DIRECTORY_MODE, Slot.CWD), "for device nodes");
        deviceFolders.put(path, folder);
        return folder;
    }

    private void link(String target, Slot dev, String name) {
        add(new FileOperation.Symlink(target, dev, name), "every container has it");
    }

    private List<Device> devices() {
        Map<String, Device> devices = new LinkedHashMap<>();
        for (Device device : DefaultDevices.NODES) {
            devices.put(device.path(), device);
        }
        for (Device device : linux.devices()) {
            devices.put(Unsupported.clean(device.path()), device);
        }
        return new ArrayList<>(devices.values());
    }

    /** The terminal as /dev/console. */
    void bindConsole(Slot terminal) {
        Slot console = plan.slot("console");
        add(
                new MountOperation.OpenTree(console, terminal, "", CLONE | Files.EMPTY_PATH),
                "process.terminal, as /dev/console");
        Slot target = plan.slot("target");
        add(
                new FileOperation.MakeIn(target, folder("/dev"), "console", FILE_MODE, console),
                "process.terminal, as /dev/console");
        add(new MountOperation.MoveMount(console, target), "process.terminal, as /dev/console");
    }

    /** From here on there is no way back to the host's files. */
    void enter() {
        add(new MountOperation.Fchdir(root), "the root becomes one");
        add(new MountOperation.PivotRoot(".", "."), "the root becomes one");
        add(new MountOperation.Fchdir(hostRoot), "the host's files go out of sight");
        add(
                new MountOperation.Mount("", ".", "", Mounts.MS_SLAVE | Mounts.MS_REC, ""),
                "for this namespace only, not for the host");
        add(new MountOperation.Umount(".", Mounts.DETACH), "the host's files go out of sight");
        add(new MountOperation.Chdir("/", false), "from the host's files");
    }

    /** Read-only paths before masked ones, as a mask may lie below one of them. */
    void protect() {
        if (blueprint.config().root().readonly()) {
            add(new MountOperation.MountSetattr(root, false, Mounts.ATTR_RDONLY, 0, 0), "root.readonly");
        }
        if (readOnlyDev.isPresent()) {
            add(
                    new MountOperation.MountSetattr(readOnlyDev.get(), false, Mounts.ATTR_RDONLY, 0, 0),
                    "mounts, /dev, now that its nodes are there");
        }
        for (String path : linux.readonlyPaths()) {
            Slot target = plan.slot("target");
            Slot tree = plan.slot("tree");
            String why = "linux.readonlyPaths, " + path;
            add(new FileOperation.OpenIn(target, root, path, OpenFlags.PATH, true), why);
            add(new MountOperation.OpenTree(tree, target, "", CLONE_ALL | Files.EMPTY_PATH), why);
            add(new MountOperation.MountSetattr(tree, true, Mounts.ATTR_RDONLY, 0, 0), why);
            add(new MountOperation.MoveMount(tree, target), why);
        }
        if (nullDevice.isPresent()) {
            Slot empty = makeMount("tmpfs", "linux.maskedPaths, for directories");
            add(
                    new MountOperation.MountSetattr(empty, false, Mounts.ATTR_RDONLY, 0, 0),
                    "linux.maskedPaths, for directories");
            for (String path : linux.maskedPaths()) {
                add(new MountOperation.Mask(root, path, nullDevice.get(), empty), "linux.maskedPaths, " + path);
            }
        }
        if (linux.rootfsPropagation().isPresent()) {
            long propagation = propagation(linux.rootfsPropagation().get());
            add(
                    new MountOperation.MountSetattr(
                            root, (propagation & Mounts.MS_REC) != 0, 0, 0, propagation & ~Mounts.MS_REC),
                    "linux.rootfsPropagation");
        }
    }

    private static boolean isCgroup(Mount mount) {
        String type = mount.type().orElse("");
        return !mount.isBind() && (type.equals("cgroup") || type.equals("cgroup2"));
    }

    private static long propagation(Propagation propagation) {
        return switch (propagation) {
            case PRIVATE -> Mounts.MS_PRIVATE;
            case RPRIVATE -> Mounts.MS_PRIVATE | Mounts.MS_REC;
            case SLAVE -> Mounts.MS_SLAVE;
            case RSLAVE -> Mounts.MS_SLAVE | Mounts.MS_REC;
            case SHARED -> Mounts.MS_SHARED;
            case RSHARED -> Mounts.MS_SHARED | Mounts.MS_REC;
            case UNBINDABLE -> Mounts.MS_UNBINDABLE;
            case RUNBINDABLE -> Mounts.MS_UNBINDABLE | Mounts.MS_REC;
        };
    }

    private static int type(Device device) {
        return switch (device.type()) {
            case CHARACTER, UNBUFFERED -> FileStatus.TYPE_CHARACTER;
            case BLOCK -> FileStatus.TYPE_BLOCK;
            case FIFO -> FileStatus.TYPE_FIFO;
        };
    }

    private static long number(Device device) {
        return FileStatus.device((int) device.major(), (int) device.minor());
    }

    private void add(Operation operation, String why) {
        plan.add(operation, why);
    }
}
