package dev.carafe.engine;

import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.LogPolicy;
import dev.carafe.engine.options.NetworkMode;
import dev.carafe.engine.options.Program;
import dev.carafe.engine.options.Storage;
import dev.carafe.image.Fetching;
import dev.carafe.image.Image;
import dev.carafe.image.ImageReference;
import dev.carafe.image.Images;
import dev.carafe.image.snapshot.Base;
import dev.carafe.image.snapshot.Key;
import dev.carafe.image.snapshot.Mount;
import dev.carafe.image.snapshot.Preparation;
import dev.carafe.image.snapshot.Snapshot;
import dev.carafe.image.snapshot.Snapshots;
import dev.carafe.linux.Fd;
import dev.carafe.linux.OpenFlags;
import dev.carafe.linux.Sockets;
import dev.carafe.runtime.Blueprint;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.Keeping;
import dev.carafe.runtime.LogFiles;
import dev.carafe.runtime.LogJournal;
import dev.carafe.runtime.LogSink;
import dev.carafe.runtime.ProcessNotice;
import dev.carafe.runtime.RootSource;
import dev.carafe.runtime.Starter;
import dev.carafe.runtime.plan.EndingOperation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Makes instances, starts them and removes them: an image becomes a snapshot, a snapshot with options a configuration,
 * and that a process under a monitor.
 */
final class InstanceMaker {

    private final Parts parts;

    InstanceMaker(Parts parts) {
        this.parts = parts;
    }

    /** Makes one that waits to be started; its id. It is there after a power cut too. */
    String create(Optional<String> name, String image, InstanceOptions options, Consumer<String> progress) {
        ImageReference reference = ImageReference.parse(image);
        try (InstanceFolders.Made made = parts.folders().create(name)) {
            try {
                InstanceRecord record =
                        prepare(made, reference, options, progress).record();
                made.folder().writeLastingly(record);
                parts.events().add(Event.of(record, "create", Map.of()));
            } catch (RuntimeException exception) {
                undo(made, exception);
                throw exception;
            }
            return made.id();
        }
    }

    /** Makes one and starts it; its id. */
    String run(
            Optional<String> name,
            String image,
            InstanceOptions options,
            Consumer<String> progress,
            Starter starter,
            Optional<FirstClient> client) {
        ImageReference reference = ImageReference.parse(image);
        try (InstanceFolders.Made made = parts.folders().create(name)) {
            try {
                Prepared prepared = prepare(made, reference, options, progress);
                InstanceRecord record = prepared.record().begun();
                if (options.policies().autoRemove()) {
                    made.folder().write(record); // nothing of it is to last
                } else {
                    made.folder().writeLastingly(record);
                }
                Fd monitor = launch(made.folder(), record, prepared.changes(), starter, client);
                parts.events().add(Event.of(record, "create", Map.of()), Event.of(record, "start", Map.of()));
                parts.watch().began(record, monitor);
            } catch (RuntimeException exception) {
                undo(made, exception);
                throw exception;
            }
            return made.id();
        }
    }

    private void undo(InstanceFolders.Made made, RuntimeException reason) {
        try {
            remove(made.id(), Parts.readable(made.folder()), true);
        } catch (RuntimeException remains) {
            reason.addSuppressed(remains);
        }
    }

    /** An instance that can be started when its record is written. */
    private record Prepared(InstanceRecord record, Changes changes) {}

    private Prepared prepare(
            InstanceFolders.Made made, ImageReference reference, InstanceOptions options, Consumer<String> progress) {
        checkPlatform(options);
        checkPolicies(options);
        Image image = parts.images()
                .resolve(reference, fetching(options), made.folder().path(), progress);
        InstanceRecord record = InstanceRecord.of(
                made.id(), made.name(), reference.toString(), image.identity(), whole(options.over(image.config())));
        Snapshots snapshots = parts.snapshots();
        Snapshot changes = snapshots.prepare(
                new Key(made.id()),
                new Base.Tree(image.rootFileSystem()),
                Preparation.PLAIN.heldBy(made.folder().path()));
        return new Prepared(record, new Changes(snapshots, changes));
    }

    /** With the mounts of other instances in place of their names, and names for the volumes that have none. */
    private InstanceOptions whole(InstanceOptions options) {
        InstanceOptions resolved = options.storage().volumesFrom().isEmpty()
                ? options
                : options.withStorage(options.storage().resolved(this::storage));
        return parts.volumes().name(resolved);
    }

    private Storage storage(String name) {
        String id = parts.folders().find(name);
        try (InstanceFolder folder = parts.folders().look(id).orElseThrow(() -> InstanceFolders.missing(name))) {
            return folder.require().options().storage();
        }
    }

