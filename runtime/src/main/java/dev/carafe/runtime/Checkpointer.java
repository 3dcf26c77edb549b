package dev.carafe.runtime;

import dev.carafe.linux.Fd;
import dev.carafe.linux.Files;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Spawn;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.Namespace;
import dev.carafe.runtime.CriuRpc.OptionField;
import dev.carafe.runtime.CriuRpc.RequestType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes what a container is doing to images, from which it can be restored. */
final class Checkpointer {

    private static final String LOG = "dump.log";
    private static final int CONNECTION = 3;
    private static final byte[] READY = {0};

    private final Kernel kernel;
    private final Files files;
    private final CheckpointOptions options;

    Checkpointer(Kernel kernel, CheckpointOptions options) {
        this.kernel = kernel;
        this.files = kernel.files();
        this.options = options;
    }

    void dump(ContainerRecord record, Config config) {
        int pid = record.process().orElseThrow().pid();
        try (Criu criu = new Criu(kernel, options, LOG, true)) {
            CriuMessage message = criu.common(record.rootfs(), criu.folders())
                    .number(OptionField.PID, pid)
                    .flag(OptionField.LEAVE_RUNNING, options.leaveRunning() || options.preDump())
                    .flag(OptionField.LINK_REMAP, options.linkRemap())
                    .flag(OptionField.TCP_SKIP_IN_FLIGHT, options.tcpSkipInFlight())
                    .flag(
                            OptionField.TRACK_MEM,
                            options.preDump() || options.parent().isPresent());
            freezer(record).ifPresent(folder -> message.text(OptionField.FREEZE_CGROUP, folder));
            options.pageServer()
                    .ifPresent(server ->
                            message.message(OptionField.PAGE_SERVER, CriuRpc.pair(server.address(), server.port())));
            options.parent().ifPresent(parent -> message.text(OptionField.PARENT_IMG, parent));
            addNamespaces(config, message);
            if (!options.preDump()) {
                addMounts(record, config, pid, message);
                StandardDescriptors descriptors = StandardDescriptors.of(files, pid);
                descriptors.outside().stream()
                        .filter(name -> !name.isEmpty())
                        .forEach(name -> message.text(OptionField.EXTERNAL, name));
                criu.images().keep(descriptors);
            }
            try (Spawn.Child child = kernel.spawn()
                    .start(new Spawn.Program(
                            options.criu(),
                            List.of("criu", "swrk", Integer.toString(CONNECTION)),
                            options.environment(),
                            Map.of(CONNECTION, criu.socket()),
                            false))) {
                try {
                    criu.perform(options.preDump() ? RequestType.PRE_DUMP : RequestType.DUMP, message, this::heard);
                } finally {
                    // After a pre-dump it waits for more; its connection's end is the end.
                    criu.hangUp();
                    kernel.processes().await(child.process());
                }
            }
        }
    }

    private void addMounts(ContainerRecord record, Config config, int pid, CriuMessage message) {
        ExternalMounts mounts = new ExternalMounts(files, config, record.rootfs());
        for (String place : mounts.all(record.cgroups(), record.bundle()).keySet()) {
            message.message(OptionField.EXT_MNT, CriuRpc.pair(place, place));
        }
        for (String path : config.linux().maskedPaths()) {
            if (mounts.isMaskedFile(pid, path)) {
                message.message(OptionField.EXT_MNT, CriuRpc.pair(path, StandardDescriptors.NULL_DEVICE));
            }
        }
    }

    private void addNamespaces(Config config, CriuMessage message) {
        for (Namespace namespace : config.linux().namespaces()) {
            if (namespace.path().isPresent() && Restoration.canBeInherited(namespace.type())) {
                long inode = files.status(Fd.CWD, namespace.path().get(), 0).inode();
                message.text(
                        OptionField.EXTERNAL,
                        Compiler.kind(namespace.type()).file() + "[" + inode + "]:"
                                + Restoration.key(namespace.type()));
            }
        }
    }

    private static Optional<String> freezer(ContainerRecord record) {
        Map<String, String> cgroups = record.cgroups();
        return Optional.ofNullable(cgroups.getOrDefault("freezer", cgroups.size() == 1 ? cgroups.get("") : null));
    }

    private void heard(CriuAnswer notice, List<Fd> none) {
        if (notice.script().equals("status-ready") && options.status().isPresent()) {
            files.write(options.status().get(), READY);
        }
    }
}
