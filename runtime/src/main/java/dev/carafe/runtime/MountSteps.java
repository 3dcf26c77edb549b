package dev.carafe.runtime;

import dev.carafe.linux.FileStatus;
import dev.carafe.linux.FileSystemStatus;
import dev.carafe.linux.Mounts;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.runtime.plan.FileOperation;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.MountOperation.FsconfigCommand;
import dev.carafe.runtime.plan.Operation;
import dev.carafe.runtime.plan.Plan;
import dev.carafe.runtime.plan.Slot;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The steps that all chapters of a root file system are written in.
 *
 * <p>Every mount is made or cloned detached, prepared, and then moved onto a descriptor that was resolved inside the
 * root. No path is used twice, so that nothing can be swapped in between (CVE-2021-30465 and its kind); what lies below a
 * mount is reached from that mount, wherever its directory has been moved meanwhile.
 */
final class MountSteps {

    static final int DIRECTORY_MODE = 0755;
    static final int CLONE = Mounts.TREE_CLONE;
    static final int CLONE_ALL = Mounts.TREE_CLONE | Mounts.RECURSIVE;
    private static final long INERT = Mounts.ATTR_NOSUID | Mounts.ATTR_NODEV | Mounts.ATTR_NOEXEC;

    private final Plan.Builder plan;
    private final Slot root;
    private final boolean userNamespace;
    private final boolean mountNamespace;
    private final Optional<String> label;
    private final List<Placed> placed = new ArrayList<>();

    MountSteps(Plan.Builder plan, Blueprint blueprint) {
        this.plan = plan;
        this.root = plan.slot("root");
        this.userNamespace =
                blueprint.config().linux().namespace(Namespace.Type.USER).isPresent();
        this.label = blueprint.config().linux().mountLabel();
        this.mountNamespace = !HostMounts.areUsedBy(blueprint.config());
    }

    /** Where the root file system's top is, or will be. */
    Slot root() {
        return root;
    }

    /** Whether the container has a user namespace that is not its caller's. */
    boolean userNamespace() {
        return userNamespace;
    }

    /** Whether the container has a mount namespace that is not its caller's. */
    boolean mountNamespace() {
        return mountNamespace;
    }

    Slot slot(String name) {
        return plan.slot(name);
    }

    void add(Operation operation, String why) {
        plan.add(operation, why);
    }

    /** A clone that was made in the host's own namespace would pass mounts back to it. */
    void stopPropagation(Slot tree, boolean recursive, String key) {
        if (userNamespace || !mountNamespace) {
            add(
                    new MountOperation.MountSetattr(tree, recursive, 0, 0, Mounts.MS_SLAVE),
                    key + ", nothing mounted in it shows on the host");
        }
    }

    /** Flags and propagation; a file system's own options are given when it is made. */
    void setAttributes(Slot mount, MountOptions options, String key) {
        if (options.set() != 0 || options.clear() != 0) {
            add(new MountOperation.MountSetattr(mount, false, options.set(), options.clear(), 0), key);
        }
        setRecursiveAttributes(mount, options, key);
    }

    /** The same for a bind mount, which has its source's flags if it names none, and only its own if it does. */
    void setBindAttributes(Slot mount, MountOptions options, String key) {
        if (options.hasFlags()) {
            add(
                    new MountOperation.SetBindAttributes(
                            mount, options.set(), options.clear(), options.setsAccessTime(), userNamespace),
                    key);
        }
        setRecursiveAttributes(mount, options, key);
    }

    private void setRecursiveAttributes(Slot mount, MountOptions options, String key) {
        if (options.recursiveSet() != 0 || options.recursiveClear() != 0) {
            add(new MountOperation.MountSetattr(mount, true, options.recursiveSet(), options.recursiveClear(), 0), key);
        }
        for (long propagation : options.propagation()) {
            setPropagation(mount, propagation, key);
        }
    }

    /** @param propagation {@code MS_PRIVATE} or a neighbour, with {@code MS_REC} or without */
    void setPropagation(Slot mount, long propagation, String key) {
        add(
                new MountOperation.MountSetattr(
                        mount, (propagation & Mounts.MS_REC) != 0, 0, 0, propagation & ~Mounts.MS_REC),
                key);
    }