    private static Fetching fetching(InstanceOptions options) {
        return switch (options.policies().pull()) {
            case MISSING -> Fetching.IF_MISSING;
            case ALWAYS -> Fetching.ALWAYS;
            case NEVER -> Fetching.NEVER;
        };
    }

    /** Nothing that is asked for is ignored. What only the image asks for is not refused, or it could not be run. */
    private void checkPolicies(InstanceOptions options) {
        if (options.policies().log().kind() == LogPolicy.Kind.JOURNALD) {
            JournalFields.require(parts.kernel());
        }
    }

    private static void checkPlatform(InstanceOptions options) {
        String own = Images.platform().toString();
        options.policies()
                .platform()
                .filter(asked -> !asked.equals(own) && !asked.startsWith(own + "/"))
                .ifPresent(asked -> {
                    throw new EngineException(
                            EngineException.Kind.UNAVAILABLE,
                            "the platform " + asked + ": this machine runs images for " + own + " and for no other");
                });
    }

    /** Starts one that is there. If that fails, it is there still, and why is written down as its end. */
    void start(InstanceFolder folder, InstanceRecord record, Starter starter, Optional<FirstClient> client) {
        clear(record.id());
        folder.forgetExit(); // before that is written, or the policy would count this start with the end before it
        folder.write(record);
        Fd monitor;
        try {
            monitor = launch(folder, record, changes(record), starter, client);
        } catch (RuntimeException exception) {
            folder.write(record.wished(false));
            try {
                settle(folder, Exit.failed(exception));
            } catch (RuntimeException remains) {
                exception.addSuppressed(remains);
            }
            throw exception;
        }
        parts.events().add(Event.of(record, "start", Map.of()));
        parts.watch().began(record, monitor);
    }

    /** What an instance that is there has changed. */
    Changes changes(InstanceRecord record) {
        Snapshots snapshots = parts.snapshots();
        return snapshots
                .find(new Key(record.id()))
                .map(it -> new Changes(snapshots, it))
                .orElseThrow(() -> new EngineException(
                        EngineException.Kind.FAILED,
                        "the changes of the instance \"" + record.name() + "\" are gone; it can only be removed"));
    }

    /** A connection to the monitor, made before the program has begun. */
    private Fd launch(
            InstanceFolder folder,
            InstanceRecord record,
            Changes changes,
            Starter starter,
            Optional<FirstClient> client) {
        String id = record.id();
        boolean remove = record.options().policies().autoRemove();
        Path root = folder.path().resolve(InstanceFolder.ROOT);
        List<RootSource.Layer> layers = new ArrayList<>();
        for (Mount mount : changes.mounts(root)) {
            // What is thrown away at the end need not reach the disk.
            layers.add(layer(remove && mount.writable() ? mount.with("volatile") : mount));
        }
        String hostname = record.options().identity().hostname().orElse(id.substring(0, Instances.SHORT_ID));
        try (InstanceNetwork network = InstanceNetwork.make(parts, folder, record, hostname);
                HeldConfig config =
                        AppConfig.of(parts.kernel(), record.options(), around(record, changes, hostname, network));
                Fd log = openLog(folder, record)) {
            Containers.Creation creation = new Containers.Creation(
                    id,
                    config.config(),
                    folder.path().toString(),
                    new RootSource.Layers(layers),
                    root.toString(),
                    Blueprint.Input.INHERITED,
                    0,
                    ProcessNotice.NONE);
            return launch(creation, starter, keeping(log, record, client), ending(folder, record, changes.folder()));
        }
    }

    private Fd launch(Containers.Creation creation, Starter starter, Keeping keeping, List<EndingOperation> ending) {
        Fd watcher = parts.kernel().sockets().open(Sockets.Type.SEQUENCED_PACKETS);
        try {
            parts.containers().run(creation, starter, keeping.withWatcher(watcher), ending);
            return watcher;
        } catch (RuntimeException exception) {
            watcher.close();
            throw exception;
        }
    }

    /**
     * What the monitor does when the program has ended. The folder with its socket goes last: as long as it is at work
     * it can be heard.
     *
     * @param changes the snapshot's folder
     */
    private List<EndingOperation> ending(InstanceFolder folder, InstanceRecord record, Path changes) {
        String id = record.id();
        List<EndingOperation> ending = new ArrayList<>();
        if (record.options().network().mode() instanceof NetworkMode.Networks) {
            for (Path lease : parts.networks().leaseFiles(id)) {
                ending.add(new EndingOperation.RemoveTree(lease.toString()));
            }
        }
        if (record.options().policies().autoRemove()) {
            ending.add(new EndingOperation.RemoveTree(changes.toString()));
            for (Volume volume : parts.volumes().own(record.options(), record.name())) {
                ending.add(new EndingOperation.RemoveTree(
                        parts.volumes().folder(volume).toString()));
            }
            ending.add(new EndingOperation.RemoveTree(folder.path().toString()));
            ending.add(new EndingOperation.RemoveTree(
                    parts.folders().link(record.name()).toString()));
        } else {
            ending.add(new EndingOperation.RecordExit(
                    folder.path().resolve(InstanceFolder.EXIT).toString()));
        }
        ending.addAll(parts.containers().removal(id));
        return ending;
    }

