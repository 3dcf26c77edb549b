package dev.carafe.engine;

import dev.carafe.engine.log.LogEntry;
import dev.carafe.engine.log.LogQuery;
import dev.carafe.engine.options.InstanceOptions;
import dev.carafe.image.Images;
import dev.carafe.image.registry.Clock;
import dev.carafe.image.registry.Connections;
import dev.carafe.image.registry.CredentialFiles;
import dev.carafe.image.registry.Registries;
import dev.carafe.image.registry.RegistryOptions;
import dev.carafe.image.store.Stores;
import dev.carafe.image.store.Watcher;
import dev.carafe.linux.Fd;
import dev.carafe.linux.Kernel;
import dev.carafe.linux.Polling;
import dev.carafe.linux.Sockets;
import dev.carafe.network.Networks;
import dev.carafe.oci.image.Reference;
import dev.carafe.runtime.Attachment;
import dev.carafe.runtime.Caller;
import dev.carafe.runtime.MonitorStarter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Containers in a program of one's own: the engine in this JVM, with no daemon.
 *
 * {@snippet :
 * try (Carafe carafe = Carafe.open(Path.of("/opt/carafe"))) {
 *     Instance database = carafe.run("debian:12", InstanceOptions.DEFAULT.withProgram(Program.of("sleep", "60")));
 *     System.out.println(carafe.exec(database, "cat", "/etc/os-release").output());
 * }
 * }
 *
 * <p>What {@link #run} starts ends with this object, and with this JVM, however that ends; this makes its health checks.
 * What {@link #start} starts outlives both, and is seen by every other user of the same folders, such as the commands of
 * {@code carafe}: its health checks, and what its restart policy asks for, are a daemon's work.
 *
 * <p>The JVM runs as root, with {@code --enable-native-access=ALL-UNNAMED}. Thread-safe.
 */
public final class Carafe implements AutoCloseable {

    private static final Path DATA = Path.of("/var/lib/carafe");
    private static final Path STATE = Path.of("/run/carafe");
    private static final Duration HEALTH_POLL = Duration.ofMillis(20);

    private final Kernel kernel;
    private final Stores stores;
    private final Connections connections = Connections.kept(Clock.SYSTEM);
    private final Caller caller;
    private final Images images;
    private final Engine engine;
    private final MonitorStarter starter;
    private final HealthChecks healthChecks;
    private final Consumer<String> log;
    private final List<Owned> owned = new ArrayList<>();

    /** An instance, and the connection whose end is its end. */
    private record Owned(Instance instance, Attachment owner) {

        /** Whether nothing is left of it; only one of which there is something to hear can have ended. */
        boolean hasEnded(Kernel kernel) {
            return kernel.polling().awaitReadable(owner.socket(), Duration.ZERO)
                    && instance.lookIfPresent().isEmpty();
        }
    }

    private Carafe(Path installation, Path data, Path state, Consumer<String> log) {
        this.kernel = Kernel.host();
        this.stores = new Stores(kernel);
        this.caller = Caller.inherited(kernel);
        this.log = log;
        this.images = Images.open(data, kernel, stores::borrow, Carafe::variable, this::registries);
        this.starter = new MonitorStarter(
                kernel, installation.resolve("bin/carafe").toAbsolutePath().toString(), List.of(), log);
        this.engine =
                Engine.open(kernel, caller, images, Networks.open(kernel, data, state, log), data, state, Watch.NOBODY);
        this.healthChecks = engine.healthChecks(starter, log);
    }

    /**
     * Opens the engine of the machine's own folders.
     *
     * @param installation the folder that has {@code bin/carafe}
     */
    public static Carafe open(Path installation) {
        return open(installation, DATA, STATE, line -> {});
    }

    /**
     * Opens the engine of other folders.
     *
     * @param data of what is to last: images, instances, volumes; made when there is something
     * @param state of what lasts until the machine is started again
     * @param log hears of work that takes long, and of what went wrong and keeps nothing from going on, a line each
     */
    public static Carafe open(Path installation, Path data, Path state, Consumer<String> log) {
        return new Carafe(installation, data.toAbsolutePath(), state.toAbsolutePath(), log);
    }

    private static Optional<String> variable(String name) {
        return Optional.ofNullable(System.getenv(name));
    }

    private Registries registries() {
        return Registries.open(
                RegistryOptions.of(Carafe::variable).withHostFolders(RegistryOptions.HOST_FOLDERS),
                (host, path) -> CredentialFiles.of(System.getenv(), Path.of(System.getProperty("user.home")))
                        .of(host, path),
                connections);
    }

    /** Fetches an image of a registry, as it is there now. */
    public void pull(String image) {
        Failures.mapped(() -> {
            try (Registries opened = registries()) {
                images.pull(Reference.parse(image), Optional.of(Images.platform()), opened, Watcher.NONE);
            }
        });
    }

    /**
     * Makes an instance of an image, which is fetched if it is not there, and starts it. It leaves nothing when it ends,
     * and ends with this.
     *
     * @throws EngineException if it cannot be begun; nothing is left of it then
     */
    public Instance run(String image, InstanceOptions options) {
        InstanceOptions whole = options.withPolicies(options.policies().withAutoRemove(true));
        try (Sockets.Pair pair = kernel.sockets().pair(Sockets.Type.SEQUENCED_PACKETS)) {
            Fd own = kernel.files().duplicate(pair.first());
            Attachment owner = Attachment.begin(kernel, own, false, false, false);
            try {
                Instance instance =
                        engine.instances().runFor(pair.second(), Optional.empty(), image, whole, log, starter);
                keep(new Owned(instance, owner));
                Failures.mapped(() -> healthChecks.began(instance.id()));
                return instance;
            } catch (RuntimeException exception) {
                owner.close();
                throw exception;
            }
        }
    }

    private void keep(Owned begun) {
        synchronized (owned) {
            for (Owned ended : owned.stream().filter(it -> it.hasEnded(kernel)).toList()) {
                healthChecks.ended(ended.instance().id());
                ended.owner().close();
                owned.remove(ended);
            }
            owned.add(begun);
        }
    }

    /** Likewise, under a name of its own, and it outlives this. */
    public Instance start(String name, String image, InstanceOptions options) {
        return engine.instances().run(Optional.of(name), image, options, log, starter, Optional.empty());
    }

    /** Starts one again that has been made before. */
    public void start(Instance instance) {
        instance.start(starter, Optional.empty());
    }

    /**
     * Waits until the health check of an instance has succeeded, its own or its image's.
     *
     * @throws EngineException if it has none, if it ends or is found to be unhealthy, or if that takes longer; says what the
     *     last check has said
     */
    public void awaitHealthy(Instance instance, Duration patience) {
        long begun = System.nanoTime();
        while (true) {
            Instance.View view = instance.lookIfPresent()
                    .filter(it -> it.state().status().isAlive())
                    .orElseThrow(() -> notHealthy(instance, "has ended", Optional.empty()));
            Health health = view.health()
                    .orElseThrow(() -> new EngineException(
                            EngineException.Kind.INVALID,
                            "the instance \"" + view.name() + "\" has no health check; give it one: "
                                    + "Policies.withHealthCheck"));
            switch (health.status()) {
                case HEALTHY -> {
                    return;
                }
                case UNHEALTHY -> throw notHealthy(instance, "is unhealthy", Optional.of(health));
                case STARTING -> {
                    if (System.nanoTime() - begun > patience.toNanos()) {
                        throw notHealthy(instance, "is not healthy after " + patience, Optional.of(health));
                    }
                }
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(HEALTH_POLL);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
            throw new EngineException(
                    EngineException.Kind.FAILED, "interrupted while waiting for an instance's health");
        }
    }

    private static EngineException notHealthy(Instance instance, String what, Optional<Health> health) {
        String last = health.filter(it -> !it.log().isEmpty())
                .map(it -> it.log().getLast())
                .map(it -> "; its last check ended with " + it.exitCode() + ": "
                        + it.output().strip())
                .orElse("");
        return new EngineException(EngineException.Kind.FAILED, "the instance " + instance.id() + " " + what + last);
    }

    /** Runs another program in an instance, to its end. */
    public Instance.Ended exec(Instance instance, String... command) {
        return instance.execute(ExecOptions.of(command), starter, Polling.FOREVER);
    }

    /** Runs a program with a monitor of its own: for {@link Instance#exec} and its like. */
    public MonitorStarter starter() {
        return starter;
    }

    /** What an instance has written by now, to both of its outputs, as UTF-8. One of {@link #run} has to run still. */
    public String logs(Instance instance) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        instance.readLog(LogQuery.ALL, entry -> {
            if (entry instanceof LogEntry.Line line) {
                text.writeBytes(line.text());
                if (line.ends()) {
                    text.write('\n');
                }
            }
        });
        return text.toString(StandardCharsets.UTF_8);
    }

    /** The instances, volumes, networks and events of the folders. */
    public Engine engine() {
        return engine;
    }

    /** Ends what {@link #run} has started, with SIGKILL, and returns when nothing of that is left. */
    @Override
    public void close() {
        List<Owned> ending;
        synchronized (owned) {
            ending = List.copyOf(owned);
            owned.clear();
        }
        List<EngineException> failures = new ArrayList<>();
        for (Owned one : ending) {
            try {
                healthChecks.ended(one.instance().id());
                one.instance().remove(true, true);
            } catch (EngineException exception) {
                failures.add(exception);
            } finally {
                one.owner().close();
            }
        }
        healthChecks.close();
        caller.close();
        connections.close();
        stores.close();
        if (!failures.isEmpty()) {
            throw failures.getFirst();
        }
    }
}
