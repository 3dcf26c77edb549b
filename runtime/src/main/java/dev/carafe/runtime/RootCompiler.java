package dev.carafe.runtime;

import dev.carafe.linux.FileStatus;
import dev.carafe.linux.Files;
import dev.carafe.linux.Mounts;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.runtime.Linux;
import dev.carafe.oci.runtime.Propagation;
import dev.carafe.runtime.plan.FileOperation;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.MountOperation.FsconfigCommand;
import dev.carafe.runtime.plan.Plan;
import dev.carafe.runtime.plan.Slot;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/** The chapters of a plan that make the root file system, change to it, and hide what is not to be seen. */
final class RootCompiler {

    /** What {@code mount(2)} takes of a file system's options: a page, with the null at its end. */
    private static final int OPTIONS_MOST = 4096;

    private final MountSteps steps;
    private final Blueprint blueprint;
    private final Linux linux;
    private final MountCompiler mounts;
    private final DeviceCompiler devices;

    private final Slot root;
    private final Slot hostRoot;
    private Optional<Slot> nullDevice = Optional.empty();
    /** Whether the working directory is where the root comes from. */
    private boolean inItsPlace;

    RootCompiler(Plan.Builder plan, Blueprint blueprint) {
        this.steps = new MountSteps(plan, blueprint);
        this.blueprint = blueprint;
        this.linux = blueprint.config().linux();
        this.mounts = new MountCompiler(steps, blueprint);
        this.devices = new DeviceCompiler(steps, blueprint);
        this.root = steps.root();
        this.hostRoot = plan.slot("host-root");
    }

    /**
     * Mounts made from here on stay in this namespace; what the host mounts may still arrive, unless asked otherwise.
     * A root that is shared is so with what is made below it, not with the host: only what was bound from there before
     * passes mounts on.
     */
    void isolate() {
        if (!steps.mountNamespace()) {
            return; // it is everybody's
        }
        long asked = linux.rootfsPropagation().map(RootCompiler::propagation).orElse(Mounts.MS_SLAVE) & ~Mounts.MS_REC;
        boolean arrive = asked == Mounts.MS_SLAVE || asked == Mounts.MS_SHARED;
        steps.add(
                new MountOperation.Mount(
                        "", "/", "", (arrive ? Mounts.MS_SLAVE : Mounts.MS_PRIVATE) | Mounts.MS_REC, ""),
                "nothing mounted here shows on the host");
    }

    /** Whether what is bound from the host is to pass mounts back to it, as far as it does so there. */
    boolean sharesWithHost() {
        return linux.rootfsPropagation()
                .filter(asked -> asked == Propagation.SHARED || asked == Propagation.RSHARED)
                .isPresent();
    }

    /** The user namespace that the container will be in. */
    void useUserNamespace(Slot userNamespace) {
        mounts.useUserNamespace(userNamespace);
    }

    /** Clones what lies on the host and is to be seen inside, by the right of whoever may still see it. */
    void openSources() {
        mounts.openSources();
        devices.openSources();
        if (!linux.maskedPaths().isEmpty()) {
            Slot slot = steps.slot("null-device");
            steps.add(
                    new MountOperation.OpenTree(slot, Slot.CWD, "/dev/null", MountSteps.CLONE),
                    "linux.maskedPaths, for files");
            steps.stopPropagation(slot, false, "linux.maskedPaths");
            steps.add(
                    new FileOperation.Check(slot, FileStatus.TYPE_CHARACTER, FileStatus.device(1, 3), 0),
                    "that is what it must be (CVE-2025-31133)");
            nullDevice = Optional.of(slot);
        }
    }

    /** The root itself never passes anything back: it would be everything that is mounted in it. */
    void openRoot() {
        if (blueprint.root() instanceof RootSource.Folder folder) {
            steps.add(new MountOperation.OpenTree(root, Slot.CWD, folder.path(), MountSteps.CLONE_ALL), "root.path");
            steps.stopPropagation(root, true, "root.path");
            steps.setPropagation(root, Mounts.MS_PRIVATE, "what is mounted in it shows nowhere else");
        }
    }