    private Surroundings around(InstanceRecord record, Changes changes, String hostname, InstanceNetwork network) {
        Program program = record.options().program();
        return new Surroundings(
                InstanceAccount.of(
                        parts.kernel(), changes.layers(), program.user().orElse(""), program.groups()),
                hostname,
                "carafe-" + record.id(),
                network.names(),
                network.namespace(),
                volume -> parts.volumes()
                        .ready(
                                volume,
                                changes.files(),
                                !record.options().policies().autoRemove()),
                this::process,
                program.init()
                        ? Optional.of(new InitProgram(parts.kernel())
                                .copyTo(parts.folders().path(record.id())))
                        : Optional.empty());
    }

    /** The first process of another instance, which has to run. */
    private int process(String name) {
        String id = parts.folders().find(name);
        return parts.containers()
                .running(id)
                .orElseThrow(() -> new EngineException(
                        EngineException.Kind.CONFLICT,
                        "the instance \"" + name + "\", whose namespaces are asked for, does not run; start it first"))
                .pid();
    }

    /** What the monitor needs to write it: the folder, or what there is to say in the journal. */
    private Fd openLog(InstanceFolder folder, InstanceRecord record) {
        if (record.options().policies().log().kind() != LogPolicy.Kind.JOURNALD) {
            // Not by the descriptor that the lock is of, as the monitor keeps it.
            return parts.kernel().files().open(folder.folder(), ".", OpenFlags.RDONLY | OpenFlags.DIRECTORY);
        }
        if (record.restarts() == 0) { // else a policy starts it, and the monitor can wait for the journal
            JournalFields.require(parts.kernel());
        }
        return JournalFields.memory(parts.kernel(), record);
    }

    private static Keeping keeping(Fd log, InstanceRecord record, Optional<FirstClient> client) {
        LogPolicy policy = record.options().policies().log();
        Optional<LogSink> sink = switch (policy.kind()) {
            case FILE -> Optional.of(new LogFiles(log, Math.max(0, policy.maxSize()), policy.maxFiles()));
            case JOURNALD -> Optional.of(new LogJournal(log));
            case NONE -> Optional.empty();
        };
        boolean input = record.options().program().input();
        Keeping keeping = Keeping.of(
                sink, input ? client.isPresent() ? Keeping.Input.ONCE : Keeping.Input.KEPT : Keeping.Input.NONE);
        return client.map(
                        it -> it.bound() ? keeping.boundToClient(it.connection()) : keeping.withClient(it.connection()))
                .orElse(keeping);
    }

    private static RootSource.Layer layer(Mount mount) {
        List<RootSource.Setting> settings = new ArrayList<>();
        mount.lower().forEach(folder -> settings.add(new RootSource.Setting("lowerdir+", folder.toString())));
        mount.settings().forEach(it -> settings.add(new RootSource.Setting(it.key(), it.value())));
        return new RootSource.Layer(
                mount.type(), mount.options(), settings, mount.target().toString());
    }

    /** Writes down an end that its monitor could not, and takes away what that has left. The lock is held. */
    void settle(InstanceFolder folder, Exit exit) {
        folder.write(exit);
        clear(folder.id());
    }

    /** Takes away what a monitor that was killed has left of what an instance has while it runs. */
    private void clear(String id) {
        parts.monitor(id).ifPresent(Monitor::awaitLastWork);
        parts.containers().clear(id);
        parts.networks().detach(id);
    }

    /** Removes an instance that does not run, and tells of that. What is cut short can be done again. */
    void destroy(InstanceFolder folder, InstanceRecord record, boolean volumes) {
        folder.write(record.beingRemoved());
        remove(record.id(), Optional.of(record), volumes);
        parts.events().add(Event.of(record, "destroy", Map.of()));
    }

    /**
     * Removes all that there is of an instance which does not run; its lock is held.
     *
     * @param record empty if it is half made or damaged
     * @param volumes whether its volumes without names go too
     */
    void remove(String id, Optional<InstanceRecord> record, boolean volumes) {
        clear(id);
        Snapshots snapshots = parts.snapshots();
        // Whoever was killed while he removed it may have left some that is no snapshot any more.
        snapshots.find(new Key(id)).ifPresentOrElse(snapshots::remove, snapshots::sweep);
        List<Volume> own = volumes && record.isPresent()
                ? parts.volumes().own(record.get().options(), record.get().name())
                : List.of();
        parts.folders().remove(id);
        own.forEach(volume -> parts.volumes().remove(volume.name())); // which nobody has any more
    }
}
