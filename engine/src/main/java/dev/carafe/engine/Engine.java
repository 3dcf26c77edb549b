package dev.carafe.engine;

import dev.carafe.engine.log.Journal;
import dev.carafe.image.Images;
import dev.carafe.linux.Kernel;
import dev.carafe.network.Networks;
import dev.carafe.runtime.Caller;
import dev.carafe.runtime.CgroupDriver;
import dev.carafe.runtime.Containers;
import dev.carafe.runtime.Rights;
import dev.carafe.runtime.Starter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Instances, and what they need: the one engine behind every door.
 *
 * <p>An engine owns two folders and nothing else: one for what is to last, one for what lasts until the machine is
 * started again. Engines with other folders never meet, and those of the same folders, in other processes or times, see
 * the same instances: nothing that matters is kept in memory.
 */
public final class Engine {

    private final Parts parts;
    private final InstanceMaker maker;

    private Engine(Parts parts) {
        this.parts = parts;
        this.maker = new InstanceMaker(parts);
    }

    /**
     * The engine of these folders, which are made when they are first needed.
     *
     * @param caller for whom it works
     * @param images those of the same data folder
     * @param networks those of the same folders
     * @param data absolute; what outlives a restart of the machine
     * @param state absolute; what does not
     * @param watch is told of the instances that this engine starts
     */
    public static Engine open(
            Kernel kernel, Caller caller, Images images, Networks networks, Path data, Path state, Watch watch) {
        Path containers = state.resolve("instances");
        InstanceFolders folders = new InstanceFolders(kernel, data);
        return new Engine(new Parts(
                kernel,
                images,
                new Containers(
                        kernel,
                        caller,
                        Rights.of(caller, kernel, Optional.empty()),
                        CgroupDriver.FILES,
                        containers.toString(),
                        data.resolve("cache/seccomp").toString()),
                networks,
                new Volumes(kernel, data, name -> users(folders, name), Clock.systemUTC()),
                folders,
                new Events(kernel, state),
                watch,
                new Journal(kernel, caller.uid()),
                containers));
    }

    public Instances instances() {
        return new Instances(parts, maker);
    }

    /**
     * What a daemon does for the instances of these folders.
     *
     * @param starter starts their monitors, with no client at hand
     * @param log hears in a line of what goes wrong
     */
    public static Supervisor supervise(
            Kernel kernel,
            Caller caller,
            Images images,
            Networks networks,
            Path data,
            Path state,
            Starter starter,
            Consumer<String> log) {
        Parts parts = open(kernel, caller, images, networks, data, state, Watch.NOBODY).parts;
        return new Supervisor(parts, starter, log);
    }

    /** Makes health checks in this process: see {@link HealthChecks}. */
    HealthChecks healthChecks(Starter starter, Consumer<String> log) {
        return new HealthChecks(parts, maker, starter, log);
    }

    /** The names of the instances that have a volume. */
    private static List<String> users(InstanceFolders folders, String volume) {
        List<String> users = new ArrayList<>();
        for (String id : folders.ids()) {
            folders.look(id).ifPresent(open -> {
                try (open) {
                    Parts.readable(open)
                            .filter(it -> it.options().storage().hasVolume(volume))
                            .ifPresent(it -> users.add(it.name()));
                }
            });
        }
        return users;
    }

    public Volumes volumes() {
        return parts.volumes();
    }

    public Networks networks() {
        return parts.networks();
    }

    /** What happens to them. */
    public Events events() {
        return parts.events();
    }
}