    /** Goes to where the root comes from, which somebody in a user namespace may have no way to. */
    void goToItsPlace() {
        if (blueprint.root() instanceof RootSource.Folder folder) {
            Slot place = steps.slot("place");
            steps.add(
                    new FileOperation.Open(place, Slot.CWD, folder.path(), OpenFlags.PATH | OpenFlags.DIRECTORY, 0),
                    "hooks, which look for the root there");
            steps.add(new MountOperation.Fchdir(place), "to be there in the new namespace as well");
            inItsPlace = true;
        }
    }

    /**
     * Puts the root where it comes from. Hooks mount things at the paths that they find in the configuration, and want to
     * see what the plan has mounted there.
     */
    void attachInItsPlace() {
        if (!(blueprint.root() instanceof RootSource.Folder folder) || !steps.mountNamespace()) {
            attach();
            return;
        }
        openHostRoot("/", "what has to go in the end");
        Slot place = steps.slot("place");
        steps.add(
                new FileOperation.Open(
                        place, Slot.CWD, inItsPlace ? "." : folder.path(), OpenFlags.PATH | OpenFlags.DIRECTORY, 0),
                "hooks, which look for the root there");
        steps.add(new MountOperation.MoveMount(root, place), "a root must be a mount to become one");
    }

    private void openHostRoot(String place, String why) {
        steps.add(new FileOperation.Open(hostRoot, Slot.CWD, place, OpenFlags.PATH | OpenFlags.DIRECTORY, 0), why);
    }

    /** Where the root file system's top is. */
    Slot slot() {
        return root;
    }

    /**
     * Puts the root over the host's own, where it needs no folder and no permission to be reached; or over its own
     * folder, where the host's has to stay.
     */
    void attach() {
        String place =
                steps.mountNamespace() || !(blueprint.root() instanceof RootSource.Folder(String path)) ? "/" : path;
        openHostRoot(
                place,
                steps.mountNamespace()
                        ? "where the root will stand, and what has to go in the end"
                        : "where the root will stand, so that one step takes all mounts away");
        if (!(blueprint.root() instanceof RootSource.Layers(List<RootSource.Layer> layers))) {
            steps.add(new MountOperation.MoveMount(root, hostRoot), "a root must be a mount to become one");
            return;
        }
        layers.forEach(this::mount);
        steps.add(
                new FileOperation.Open(
                        root, Slot.CWD, layers.getLast().target(), OpenFlags.PATH | OpenFlags.DIRECTORY, 0),
                "the root");
    }

    private void mount(RootSource.Layer layer) {
        String why = "the image's layers, and one for the changes";
        if (layer.options().length() < OPTIONS_MOST) {
            steps.add(new MountOperation.Mount(layer.type(), layer.target(), layer.type(), 0, layer.options()), why);
            return;
        }
        Slot context = steps.slot("layers-context");
        Slot made = steps.slot("layers");
        Slot target = steps.slot("layers-target");
        steps.add(new MountOperation.Fsopen(context, layer.type()), why);
        for (RootSource.Setting setting : layer.settings()) {
            FsconfigCommand command = setting.value().isEmpty() ? FsconfigCommand.SET_FLAG : FsconfigCommand.SET_STRING;
            steps.add(new MountOperation.Fsconfig(context, command, setting.key(), setting.value()), why);
        }
        steps.add(new MountOperation.Fsconfig(context, FsconfigCommand.CREATE, "", ""), why);
        steps.add(new MountOperation.Fsmount(made, context, 0), why);
        steps.add(
                new FileOperation.Open(target, Slot.CWD, layer.target(), OpenFlags.PATH | OpenFlags.DIRECTORY, 0), why);
        steps.add(new MountOperation.MoveMount(made, target), why);
    }