    /**
     * Attaches a mount inside the root. Whatever links the image has, nothing comes to stand in proc that was not said
     * to (CVE-2019-16884).
     *
     * @param like makes a file where this is one, if nothing is there, and a directory otherwise
     */
    void place(Slot mount, String destination, Slot like, String key) {
        Slot target = slot("target");
        add(new FileOperation.MakeIn(target, root, destination, DIRECTORY_MODE, like), key);
        place(mount, destination, like, target, key);
    }

    /** Attaches a mount to an ordinary directory inside the root, and to nothing that is a symbolic link. */
    void placeOnDirectory(Slot mount, String destination, String key) {
        Slot target = slot("target");
        add(new FileOperation.MakeIn(slot("made"), root, destination, DIRECTORY_MODE, Slot.CWD), key);
        add(new FileOperation.OpenIn(target, root, destination, OpenFlags.PATH | OpenFlags.NOFOLLOW, false), key);
        add(new FileOperation.Check(target, FileStatus.TYPE_DIRECTORY, 0, 0), key);
        place(mount, destination, Slot.CWD, target, key);
    }

    private void place(Slot mount, String destination, Slot like, Slot target, String key) {
        if (!Unsupported.inProc(destination)) {
            add(new FileOperation.CheckNot(target, FileSystemStatus.PROC), key + ", by no link into proc");
        }
        add(new MountOperation.MoveMount(mount, target), key);
        placed.add(new Placed(Unsupported.clean(destination), mount, like.equals(Slot.CWD)));
    }

    /** @param directory whether it is one for sure */
    private record Placed(String destination, Slot mount, boolean directory) {}

    /** The mount that was last placed at a destination. */
    Optional<Slot> placedAt(String destination) {
        String clean = Unsupported.clean(destination);
        return placed.reversed().stream()
                .filter(mount -> mount.destination.equals(clean))
                .map(Placed::mount)
                .findFirst();
    }

    /**
     * From where a path in the root is reached: the mount that it lies in. Whoever shares the root's folder may have moved
     * that mount's directory, and put another in its place for the mask that the path is to get (as in CVE-2023-27561).
     */
    Start reach(String path) {
        String clean = Unsupported.clean(path);
        for (Placed mount : placed.reversed()) {
            if (clean.startsWith(mount.destination + "/")) {
                return new Start(mount.mount, clean.substring(mount.destination.length()));
            }
            if (clean.equals(mount.destination) && mount.directory) {
                return new Start(mount.mount, "/");
            }
        }
        return new Start(root, path);
    }

    /** A path and the directory that it starts from. */
    record Start(Slot directory, String path) {}

    /** Options for a file system to be, or for one that is there. */
    void configure(Slot context, MountOptions options, String key) {
        for (String flag : options.flags()) {
            add(new MountOperation.Fsconfig(context, FsconfigCommand.SET_FLAG, flag, ""), key);
        }
        for (MountOptions.Data data : options.data()) {
            configure(context, data.key(), data.value(), key);
        }
    }

    void configure(Slot context, String option, String value, String key) {
        if (value.isEmpty()) {
            add(new MountOperation.Fsconfig(context, FsconfigCommand.SET_FLAG, option, ""), key);
        } else {
            add(new MountOperation.Fsconfig(context, FsconfigCommand.SET_STRING, option, value), key);
        }
    }

    /** The label of all files in a file system to be. */
    void configureLabel(Slot context) {
        label.ifPresent(text -> configure(context, "context", text, "linux.mountLabel"));
    }

    /** The label of a file system whose instances are the kernel's own, so that it takes no option. */
    void setLabel(Slot top) {
        label.ifPresent(text -> add(
                new FileOperation.SetAttribute(top, "security.selinux", text.getBytes(StandardCharsets.UTF_8)),
                "linux.mountLabel"));
    }

    /** A file system without options, attached nowhere, in which nothing runs. */
    Slot makeMount(String type, String why) {
        Slot context = slot(type + "-context");
        Slot made = slot("private-" + type);
        add(new MountOperation.Fsopen(context, type), why);
        if (!type.equals("proc")) {
            configureLabel(context);
        }
        add(new MountOperation.Fsconfig(context, FsconfigCommand.CREATE, "", ""), why);
        add(new MountOperation.Fsmount(made, context, INERT), why);
        return made;
    }
}
