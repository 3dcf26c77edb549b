package dev.carafe.runtime;

import dev.carafe.linux.Mounts;
import dev.carafe.linux.OpenFlags;
import dev.carafe.oci.runtime.Mount;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.runtime.plan.ControlOperation;
import dev.carafe.runtime.plan.FileOperation;
import dev.carafe.runtime.plan.MountOperation;
import dev.carafe.runtime.plan.Operation;
import dev.carafe.runtime.plan.Plan;
import dev.carafe.runtime.plan.ProcessOperation;
import dev.carafe.runtime.plan.Slot;
import java.util.ArrayList;
import java.util.List;

/**
 * Compiles what precedes the restoring of a container: CRIU wants its places for mounts, its root as a mount, and itself
 * in the container's cgroup. All mounts here are in a namespace that ends with it.
 */
final class RestoreCompiler {

    /** CRIU's connection: above every number that the plan's own descriptors may have. */
    private static final int CONNECTION = 200;
    /** The first of as many null devices as there are standard descriptors: it closes what it has taken. */
    static final int FIRST_NULL = CONNECTION + 1;
    /** The first of the namespaces that it takes by descriptor. */
    static final int FIRST_NAMESPACE = FIRST_NULL + StandardDescriptors.COUNT;

    private static final int USUAL_UMASK = 0022;

    private final Plan.Builder plan = new Plan.Builder();
    private final Blueprint blueprint;
    private final ProcessCompiler process;
    private final CheckpointOptions options;

    private RestoreCompiler(Blueprint blueprint, CheckpointOptions options) {
        this.blueprint = blueprint;
        this.process = new ProcessCompiler(plan, blueprint.process());
        this.options = options;
    }

    static Plan compile(Blueprint blueprint, CheckpointOptions options) {
        Unsupported.check(blueprint);
        Unsupported.checkCheckpoint(blueprint.config(), blueprint.process().rights());
        return new RestoreCompiler(blueprint, options).compile();
    }

    private Plan compile() {
        if (!(blueprint.root() instanceof RootSource.Folder(String rootfs))) {
            throw new RuntimeFailure("a container of layers is not restored by this version of Carafe");
        }
        Slot connection = plan.input("connection");
        process.leaveCaller();
        add(new ProcessOperation.SetAffinity(Scheduling.everyProcessor()), "the cgroup's processors, not the caller's");
        process.joinCgroups(false);
        Slot nothing = plan.slot("null");
        add(
                new FileOperation.Open(nothing, Slot.CWD, StandardDescriptors.NULL_DEVICE, OpenFlags.RDWR, 0),
                "for what was the host's null device");
        List<Slot> namespaces = openNamespaces();
        add(
                new ProcessOperation.Unshare(Integer.toUnsignedLong(dev.carafe.linux.Namespace.MOUNT.flag())),
                "nothing mounted here shows on the host");
        add(
                new MountOperation.Mount("", "/", "", Mounts.MS_SLAVE | Mounts.MS_REC, ""),
                "nothing mounted here shows on the host");
        bindRoot(rootfs);
        makePlaces(rootfs);
        add(new MountOperation.Umount(rootfs, Mounts.DETACH), "what was mounted only to make places in it");
        bindRoot(rootfs);
        add(new ControlOperation.Dup(connection, CONNECTION), "CRIU is asked through it");
        for (int i = 0; i < StandardDescriptors.COUNT; i++) {
            add(new ControlOperation.Dup(nothing, FIRST_NULL + i), "for what was the host's null device");
        }
        for (int i = 0; i < namespaces.size(); i++) {
            add(new ControlOperation.Dup(namespaces.get(i), FIRST_NAMESPACE + i), "linux.namespaces, for CRIU");
        }
        add(new ProcessOperation.Umask(USUAL_UMASK), "for CRIU's own files");
        add(new ControlOperation.FindProgram(options.criu(), ""), "it restores the container as its brother");
        add(new ControlOperation.Synchronise(ControlOperation.READY), "it is asked when it runs");
        add(
                new ControlOperation.Execve(
                        List.of("criu", "swrk", Integer.toString(CONNECTION)), options.environment()),
                "it restores the container as its brother");
        return plan.build();
    }

    private List<Slot> openNamespaces() {
        List<Slot> slots = new ArrayList<>();
        for (Namespace namespace : blueprint.config().linux().namespaces()) {
            if (namespace.path().isPresent() && Restoration.canBeInherited(namespace.type())) {
                Slot slot = plan.slot(namespace.type() + "-namespace");
                add(
                        new FileOperation.Open(slot, Slot.CWD, namespace.path().get(), OpenFlags.RDONLY, 0),
                        "linux.namespaces, " + namespace.type());
                slots.add(slot);
            }
        }
        return slots;
    }

    private void bindRoot(String rootfs) {
        add(
                new MountOperation.Mount(rootfs, rootfs, "", Mounts.MS_BIND | Mounts.MS_REC, ""),
                "CRIU wants a root that is a mount");
    }

    /** What is in a tmpfs CRIU restores with it; a place in something that is bound is made there. */
    private void makePlaces(String rootfs) {
        Slot root = plan.slot("root");
        add(
                new FileOperation.Open(root, Slot.CWD, rootfs, OpenFlags.PATH | OpenFlags.DIRECTORY, 0),
                "root.path, as it is mounted now");
        List<Mount> mounts = Rootless.mounts(blueprint.config());
        for (int i = 0; i < mounts.size(); i++) {
            Mount mount = mounts.get(i);
            String key = "mounts[" + i + "], " + mount.destination();
            if (CgroupMounts.isCgroup(mount) || isOnTmpfs(mount.destination(), mounts)) {
                continue;
            }
            Slot source = Slot.CWD;
            if (mount.isBind() && mount.source().isPresent()) {
                source = plan.slot("source" + i);
                String path = mount.source().get();
                add(
                        new MountOperation.OpenTree(
                                source,
                                Slot.CWD,
                                path.startsWith("/") ? path : blueprint.bundle() + "/" + path,
                                MountSteps.CLONE_ALL),
                        key);
            }
            Slot place = plan.slot("place");
            add(new FileOperation.MakeIn(place, root, mount.destination(), MountSteps.DIRECTORY_MODE, source), key);
            if (!source.equals(Slot.CWD)) {
                add(new MountOperation.MoveMount(source, place), key);
            }
        }
    }

    private static boolean isOnTmpfs(String destination, List<Mount> mounts) {
        String path = Unsupported.clean(destination);
        for (Mount mount : mounts) {
            if (mount.type().orElse("").equals("tmpfs")
                    && !mount.isBind()
                    && path.startsWith(Unsupported.clean(mount.destination()) + "/")) {
                return true;
            }
        }
        return false;
    }

    private void add(Operation operation, String why) {
        plan.add(operation, why);
    }
}