    void mountAll() {
        mounts.mountAll();
        mounts.dev().ifPresent(devices::useDev);
        Slot cwd = steps.slot("cwd");
        steps.add(
                new FileOperation.MakeIn(
                        cwd, root, blueprint.process().config().cwd(), MountSteps.DIRECTORY_MODE, Slot.CWD),
                "process.cwd, if it is missing");
    }

    void makeDevices() {
        devices.makeDevices(mounts.devpts());
    }

    /** The devpts that is mounted at {@code /dev/pts}. */
    Optional<Slot> devpts() {
        return mounts.devpts();
    }

    /** The terminal as {@code /dev/console}. */
    void bindConsole(Slot terminal) {
        devices.bindConsole(terminal);
    }

    /** A file system without options, attached nowhere, in which nothing runs. */
    Slot makeMount(String type, String why) {
        return steps.makeMount(type, why);
    }

    /** From here on there is no way back to the host's files, but for whoever may chroot(2) in the host's mounts. */
    void enter() {
        steps.add(new MountOperation.Fchdir(root), "the root becomes one");
        if (!steps.mountNamespace()) {
            steps.add(new MountOperation.Chroot("."), "for this process only: the host keeps its own");
            steps.add(new MountOperation.Chdir("/", MountOperation.Chdir.When.NOW), "the root becomes one");
            return;
        }
        steps.add(new MountOperation.PivotRoot(".", "."), "the root becomes one");
        steps.add(new MountOperation.Fchdir(hostRoot), "the host's files go out of sight");
        steps.add(
                new MountOperation.Mount("", ".", "", Mounts.MS_SLAVE | Mounts.MS_REC, ""),
                "for this namespace only, not for the host");
        steps.add(new MountOperation.Umount(".", Mounts.DETACH), "the host's files go out of sight");
        steps.add(new MountOperation.Chdir("/", MountOperation.Chdir.When.NOW), "from the host's files");
    }

    /** Read-only paths before masked ones, as a mask may lie below one of them. */
    void protect() {
        if (blueprint.config().root().readonly()) {
            steps.add(new MountOperation.MountSetattr(root, false, Mounts.ATTR_RDONLY, 0, 0), "root.readonly");
        }
        mounts.protect();
        for (String path : new LinkedHashSet<>(linux.readonlyPaths())) {
            makeReadOnly(path);
        }
        if (nullDevice.isPresent()) {
            mask(nullDevice.get());
        }
        if (linux.rootfsPropagation().isPresent()) {
            steps.setPropagation(root, propagation(linux.rootfsPropagation().get()), "linux.rootfsPropagation");
        }
    }

    private void makeReadOnly(String path) {
        Slot target = steps.slot("target");
        Slot tree = steps.slot("tree");
        String why = "linux.readonlyPaths, " + path;
        MountSteps.Start start = steps.reach(path);
        steps.add(new FileOperation.OpenIn(target, start.directory(), start.path(), OpenFlags.PATH, true), why);
        steps.add(new MountOperation.OpenTree(tree, target, "", MountSteps.CLONE_ALL | Files.EMPTY_PATH), why);
        steps.add(new MountOperation.MountSetattr(tree, true, Mounts.ATTR_RDONLY, 0, 0), why);
        steps.add(new MountOperation.MoveMount(tree, target), why);
    }

    private void mask(Slot nullDevice) {
        String why = "linux.maskedPaths, for directories";
        Slot empty = steps.makeMount("tmpfs", why);
        steps.add(new MountOperation.MountSetattr(empty, false, Mounts.ATTR_RDONLY, 0, 0), why);
        for (String path : new LinkedHashSet<>(linux.maskedPaths())) {
            MountSteps.Start start = steps.reach(path);
            steps.add(
                    new MountOperation.Mask(start.directory(), start.path(), nullDevice, empty),
                    "linux.maskedPaths, " + path);
        }
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
}
