package dev.carafe.engine;

import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.engine.options.Program;
import dev.carafe.image.AccountFiles;
import dev.carafe.image.Image;
import dev.carafe.image.ImageReference;
import dev.carafe.image.Images;
import dev.carafe.image.error.ImageException;
import dev.carafe.image.snapshot.Base;
import dev.carafe.image.snapshot.DriverKind;
import dev.carafe.image.snapshot.Key;
import dev.carafe.image.snapshot.Mount;
import dev.carafe.image.snapshot.Preparation;
import dev.carafe.image.snapshot.Snapshot;
import dev.carafe.image.snapshot.Snapshots;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.SystemCallException;
import dev.carafe.linux.accounts.Account;
import dev.carafe.linux.accounts.Accounts;
import dev.carafe.linux.accounts.UnknownAccountException;
import dev.carafe.oci.runtime.Config;
import dev.carafe.oci.runtime.State;
import dev.carafe.runtime.Blueprint;
import dev.carafe.runtime.Caller;
import dev.carafe.runtime.CgroupDriver;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.PlanFailure;
import dev.carafe.runtime.ProcessNotice;
import dev.carafe.runtime.Rights;
import dev.carafe.runtime.RootSource;
import dev.carafe.runtime.RuntimeFailure;
import dev.carafe.runtime.Starter;
import dev.carafe.runtime.plan.EndingOperation;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Instances: what runs from an image, inside a boundary, under a name.
 *
 * <p>An engine owns two folders and nothing else: one for what is to last, one for what lasts until the machine is
 * started again. Engines with other folders never meet.
 */
public final class Engine {

    private final Kernel kernel;
    private final Images images;
    private final Instances instances;
    private final Containers containers;
    private final Volumes volumes;

    private Engine(Kernel kernel, Caller caller, Images images, Path data, Path state) {
        this.kernel = kernel;
        this.images = images;
        this.instances = new Instances(kernel, data);
        this.volumes = new Volumes(kernel, data, name -> List.of(), Clock.systemUTC());
        this.containers = new Containers(
                kernel,
                caller,
                Rights.of(caller, kernel, Optional.empty()),
                CgroupDriver.FILES,
                state.resolve("instances").toString(),
                data.resolve("cache/seccomp").toString());
    }

    /**
     * The engine of these folders, which are made when they are first needed.
     *
     * @param caller for whom it works
     * @param images those of the same data folder
     * @param data absolute; what outlives a restart of the machine
     * @param state absolute; what does not
     */
    public static Engine open(Kernel kernel, Caller caller, Images images, Path data, Path state) {
        return new Engine(kernel, caller, images, data, state);
    }

    /**
     * Makes an instance and runs it on the caller's terminal. Returns when its program has begun; from then on the
     * caller's own process is its monitor, and ends with its status.
     *
     * @param name unique among the instances; empty for one that is made up
     * @param image a reference, as {@code IMAGE} on the command line
     * @param progress hears of work that takes long, a line each
     * @throws EngineException if it cannot be made or begun; nothing is left of it then
     */
    public void run(
            Optional<String> name, String image, InstanceOptions options, Starter starter, Consumer<String> progress) {
        try {
            ImageReference reference = ImageReference.parse(image);
            Instances.Instance instance = instances.create(name);
            try {
                start(options, images.resolve(reference, instance.folder(), progress), instance, starter);
            } catch (RuntimeException exception) {
                instances.remove(instance);
                throw exception;
            }
        } catch (ImageException exception) {
            throw new EngineException(kind(exception), exception);
        } catch (PlanFailure failure) {
            throw new EngineException(kind(failure), failure);
        } catch (RuntimeFailure | SystemCallException failure) {
            throw new EngineException(EngineException.Kind.FAILED, failure);
        }
    }

    /**
     * Removes an instance and its changes to the image.
     *
     * @param name as it was given, or the first twelve digits of its id where none was
     * @param force ends it first if it runs
     * @throws EngineException if there is none of this name, or it runs and is not to be ended
     */
    public void remove(String name, boolean force, Starter starter) {
        Instances.Instance instance = instances.find(name);
        try {
            boolean known =
                    containers.list().stream().anyMatch(state -> state.id().equals(instance.id()));
            if (known) {
                containers.delete(instance.id(), force, starter);
            }
            Snapshots snapshots = snapshots();
            snapshots.find(new Key(instance.id())).ifPresent(snapshots::remove);
            instances.remove(instance);
        } catch (ImageException exception) {
            throw new EngineException(kind(exception), exception);
        } catch (RuntimeFailure | SystemCallException failure) {
            throw new EngineException(EngineException.Kind.CONFLICT, failure);
        }
    }

    /** The volumes of its data folder. */
    public Volumes volumes() {
        return volumes;
    }

    /** Those of other drivers would take other means to remove them when an instance ends. */
    private Snapshots snapshots() {
        return images.snapshots(Optional.of(DriverKind.OVERLAY));
    }

    private void start(InstanceOptions options, Image image, Instances.Instance instance, Starter starter) {
        Snapshots snapshots = snapshots();
        Snapshot changes = snapshots.prepare(
                new Key(instance.id()),
                new Base.Tree(image.rootFileSystem()),
                Preparation.PLAIN.heldBy(instance.folder()));
        try {
            start(options, image, instance, snapshots, changes, starter);
        } catch (RuntimeException exception) {
            discard(snapshots, changes, exception);
            throw exception;
        }
    }

    /** Whoever monitored the instance may have removed it already. */
    private static void discard(Snapshots snapshots, Snapshot changes, RuntimeException reason) {
        try {
            snapshots.find(changes.key()).ifPresent(snapshots::remove);
        } catch (ImageException remains) {
            reason.addSuppressed(remains);
        }
    }

