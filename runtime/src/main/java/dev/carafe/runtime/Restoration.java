package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.runtime.CriuRpc.OptionField;
import dev.carafe.runtime.CriuRpc.RequestType;
import dev.carafe.runtime.plan.HookOperation;
import dev.carafe.runtime.plan.Plan;
import java.util.function.IntConsumer;

/**
 * A container that goes on where another one was when it was checkpointed.
 *
 * <p>CRIU makes its processes as brothers of its own. So it is the program that the plan ends in: it runs in the container's
 * cgroup, and the parent that a container's first process is to have comes to have the restored one for a child.
 */
final class Restoration implements AutoCloseable {

    private static final String LOG = "restore.log";
    private static final int CGROUPS_MOST = 64 << 10;

    private final Files files;
    private final CheckpointOptions options;
    private final Config config;
    private final Criu criu;
    private final StandardDescriptors descriptors;

    Restoration(Kernel kernel, CheckpointOptions options, Config config) {
        this.files = kernel.files();
        this.options = options;
        this.config = config;
        this.criu = new Criu(kernel, options, LOG, false);
        try {
            this.descriptors = criu.images().descriptors();
        } catch (RuntimeException exception) {
            criu.close();
            throw exception;
        }
    }

    /** Whether its first process will be killed when its parent ends. */
    boolean diesWithParent() {
        return criu.images().dieWithParent();
    }

    /** What the plan is given. */
    Fd input() {
        return criu.socket();
    }

    Plan compile(Blueprint blueprint) {
        return RestoreCompiler.compile(blueprint, options);
    }

    /**
     * Restores it, when the plan has come so far.
     *
     * @param pid of CRIU
     * @param init who waits to hear of the first process
     * @param owner who gets its terminal
     * @param made hears of the number of the first process, before that runs
     * @return that number
     */
    int perform(Blueprint blueprint, int pid, Init init, Containers.TerminalOwner owner, IntConsumer made) {
        if (!(blueprint.root() instanceof RootSource.Folder(String rootfs))) {
            throw new IllegalStateException("such a plan is not compiled");
        }
        try (Criu.Folders folders = criu.foldersSeenBy(pid)) {
            CriuMessage message = criu.common(rootfs, folders)
                    .flag(OptionField.EVASIVE_DEVICES, true)
                    .flag(OptionField.RST_SIBLING, true);
            addMounts(message, blueprint, rootfs);
            addCgroups(message, pid);
            addDescriptors(message);
            addNamespaces(message);
            options.securityProfile().ifPresent(profile -> message.text(OptionField.LSM_PROFILE, profile));
            options.securityMountContext().ifPresent(context -> message.text(OptionField.LSM_MOUNT_CONTEXT, context));
            int restored = criu.perform(RequestType.RESTORE, message, (notice, sent) -> {
                        switch (notice.script()) {
                            case "setup-namespaces" -> {
                                init.runHooks(notice.pid(), HookOperation.MOUNTED);
                                Conversation.awaitDone(init);
                            }
                            case "orphan-pts-master" -> owner.take(sent.getFirst());
                            case "post-restore" -> made.accept(notice.pid());
                            default -> {}
                        }
                    })
                    .restored();
            criu.hangUp();
            return restored;
        }
    }

    private void addMounts(CriuMessage message, Blueprint blueprint, String rootfs) {
        new ExternalMounts(files, config, rootfs)
                .all(blueprint.cgroupFolders(), blueprint.bundle())
                .forEach((place, source) -> message.message(OptionField.EXT_MNT, CriuRpc.pair(place, source)));
        if (!config.linux().maskedPaths().isEmpty()) {
            message.message(
                    OptionField.EXT_MNT,
                    CriuRpc.pair(StandardDescriptors.NULL_DEVICE, StandardDescriptors.NULL_DEVICE));
        }
    }

    /** In place of the cgroups that it was dumped in are those of the process that executes the plan. */
    private void addCgroups(CriuMessage message, int pid) {
        String cgroups = files.readText(Fd.CWD, "/proc/" + pid + "/cgroup", CGROUPS_MOST);
        for (String line : cgroups.lines().toList()) {
            String[] parts = line.split(":", 3);
            if (parts.length == 3) {
                message.message(OptionField.CG_ROOT, CriuRpc.pair(parts[1], parts[2]));
            }
        }
    }

    /** Pipes are the caller's now, as are files; but what was the null device remains it. */
    private void addDescriptors(CriuMessage message) {
        descriptors
                .replacements()
                .forEach((name, number) -> message.message(OptionField.INHERIT_FD, CriuRpc.pair(name, number)));
    }

    private void addNamespaces(CriuMessage message) {
        int number = RestoreCompiler.FIRST_NAMESPACE;
        for (Namespace namespace : config.linux().namespaces()) {
            if (namespace.path().isEmpty()) {
                continue;
            }
            if (canBeInherited(namespace.type())) {
                message.message(OptionField.INHERIT_FD, CriuRpc.pair(key(namespace.type()), number++));
            } else {
                message.message(
                        OptionField.JOIN_NS,
                        CriuRpc.pair(
                                Compiler.kind(namespace.type()).file(),
                                namespace.path().get()));
            }
        }
    }

    /** Whether CRIU takes a namespace of a kind that somebody else has made by its descriptor. */
    static boolean canBeInherited(Namespace.Type type) {
        return type == Namespace.Type.NETWORK || type == Namespace.Type.PID;
    }

    /** The name under which it does. */
    static String key(Namespace.Type type) {
        return type == Namespace.Type.NETWORK ? "extRootNetNS" : "extRootPidNS";
    }

    @Override
    public void close() {
        criu.close();
    }
}
