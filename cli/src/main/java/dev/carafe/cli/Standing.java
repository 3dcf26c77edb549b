package dev.carafe.cli;

import dev.carafe.engine.Watch;
import dev.carafe.image.registry.Clock;
import dev.carafe.image.registry.Connections;
import dev.carafe.image.store.Store;
import dev.carafe.image.store.Stores;
import dev.carafe.linux.Kernel;
import dev.carafe.network.Networks;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What stands ready for calls of the command line: nothing for one alone, and in a process that answers many what is
 * slow to open.
 *
 * @param stores opens the images of a folder
 * @param connections to registries
 * @param networks opens the networks of a data and a state folder
 * @param watch is told of the instances that calls start
 */
public record Standing(
        Function<Path, Store> stores, Connections connections, BiFunction<Path, Path, Networks> networks, Watch watch) {

    /** How many endpoints stand ready, and for how long when none is asked for. */
    private static final int READY = 4;

    private static final Duration KEPT = Duration.ofMinutes(10);

    /** For one call. */
    public static Standing ofOneCall(Kernel kernel) {
        return new Standing(
                folder -> Store.open(kernel, folder),
                Connections.ofEach(),
                (data, state) -> Networks.open(kernel, data, state, notice -> {}),
                Watch.NOBODY);
    }

    /**
     * For all the calls that a process answers; nothing of it need be closed before the process ends.
     *
     * @param log hears what is changed on the machine that others may notice, a line each
     */
    public static Standing ofMany(Kernel kernel, Watch watch, Consumer<String> log) {
        Map<List<Path>, Networks> networks = new ConcurrentHashMap<>();
        return new Standing(
                new Stores(kernel)::borrow,
                Connections.kept(Clock.SYSTEM),
                (data, state) -> networks.computeIfAbsent(
                        List.of(data, state), _ -> Networks.openWarm(kernel, data, state, log, READY, KEPT)),
                watch);
    }
}