    private void start(
            InstanceOptions options,
            Image image,
            Instances.Instance instance,
            Snapshots snapshots,
            Snapshot changes,
            Starter starter) {
        InstanceOptions whole = volumes.name(options.over(image.config()));
        try {
            begin(whole, image, instance, snapshots, changes, starter);
        } catch (RuntimeException exception) {
            volumes.own(whole, instance.id()).forEach(it -> volumes.remove(it.name()));
            throw exception;
        }
    }

    private void begin(
            InstanceOptions whole,
            Image image,
            Instances.Instance instance,
            Snapshots snapshots,
            Snapshot changes,
            Starter starter) {
        Surroundings around = new Surroundings(
                account(image, whole.program()),
                instance.hostname(),
                "carafe-" + instance.id(),
                names(whole, instance),
                Optional.empty(),
                volume -> volumes.ready(
                        volume, image.rootFileSystem(), !whole.policies().autoRemove()),
                this::process,
                whole.program().init()
                        ? Optional.of(new InitProgram(kernel).copyTo(instance.folder()))
                        : Optional.empty());
        try (HeldConfig config = AppConfig.of(kernel, whole, around)) {
            start(config.config(), whole, instance, snapshots, changes, starter);
        }
    }

    /** The first process of an instance that runs. */
    private int process(String name) {
        String id = instances.find(name).id();
        State state = containers.list().stream()
                .filter(it -> it.id().equals(id) && it.pid() > 0)
                .findFirst()
                .orElseThrow(() -> new EngineException(
                        EngineException.Kind.CONFLICT,
                        "the instance " + name + " does not run, and has nothing to share; start it first"));
        return Math.toIntExact(state.pid());
    }

    private Optional<Surroundings.Names> names(InstanceOptions options, Instances.Instance instance) {
        NameFiles.Known known = NameFiles.Known.NOTHING;
        if (!NameFiles.areWanted(options, known)) {
            return Optional.empty();
        }
        String hostname = options.identity().hostname().orElse(instance.hostname());
        return Optional.of(new NameFiles(kernel).write(instance.folder(), options, hostname, known));
    }

    private void start(
            Config config,
            InstanceOptions options,
            Instances.Instance instance,
            Snapshots snapshots,
            Snapshot changes,
            Starter starter) {
        boolean remove = options.policies().autoRemove();
        List<RootSource.Layer> layers = new ArrayList<>();
        for (Mount mount : snapshots.mounts(changes, instance.root())) {
            // What is thrown away at the end need not reach the disk.
            layers.add(layer(remove && mount.writable() ? mount.with("volatile") : mount));
        }
        List<EndingOperation> ending = new ArrayList<>(containers.removal(instance.id()));
        if (remove) {
            ending.add(new EndingOperation.RemoveTree(snapshots.folder(changes).toString()));
            for (Volume volume : volumes.own(options, instance.id())) {
                ending.add(new EndingOperation.RemoveTree(volumes.folder(volume).toString()));
            }
            for (Path path : instance.paths()) {
                ending.add(new EndingOperation.RemoveTree(path.toString()));
            }
        } else {
            ending.add(new EndingOperation.RecordExit(instance.exit().toString()));
        }
        Containers.Creation creation = new Containers.Creation(
                instance.id(),
                config,
                instance.folder().toString(),
                new RootSource.Layers(layers),
                instance.root().toString(),
                options.program().input() ? Blueprint.Input.INHERITED : Blueprint.Input.NULL,
                0,
                ProcessNotice.NONE);
        containers.run(
                creation,
                starter,
                true,
                master -> {
                    throw new EngineException(
                            EngineException.Kind.FAILED, "a terminal came where the client should have kept it");
                },
                ending);
    }

    private static RootSource.Layer layer(Mount mount) {
        List<RootSource.Setting> settings = new ArrayList<>();
        mount.lower().forEach(folder -> settings.add(new RootSource.Setting("lowerdir+", folder.toString())));
        mount.settings().forEach(it -> settings.add(new RootSource.Setting(it.key(), it.value())));
        return new RootSource.Layer(
                mount.type(), mount.options(), settings, mount.target().toString());
    }

    private Account account(Image image, Program program) {
        try {
            Accounts accounts = AccountFiles.read(kernel, image.rootFileSystem().layers());
            Account account = accounts.resolve(program.user().orElse(""));
            Set<Long> groups = new LinkedHashSet<>(account.supplementaryGids());
            program.groups()
                    .forEach(group -> groups.add(accounts.resolve(":" + group).gid()));
            groups.remove(account.gid());
            return new Account(account.uid(), account.gid(), List.copyOf(groups), account.home());
        } catch (UnknownAccountException unknown) {
            throw new EngineException(EngineException.Kind.NOT_FOUND, unknown);
        } catch (IllegalArgumentException malformed) {
            throw new EngineException(EngineException.Kind.INVALID, malformed);
        }
    }

    private static EngineException.Kind kind(PlanFailure failure) {
        if (failure.programMissing()) {
            return EngineException.Kind.PROGRAM_MISSING;
        }
        return failure.programRefused() ? EngineException.Kind.PROGRAM_REFUSED : EngineException.Kind.FAILED;
    }

    private static EngineException.Kind kind(ImageException exception) {
        return switch (exception.kind()) {
            case NOT_FOUND -> EngineException.Kind.NOT_FOUND;
            case INVALID -> EngineException.Kind.INVALID;
            case DENIED -> EngineException.Kind.DENIED;
            case CONFLICT -> EngineException.Kind.CONFLICT;
            case UNAVAILABLE -> EngineException.Kind.UNAVAILABLE;
            case FAILED -> EngineException.Kind.FAILED;
        };
    }
}
